# SPDX-License-Identifier: Apache-2.0
# net.py - for net.sh: servers and clients of this host's loopback, and what a program does with them, as lines that are
# the same on any Linux. Nothing waits for a clock but to give up.
import errno
import hashlib
import os
import select
import socket
import struct
import sys
import threading

LONG = bytes(range(256)) * 12288  # 3 MiB
PATIENCE = 40


def name(error):
    return errno.errorcode.get(error, str(error))


def receive_all(stream):
    got = []
    while True:
        part = stream.recv(65536)
        if not part:
            return b"".join(got)
        got.append(part)


def serve_one(stream):
    """The first byte says what becomes of the connection."""
    with stream:
        what = stream.recv(1)
        if what == b"e":  # all of it comes back, once it has ended
            stream.sendall(receive_all(stream))
        elif what == b"l":
            stream.sendall(LONG)
        elif what == b"r":
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif what == b"p":  # a byte for a byte
            while part := stream.recv(1):
                stream.sendall(part)
        elif what == b"k":  # is told on stdout
            print(len(receive_all(stream)), flush=True)


def serve_datagrams(datagrams):
    while True:
        data, sender = datagrams.recvfrom(70000)
        datagrams.sendto(data[::-1], sender)


def serve():
    """Prints its ports: of TCP, UDP, and one of each where nobody is."""
    streams = socket.create_server(("127.0.0.1", 0), backlog=300)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", 0))
    nobody, nobody_udp = socket.socket(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    nobody.bind(("127.0.0.1", 0))
    nobody_udp.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in (streams, datagrams, nobody, nobody_udp)]
    nobody_udp.close()
    print(*ports, flush=True)
    threading.Thread(target=serve_datagrams, args=(datagrams,), daemon=True).start()
    while True:
        threading.Thread(target=serve_one, args=(streams.accept()[0],), daemon=True).start()


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def attempt(what, call):
    try:
        print(what, call())
    except OSError as error:
        print(what, name(error.errno))


def use_streams(host, port, nobody):
    def connect(first):
        stream = socket.create_connection((host, port), PATIENCE)
        stream.sendall(first)
        return stream

    with connect(b"e") as stream:
        sender = threading.Thread(target=lambda: (stream.sendall(LONG), stream.shutdown(socket.SHUT_WR)))
        sender.start()
        print("echo", digest(receive_all(stream)))
        sender.join()
        attempt("after FIN", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
    with connect(b"l") as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        print("download", digest(receive_all(stream)))
    with connect(b"r") as stream:
        attempt("reset", lambda: stream.recv(1))
        attempt("after reset", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
    attempt("refused", lambda: socket.create_connection((host, nobody), PATIENCE))
    many = [connect(b"p") for _ in range(200)]
    for i, stream in enumerate(many):
        stream.sendall(bytes([i]))
    print("many", all(stream.recv(1) == bytes([i]) for i, stream in enumerate(many)))
    for stream in many:
        stream.close()
    # What was sent arrives, though the program ends at once: the server tells.
    with connect(b"k") as stream:
        stream.sendall(LONG)


def use_poll(host, port, nobody):
    for to in (port, nobody):
        stream = socket.socket()
        stream.setblocking(False)
        poll = select.epoll()
        print("connect", name(stream.connect_ex((host, to))))
        poll.register(stream, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)
        events = poll.poll(PATIENCE)[0][1]
        print("events", events & select.EPOLLOUT != 0, events & select.EPOLLHUP != 0, events & select.EPOLLERR != 0)
        print("SO_ERROR", name(stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))
        if to == port:
            stream.send(b"p1")
            while not poll.poll(PATIENCE)[0][1] & select.EPOLLIN:
                pass
            print("edge", stream.recv(10))
            attempt("empty", lambda: stream.recv(1))
        stream.close()


def use_datagrams(host, port, nobody):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(PATIENCE)
        for size in (0, 1, 1400, 20000, 65507):
            datagrams.sendto(LONG[1 : size + 1], (host, port))
            data, sender = datagrams.recvfrom(70000)
            print("datagram", size, data == LONG[1 : size + 1][::-1], sender == (host, port))
        attempt("too long", lambda: datagrams.sendto(LONG[:65508], (host, port)))
        datagrams.connect((host, port))
        datagrams.send(b"abc")
        print("connected", datagrams.recv(10))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(PATIENCE)
        datagrams.connect((host, nobody))
        datagrams.send(b"x")
        attempt("nobody", lambda: datagrams.recv(10))


def use(host, tcp, udp, nobody, nobody_udp):
    use_poll(host, int(tcp), int(nobody))
    use_datagrams(host, int(udp), int(nobody_udp))
    use_streams(host, int(tcp), int(nobody))


def denied(host, tcp):
    """What a guest that may reach nothing, or only the name localhost, is told."""
    attempt("denied", lambda: socket.create_connection((host, int(tcp)), PATIENCE))
    attempt("elsewhere", lambda: socket.create_connection(("192.0.2.1", 80), PATIENCE))


def hold(host, tcp):
    """A connection that lasts until the network doesn't."""
    stream = socket.create_connection((host, int(tcp)))
    stream.sendall(b"p")
    print("up", flush=True)
    attempt("connection", lambda: stream.recv(1))
    attempt("another", lambda: socket.create_connection((host, int(tcp))))


def resolve(server):
    """What the name server answers for localhost: of an address of IPv4, its code and that; and whether the C library
    finds it, which asks for addresses of both families at once, and doesn't look a name with a dot up in /etc/hosts."""
    question = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"\x09localhost\0" + struct.pack("!2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(PATIENCE)
        datagrams.sendto(question, (server, 53))
        answer = datagrams.recv(512)
    print("answer", answer[3] & 15, socket.inet_ntoa(answer[-4:]))
    found = socket.getaddrinfo("localhost.", 80, type=socket.SOCK_STREAM)
    print("found", "127.0.0.1" in [address[4][0] for address in found])
    with open("/etc/resolv.conf", encoding="utf-8") as file:
        print(file.read(), end="")


def listen(tcp, udp):
    """Serves a connection and a packet that come to these ports, after one from inside."""
    streams = socket.create_server(("", int(tcp)))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("", int(udp)))
    with socket.create_connection(("127.0.0.1", int(tcp))):
        stream, peer = streams.accept()
        print("inside", peer[0])
        stream.close()
    print("up", flush=True)
    stream, peer = streams.accept()
    print("outside", peer[0], stream.getsockname())
    with stream:
        stream.sendall(receive_all(stream)[::-1])
    data, peer = datagrams.recvfrom(70000)
    datagrams.sendto(data[::-1], peer)
    print("packet", peer[0], len(data))


def call(tcp, udp):
    """The other side of that."""
    with socket.create_connection(("127.0.0.1", int(tcp)), PATIENCE) as stream:
        sender = threading.Thread(target=lambda: (stream.sendall(LONG), stream.shutdown(socket.SHUT_WR)))
        sender.start()
        print("stream", receive_all(stream) == LONG[::-1])
        sender.join()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.settimeout(PATIENCE)
        datagrams.sendto(LONG[:50000], ("127.0.0.1", int(udp)))
        print("packet", datagrams.recv(70000) == LONG[:50000][::-1])


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
    sys.stdout.flush()
    os._exit(0)
