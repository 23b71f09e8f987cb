# SPDX-License-Identifier: Apache-2.0
# net_same.py - for net_same.sh: what a program sees of sockets whose peers are of this host, as lines that are to be
# the same on the host and in a guest. Nothing waits for a clock but to give up, or to see that something has waited.
import array
import ctypes
import errno
import fcntl
import os
import resource
import select
import signal
import socket
import struct
import sys
import threading
import time

LONG = bytes(range(256)) * 12288  # 3 MiB
PATIENCE = 30
SIOCATMARK, SIOCOUTQ, SIOCINQ = 0x8905, 0x5411, 0x541B
IP_RECVTTL, IP_RECVERR, IP_RECVTOS, IP_MTU = 12, 11, 13, 14
POLLRDHUP = 0x2000
RUN = os.urandom(3)  # no gate is another run's


def name(error):
    return errno.errorcode.get(error, str(error))


def attempt(what, call):
    try:
        print(what, call())
    except OSError as error:
        print(what, "timed out" if error.errno is None else name(error.errno))


def receive_all(stream):
    got = []
    while part := stream.recv(65536):
        got.append(part)
    return b"".join(got)


def set_linger(stream, seconds):
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))


def set_timeout(stream, option, microseconds):
    stream.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", 0, microseconds))


def events_text(events):
    names = (("IN", 1), ("PRI", 2), ("OUT", 4), ("ERR", 8), ("HUP", 16), ("RDHUP", POLLRDHUP))
    return "|".join(text for text, bit in names if events & bit) or "none"


def poll_for(stream, events, milliseconds=PATIENCE * 1000):
    poll = select.poll()
    poll.register(stream, events)
    got = poll.poll(milliseconds)
    return got[0][1] if got else 0


def poll_now(stream):
    return events_text(poll_for(stream, select.POLLIN | select.POLLPRI | select.POLLOUT | POLLRDHUP, 0))


def number(stream, request):
    value = array.array("i", [0])
    fcntl.ioctl(stream, request, value)
    return value[0]


def so_error(stream):
    return name(stream.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def fill(stream):
    """Sends as much as goes without the other side's reading."""
    sent = 0
    stream.setblocking(False)
    while True:
        try:
            sent += stream.send(LONG)
        except BlockingIOError:
            if not poll_for(stream, select.POLLOUT, 300):
                break
    stream.setblocking(True)
    return sent


class Peer:
    def __init__(self, host, ports):
        self.host = host
        self.tcp, self.udp, self.nobody, self.nobody_udp = map(int, ports)
        self.family = socket.AF_INET6 if ":" in host else socket.AF_INET

    def stream(self):
        return socket.socket(self.family)

    def datagrams(self, protocol=0):
        datagrams = socket.socket(self.family, socket.SOCK_DGRAM, protocol)
        datagrams.settimeout(PATIENCE)
        return datagrams

    def connect(self, first):
        stream = self.stream()
        stream.settimeout(PATIENCE)
        stream.connect((self.host, self.tcp))
        stream.settimeout(None)
        stream.sendall(first)
        return stream

    def outcome(self):
        with self.connect(b"Q") as stream:
            return receive_all(stream).decode()

    def hold(self, n):
        stream = self.connect(b"h" + bytes([n]) + RUN)
        stream.recv(1)
        return stream

    def open(self, n):
        with self.connect(b"g" + bytes([n]) + RUN) as stream:
            stream.recv(1)


def use_bind(peer):
    one, two = peer.stream(), peer.stream()
    one.bind(("", 0))
    port = one.getsockname()[1]
    attempt("busy, bound", lambda: two.bind(("", port)))
    one.listen()
    attempt("busy, listens", lambda: two.bind(("", port)))
    two.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    attempt("busy, SO_REUSEADDR", lambda: two.bind(("", port)))
    one.close()
    one, two = peer.stream(), peer.stream()
    one.bind(("", 0))
    port = one.getsockname()[1]
    one.connect((peer.host, peer.tcp))
    print("names", one.getsockname()[1] == port, one.getpeername()[1] == peer.tcp)
    attempt("busy, connected", lambda: two.bind(("", port)))
    attempt("bind again", lambda: one.bind(("", 0)))
    attempt("connect again", lambda: one.connect((peer.host, peer.tcp)))
    attempt("listen", one.listen)
    one.close()
    attempt("TIME_WAIT", lambda: two.bind(("", port)))
    two.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    attempt("TIME_WAIT, SO_REUSEADDR", lambda: two.bind(("", port)))
    two.close()
    attempt("elsewhere", lambda: peer.stream().bind(("2001:db8::9" if ":" in peer.host else "203.0.113.9", 0)))
    one, two = peer.stream(), peer.stream()
    for each in one, two:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("", 0))
    attempt("shared", lambda: two.bind(("", one.getsockname()[1])))
    attempt("one of both", lambda: one.connect((peer.host, peer.tcp)))
    attempt("the other", lambda: two.connect((peer.host, peer.tcp)))
    with peer.stream() as stream:
        attempt("send", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
        attempt("recv", lambda: stream.recv(1))
        attempt("shutdown", lambda: stream.shutdown(socket.SHUT_RDWR))
        attempt("getpeername", stream.getpeername)


def use_connect(peer):
    for to in (peer.tcp, peer.nobody):
        stream = peer.stream()
        stream.setblocking(False)
        print("connect", name(stream.connect_ex((peer.host, to))))
        poll_for(stream, select.POLLOUT)
        print("poll", poll_now(stream))
        if to == peer.nobody:
            attempt("getpeername", stream.getpeername)
        print("SO_ERROR", so_error(stream), so_error(stream), poll_now(stream))
        if to == peer.nobody:
            attempt("recv", lambda: stream.recv(1))
            attempt("send", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
        print("again", name(stream.connect_ex((peer.host, to))))
        if to == peer.tcp:
            print("again", name(stream.connect_ex((peer.host, to))))
        stream.close()
    with peer.stream() as stream:
        attempt("refused", lambda: stream.connect((peer.host, peer.nobody)))
        attempt("refused", lambda: stream.connect((peer.host, peer.nobody)))
        attempt("then", lambda: stream.connect((peer.host, peer.tcp)))
    with peer.connect(b"q") as stream:
        print("AF_UNSPEC", ctypes.CDLL(None).connect(stream.fileno(), b"\0" * 16, 16))
        attempt("getpeername", stream.getpeername)
        print("was", peer.outcome())
        attempt("anew", lambda: stream.connect((peer.host, peer.tcp)))
        stream.sendall(b"p1")
        print(stream.recv(1))
    attempt("port 0", lambda: peer.stream().connect((peer.host, 0)))
    six = ":" in peer.host
    attempt("multicast", lambda: peer.stream().connect(("ff02::5" if six else "224.0.0.5", 5)))
    if not six:
        attempt("broadcast", lambda: peer.stream().connect(("255.255.255.255", 5)))


def use_ends(peer):
    with peer.connect(b"f") as stream:
        poll_for(stream, POLLRDHUP)
        print("half closed", poll_now(stream))
        print(stream.recv(3), stream.recv(10), stream.recv(10), stream.recv(10))
        attempt("send", lambda: stream.send(b"abc"))
        stream.shutdown(socket.SHUT_WR)
        print("closed", poll_now(stream))
        attempt("send", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
    with peer.connect(b"e") as stream:
        stream.sendall(b"abc")
        stream.shutdown(socket.SHUT_WR)
        attempt("send", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
        print("echo", receive_all(stream), poll_now(stream))
        attempt("shutdown", lambda: stream.shutdown(socket.SHUT_RDWR))
    with peer.connect(b"p") as stream:
        stream.shutdown(socket.SHUT_RD)
        print("SHUT_RD", poll_now(stream), stream.recv(1))
        stream.send(b"1")
        while number(stream, SIOCINQ) != 1:
            pass
        print("SHUT_RD", stream.recv(1), stream.recv(1))
    with peer.connect(b"r") as stream:
        poll_for(stream, 0)
        print("reset", poll_now(stream))
        attempt("recv", lambda: stream.recv(1))
        attempt("recv", lambda: stream.recv(1))
        attempt("send", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
        attempt("getpeername", stream.getpeername)
    with peer.connect(b"R") as stream:
        poll_for(stream, select.POLLIN)
        stream.send(b"1")
        poll_for(stream, 0)
        for _ in range(3):
            attempt("reset behind data", lambda: stream.recv(10))
    with peer.connect(b"x") as stream:
        poll_for(stream, POLLRDHUP)
        print("end", stream.recv(1))
        attempt("send", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
        poll_for(stream, 0)
        print("reset behind the end", poll_now(stream), so_error(stream))
        attempt("send", lambda: stream.send(b"x", socket.MSG_NOSIGNAL))
        attempt("recv", lambda: stream.recv(1))
    signals = []
    signal.signal(signal.SIGPIPE, lambda *_: signals.append("SIGPIPE"))
    with peer.connect(b"r") as stream:
        poll_for(stream, 0)
        attempt("send", lambda: stream.send(b"x"))
        attempt("send", lambda: stream.send(b"x"))
        print(signals)


def use_linger(peer):
    for seconds in (None, 0, 5):
        stream = peer.connect(b"q")
        if seconds is not None:
            set_linger(stream, seconds)
        if seconds != 0:
            stream.sendall(LONG)
        stream.close()
        print("linger", seconds, peer.outcome())
    # Nobody reads: the time goes by, though the socket doesn't block.
    stream = peer.hold(1)
    fill(stream)
    stream.setblocking(False)
    set_linger(stream, 1)
    before = time.monotonic()
    stream.close()
    print("waited", time.monotonic() - before >= 1)
    peer.open(1)


def use_urgent(peer):
    for inline in (0, 1):
        signals = []
        signal.signal(signal.SIGURG, lambda *_: signals.append("SIGURG"))
        with peer.connect(b"o") as stream:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, inline)
            fcntl.fcntl(stream, fcntl.F_SETOWN, os.getpid())
            stream.sendall(b"1")
            poll_for(stream, select.POLLPRI)
            before = 7 if inline else 3
            while number(stream, SIOCINQ) < before:
                pass
            print("urgent", inline, poll_now(stream), signals, number(stream, SIOCATMARK))
            attempt("MSG_PEEK", lambda: stream.recv(1, socket.MSG_OOB | socket.MSG_PEEK))
            attempt("MSG_OOB", lambda: stream.recv(1, socket.MSG_OOB))
            attempt("MSG_OOB", lambda: stream.recv(1, socket.MSG_OOB))
            print(poll_now(stream), stream.recv(20), number(stream, SIOCATMARK))
            rest = 4 if inline else 3
            print(stream.recv(rest, socket.MSG_WAITALL), number(stream, SIOCATMARK), number(stream, SIOCINQ))
            stream.send(b"1")
    with peer.connect(b"O") as stream:
        stream.recv(2)
        stream.send(b"abc")
        print(stream.send(b"XYZ", socket.MSG_OOB))
        stream.send(b"def")
        stream.shutdown(socket.SHUT_WR)
        print(receive_all(stream))
    with peer.connect(b"p") as stream:
        attempt("none", lambda: stream.recv(1, socket.MSG_OOB))


def use_flags(peer):
    with peer.connect(b"d") as stream:
        stream.send(b"%8d" % 10)
        while number(stream, SIOCINQ) != 10:
            pass
        print("MSG_PEEK", stream.recv(4, socket.MSG_PEEK), stream.recv(20, socket.MSG_PEEK))
        buffer = bytearray(b"." * 10)
        print("MSG_TRUNC", stream.recv_into(buffer, 4, socket.MSG_TRUNC), buffer, stream.recv(20))
        attempt("MSG_DONTWAIT", lambda: stream.recv(1, socket.MSG_DONTWAIT))
        stream.send(b"%8d" % 300000)
        print("MSG_WAITALL", stream.recv(300000, socket.MSG_WAITALL) == LONG[:300000])
        stream.send(b"    ", socket.MSG_MORE)
        stream.send(b"   5")
        print("MSG_MORE", stream.recv(5, socket.MSG_WAITALL))
        attempt("MSG_ERRQUEUE", lambda: stream.recvmsg(1, 100, socket.MSG_ERRQUEUE))
        attempt("sendto", lambda: stream.sendto(b"%8d" % 3, (peer.host, peer.nobody)))
        set_timeout(stream, socket.SO_RCVTIMEO, 100000)
        print("SO_RCVTIMEO", stream.recv(10, socket.MSG_WAITALL))
        attempt("SO_RCVTIMEO", lambda: stream.recv(1))
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 100000)
        stream.send(b"%8d" % 99999)
        while number(stream, SIOCINQ) != 99999:
            pass
        print("SO_RCVLOWAT", poll_now(stream))
        stream.send(b"%8d" % 1)
        print("SO_RCVLOWAT", events_text(poll_for(stream, select.POLLIN)), len(stream.recv(200000)))
    with peer.stream() as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        print("SO_RCVBUF", stream.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
        stream.connect((peer.host, peer.tcp))
        stream.send(b"d%8d" % len(LONG))
        print("SO_RCVBUF", stream.recv(len(LONG), socket.MSG_WAITALL) == LONG)


def use_full(peer):
    """Who sends has to wait, and is told when he needn't any more: by an edge, too."""
    with peer.hold(2) as stream:
        sent = fill(stream)
        print("full", sent > 100000, poll_now(stream), 0 < number(stream, SIOCOUTQ) <= sent)
        set_timeout(stream, socket.SO_SNDTIMEO, 100000)
        try:
            while True:
                sent += stream.send(LONG)
        except OSError as error:
            print("SO_SNDTIMEO", name(error.errno))
        set_timeout(stream, socket.SO_SNDTIMEO, 0)
        poll = select.epoll()
        poll.register(stream, select.EPOLLOUT | select.EPOLLET | select.EPOLLIN)
        print("no edge", poll.poll(0))
        peer.open(2)
        print("edge", [events_text(events) for _, events in poll.poll(PATIENCE)])
        stream.shutdown(socket.SHUT_WR)
        print("arrived", int(stream.recv(8, socket.MSG_WAITALL)) == sent, number(stream, SIOCOUTQ))
    # Both buffers of both sides are full, and nobody reads: who sends is told of RST all the same.
    with peer.connect(b"F" + bytes([3]) + RUN) as stream:
        fill(stream)
        opener = threading.Thread(target=peer.open, args=(3,))
        opener.start()
        attempt("send, reset meanwhile", lambda: stream.sendall(LONG * 8))
        opener.join()
        print(events_text(poll_for(stream, select.POLLOUT)), so_error(stream))
        attempt("send", lambda: stream.send(b"x"))
        print("read", len(receive_all(stream)) > 0)
    with peer.connect(b"p") as stream:
        poll = select.epoll()
        poll.register(stream, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET | select.EPOLLRDHUP)
        print([events_text(events) for _, events in poll.poll(PATIENCE)], poll.poll(0))
        for sent in (b"1", b"2"):
            stream.send(sent)
            print([events_text(events) for _, events in poll.poll(PATIENCE)], poll.poll(0))
        stream.recv(1)
        print(poll.poll(0))


def queued_error(datagrams, peer):
    data, control, flags, address = datagrams.recvmsg(100, 512, socket.MSG_ERRQUEUE)
    error, origin, kind, code = struct.unpack("IBBB", control[0][2][:7])
    offender = control[0][2][16:]
    by = offender[8:24] if control[0][0] == socket.IPPROTO_IPV6 else offender[4:8]
    own = socket.inet_pton(peer.family, peer.host)
    return data, flags & socket.MSG_ERRQUEUE, name(error), origin, kind, code, address[0] == peer.host, by == own


def use_marks(peer, datagrams):
    """A message's own TTL and TOS, then the socket's again, and what may not be asked for."""
    v4 = peer.family == socket.AF_INET
    level, ttl, tos = (socket.IPPROTO_IP, 2, 1) if v4 else (socket.IPPROTO_IPV6, 52, 67)
    marks = [(), ((ttl, 7),), ((tos, 0x28),), ((ttl, 9), (tos, 4)), (), ((ttl, 300),), ((tos, 300),)]
    for own in (), ((16 if not v4 else ttl, 33), (tos, 8)):
        for option, value in own:
            datagrams.setsockopt(level, option, value)
        for asked in marks + [((tos, 0),)]:
            control = [(level, kind, struct.pack("i", value)) for kind, value in asked]
            attempt("send %s" % (asked,), lambda: datagrams.sendmsg([b"m"], control, 0, (peer.host, peer.udp)))
            if all(value < 256 for _, value in asked):
                print("marks", datagrams.recv(100))


def use_datagrams(peer):
    datagrams = peer.datagrams()
    attempt("send", lambda: datagrams.send(b"x"))
    datagrams.sendto(b"abcdef", (peer.host, peer.udp))
    poll_for(datagrams, select.POLLIN)
    print("MSG_PEEK", datagrams.recv(3, socket.MSG_PEEK), number(datagrams, SIOCINQ))
    print("MSG_TRUNC", datagrams.recvmsg(3)[2] & socket.MSG_TRUNC)
    for size in (0, 1, 1400, 20000, 65507):
        datagrams.sendto(LONG[1 : size + 1], (peer.host, peer.udp))
        data, sender = datagrams.recvfrom(70000)
        print("size", size, data == LONG[1 : size + 1][::-1], sender[:2] == (peer.host, peer.udp))
    attempt("too long", lambda: datagrams.sendto(LONG[:65528], (peer.host, peer.udp)))
    attempt("port 0", lambda: datagrams.sendto(b"x", (peer.host, 0)))
    if peer.family == socket.AF_INET:
        for option in IP_RECVTOS, IP_RECVTTL:
            datagrams.setsockopt(socket.IPPROTO_IP, option, 1)
        datagrams.sendto(b"abc", (peer.host, peer.udp))
        print([(kind, bytes(data)) for _, kind, data in datagrams.recvmsg(10, 512)[1]])
    use_marks(peer, datagrams)
    datagrams.close()
    # Who isn't connected is told of what came back if he has asked.
    datagrams = peer.datagrams()
    level, option = (socket.IPPROTO_IP, IP_RECVERR) if peer.family == socket.AF_INET else (socket.IPPROTO_IPV6, 25)
    datagrams.setsockopt(level, option, 1)
    datagrams.sendto(b"lost", (peer.host, peer.nobody_udp))
    poll_for(datagrams, 0)
    print("queue", poll_now(datagrams), queued_error(datagrams, peer), so_error(datagrams), poll_now(datagrams))
    datagrams.sendto(b"lost", (peer.host, peer.nobody_udp))
    poll_for(datagrams, 0)
    for _ in range(2):
        attempt("send", lambda: datagrams.sendto(b"abc", (peer.host, peer.udp)))
    datagrams.close()
    # One that is connected is.
    datagrams = peer.datagrams()
    datagrams.connect((peer.host, peer.nobody_udp))
    calls = (lambda: datagrams.send(b"y"), lambda: datagrams.recv(1), lambda: so_error(datagrams))
    for call in calls:
        datagrams.send(b"x")
        poll_for(datagrams, 0)
        print("refused", poll_now(datagrams))
        attempt("next", call)
    datagrams.connect((peer.host, peer.udp))
    datagrams.send(b"abc")
    print("elsewhere", datagrams.recv(10), datagrams.getpeername()[1] == peer.udp)
    datagrams.close()


def use_burst(peer):
    """One that only receives gets on, however much was lost."""
    receives, asks = peer.datagrams(), peer.datagrams()
    receives.sendto(b"k", (peer.host, peer.udp))
    for _ in range(5):
        asks.sendto(b"K400", (peer.host, peer.udp))
        for _ in range(PATIENCE * 5):  # as this one may be lost, too
            asks.sendto(b"L", (peer.host, peer.udp))
            while poll_for(receives, select.POLLIN, 200):
                if receives.recv(20) == b"last":
                    break
            else:
                continue
            break
        else:
            print("stuck")
    print("burst")


def use_many(peer):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    many = [peer.connect(b"p") for _ in range(2000)]
    for i, stream in enumerate(many):
        stream.send(bytes([i & 255]))
    print("many", all(stream.recv(1) == bytes([i & 255]) for i, stream in enumerate(many)))
    print("ports", len({stream.getsockname()[1] for stream in many}))
    for stream in many:
        stream.close()


def use_info(peer):
    with peer.connect(b"p1") as stream:
        stream.recv(1)
        info = stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 92)
        words = struct.unpack("23I", info)
        print("TCP_INFO", info[0], info[1], info[5], "mss", words[4], "pmtu", words[15], "advmss", words[21])
        print("TCP_MAXSEG", stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG))
        print("SIOCOUTQ", number(stream, SIOCOUTQ))
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 7)
        print("keepalive", stream.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE))


def use_ping(peer):
    six = peer.family == socket.AF_INET6
    datagrams = peer.datagrams(socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP)
    packet = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 77, 3) + b"hello"
    datagrams.sendto(packet, (peer.host, 0))
    data, address = datagrams.recvfrom(100)[:2]
    print("ping", data[:2], data[6:], data[4:6] == struct.pack("!H", datagrams.getsockname()[1]), address[1])
    datagrams.connect((peer.host, 0))
    datagrams.send(packet)
    print("connected", datagrams.recv(100)[6:])
    attempt("another type", lambda: datagrams.send(b"\0" * 8))
    attempt("short", lambda: datagrams.send(b"\x08" * 4))


def use_routes(peer):
    """Of the namespace: unreachable, prohibited, and to where all is lost."""
    nets = ("198.51.100.1", "198.51.100.17", "198.51.100.33")
    if peer.family == socket.AF_INET6:
        nets = ("2001:db8:1::1", "2001:db8:2::1")
    for to in nets:
        attempt(to, lambda: peer.stream().connect((to, 9)))
        datagrams = peer.datagrams()
        attempt("datagrams", lambda: datagrams.connect((to, 9)))
        attempt("getpeername", datagrams.getpeername)
        print(so_error(datagrams), poll_now(datagrams))
    lost = ("2001:db8:3::1" if peer.family == socket.AF_INET6 else "192.0.2.77", 9)
    with peer.stream() as stream:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 100)
        attempt("TCP_USER_TIMEOUT", lambda: stream.connect(lost))
    with peer.stream() as stream:
        set_timeout(stream, socket.SO_SNDTIMEO, 100000)
        attempt("SO_SNDTIMEO", lambda: stream.connect(lost))
        attempt("again", lambda: stream.connect(lost))
        attempt("getpeername", stream.getpeername)
        print(poll_now(stream))


def use_six(peer):
    attempt("of the link", lambda: peer.stream().connect(("fe80::1", 9)))
    with peer.stream() as stream:
        stream.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        attempt("IPV6_V6ONLY", lambda: stream.connect(("::ffff:192.0.2.1", 9)))


def use_device(peer):
    """Of the guest alone."""
    with peer.stream() as stream:
        for device in b"lo", b"eth0", b"eth1":
            attempt(device, lambda: stream.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device))
        print(stream.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16))
        attempt("connect", lambda: stream.connect((peer.host, peer.tcp)))
        attempt("IP_MTU", lambda: stream.getsockopt(socket.IPPROTO_IP, IP_MTU))
    print(sorted(os.listdir("/sys/class/net")), socket.if_nameindex())
    for file in "address", "mtu", "operstate", "flags", "ifindex", "type":
        with open("/sys/class/net/eth0/" + file, encoding="ascii") as text:
            print(file, text.read(), end="")
    for file in "route", "ipv6_route", "if_inet6":
        with open("/proc/net/" + file, encoding="ascii") as text:
            print(*(line.rstrip() for line in text if "eth0" in line), sep="\n")


def main(host, ports, parts):
    peer = Peer(host, ports)
    for part in parts:
        print("#", part, flush=True)
        globals()["use_" + part](peer)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:6], sys.argv[6:])
    sys.stdout.flush()
    os._exit(0)
