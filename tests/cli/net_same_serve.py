# SPDX-License-Identifier: Apache-2.0
# net_same_serve.py - for net_same.sh: the server that this host and the guest are compared by. The first byte of a
# connection says what becomes of it. Nothing waits for a clock but to give up.
import errno
import os
import select
import socket
import struct
import sys
import threading

LONG = bytes(range(256)) * 12288  # 3 MiB
PATIENCE = 30
lock = threading.Lock()
gates = {}
outcomes = []
told = threading.Semaphore(0)


def gate(name):
    with lock:
        return gates.setdefault(name, threading.Event())


def receive_all(stream):
    got = []
    while part := stream.recv(65536):
        got.append(part)
    return b"".join(got)


def resets(stream):
    """close(2) does, from now on."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def serve_echo(stream):
    stream.sendall(receive_all(stream))


def serve_bytes(stream):
    while part := stream.recv(1):
        stream.sendall(part)


def serve_numbers(stream):
    """So many bytes for each number of eight digits."""
    while part := stream.recv(8, socket.MSG_WAITALL):
        stream.sendall(LONG[: int(part)])


def serve_reset_behind(stream):
    stream.sendall(b"before")
    stream.recv(1)
    resets(stream)


def serve_half(stream):
    stream.sendall(b"before")
    stream.shutdown(socket.SHUT_WR)
    receive_all(stream)


def serve_end_then_reset(stream):
    stream.shutdown(socket.SHUT_WR)
    stream.recv(1)
    resets(stream)


def serve_held(stream):
    """Reads nothing before its gate is opened; then tells how much there was."""
    opened = gate(stream.recv(4))
    stream.sendall(b"h")
    opened.wait(PATIENCE)
    stream.sendall(b"%8d" % len(receive_all(stream)))


def serve_full_then_reset(stream):
    """Sends as much as goes, reads nothing, and resets it when its gate is opened."""
    opened = gate(stream.recv(4))
    stream.setblocking(False)
    try:
        while True:
            stream.send(LONG)
    except BlockingIOError:
        pass
    stream.setblocking(True)
    opened.wait(PATIENCE)
    resets(stream)


def serve_gate(stream):
    gate(stream.recv(4)).set()
    stream.sendall(b"g")


def serve_urgent(stream):
    stream.recv(1)
    stream.sendall(b"abc")
    stream.send(b"X", socket.MSG_OOB)
    stream.sendall(b"def")
    stream.recv(1)


def serve_takes_urgent(stream):
    stream.sendall(b"go")
    poll = select.poll()
    poll.register(stream, select.POLLPRI)
    poll.poll(PATIENCE * 1000)
    got = stream.recv(1, socket.MSG_OOB)
    stream.sendall(b"urgent " + got + b" rest " + receive_all(stream))


def serve_outcome(stream):
    """How it ended is told to who asks next."""
    try:
        outcomes.append(b"FIN after %d" % len(receive_all(stream)))
    except OSError as error:
        outcomes.append(errno.errorcode[error.errno].encode())
    told.release()


def serve_asked(stream):
    told.acquire(timeout=PATIENCE)
    stream.sendall(outcomes.pop(0))


KINDS = {
    b"e": serve_echo,
    b"p": serve_bytes,
    b"d": serve_numbers,
    b"r": resets,
    b"R": serve_reset_behind,
    b"f": serve_half,
    b"x": serve_end_then_reset,
    b"h": serve_held,
    b"F": serve_full_then_reset,
    b"g": serve_gate,
    b"o": serve_urgent,
    b"O": serve_takes_urgent,
    b"q": serve_outcome,
    b"Q": serve_asked,
}


def serve_one(stream):
    with stream:
        KINDS.get(stream.recv(1), lambda stream: None)(stream)


# IP_RECVTTL, IP_RECVTOS; IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS
MARKS = {socket.AF_INET: (socket.IPPROTO_IP, (12, 13)), socket.AF_INET6: (socket.IPPROTO_IPV6, (51, 66))}


def serve_datagrams(datagrams):
    """They come back the other way round; but k is who is sent so many by K, and one by L; m asks how it came."""
    kept = None
    level, options = MARKS[datagrams.family]
    for option in options:
        datagrams.setsockopt(level, option, 1)
    while True:
        data, marks, _, sender = datagrams.recvmsg(70000, 512)
        if data == b"k":
            kept = sender
        elif data[:1] == b"K":
            for _ in range(int(data[1:])):
                datagrams.sendto(b"one of many", kept)
        elif data == b"L":
            datagrams.sendto(b"last", kept)
        elif data == b"m":
            datagrams.sendto(b" ".join(b"%d:%d" % (kind, mark[0]) for _, kind, mark in sorted(marks)), sender)
        else:
            datagrams.sendto(data[::-1], sender)


def main(host):
    """Prints its ports: of TCP, UDP, and one of each where nobody is."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    streams = socket.create_server((host, 0), family=family, backlog=4000)
    datagrams, nobody = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family)
    nobody_udp = socket.socket(family, socket.SOCK_DGRAM)
    for each in datagrams, nobody, nobody_udp:
        each.bind((host, 0))
    ports = [each.getsockname()[1] for each in (streams, datagrams, nobody, nobody_udp)]
    nobody_udp.close()
    print(*ports, flush=True)
    threading.stack_size(128 << 10)
    threading.Thread(target=serve_datagrams, args=(datagrams,), daemon=True).start()
    while True:
        threading.Thread(target=serve_one, args=(streams.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1])
    os._exit(0)
