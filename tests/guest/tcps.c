/* SPDX-License-Identifier: Apache-2.0 */
/* tcps.c - TCP over lo: names, connections and how they end (tcp(7), ip(7), ipv6(7)). */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>

#include "inet.h"

/* ---- names ---- */

static void binds(int family)
{
    const char *lo = inet_lo(family), *any = inet_any(family);
    union inet_address address = inet_make(family, lo, 0);
    int a = socket(family, SOCK_STREAM, 0), b = socket(family, SOCK_STREAM, 0), c;
    unsigned port;

    inet_show("not bound", a, 0);
    inet_show("no peer", a, 1);
    show("too short", bind(a, &address.any, 8));
    address.any.sa_family = AF_UNIX;
    show("another family", bind(a, &address.any, inet_size(family)));
    show("not ours", inet_bind(a, family, family == AF_INET ? "203.0.113.9" : "2001:db8::9", 0));
    show("bind", inet_bind(a, family, lo, 0));
    inet_show("bound", a, 0);
    show("bind again", inet_bind(a, family, lo, 0));
    port = inet_port(a, 0);
    show_bool("in the range", port >= 1024);
    show("the same port", inet_bind(b, family, lo, port));
    show("any address", inet_bind(b, family, any, port));
    if (family == AF_INET) {
        show("another address", inet_bind(b, family, "127.0.0.7", port));
        close(b);
        b = socket(family, SOCK_STREAM, 0);
    }
    option_set(b, SOL_SOCKET, SO_REUSEADDR, 1);
    show("only one reuses", inet_bind(b, family, lo, port));
    option_set(a, SOL_SOCKET, SO_REUSEADDR, 1);
    show("both reuse", inet_bind(b, family, lo, port));
    show("one listens", listen(a, 5));
    show("both listen", listen(b, 5));
    c = socket(family, SOCK_STREAM, 0);
    option_set(c, SOL_SOCKET, SO_REUSEADDR, 1);
    show("beside a listener", inet_bind(c, family, any, port));
    close(a), close(b);
    show("all have gone", inet_bind(c, family, any, port));
    close(c);

    a = socket(family, SOCK_STREAM, 0), b = socket(family, SOCK_STREAM, 0);
    option_set(a, SOL_SOCKET, SO_REUSEPORT, 1);
    show("reuses the port", inet_bind(a, family, lo, 0));
    show("listens", listen(a, 5));
    show("doesn't reuse it", inet_bind(b, family, lo, inet_port(a, 0)));
    option_set(b, SOL_SOCKET, SO_REUSEPORT, 1);
    show("reuses it", inet_bind(b, family, lo, inet_port(a, 0)));
    show("listens, too", listen(b, 5));
    close(a), close(b);

    a = socket(family, SOCK_STREAM, 0);
    show("listen without a name", listen(a, 5));
    inet_show("its name", a, 0);
    show("listen again", listen(a, 7));
    show("connect of one", inet_connect(a, family, lo, inet_port(a, 0)));
    show("bind of one", inet_bind(a, family, lo, 0));
    show_option("SO_ACCEPTCONN", a, SOL_SOCKET, SO_ACCEPTCONN);
    show_poll("listens", a);
    show_recv("recv of one", a, 5, 0);
    inet_show("its peer", a, 1);
    close(a);

    a = socket(family, SOCK_STREAM, 0);
    show("no port at bind", option_set(a, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
    show("bind", inet_bind(a, family, lo, 0));
    show_bool("no port", inet_port(a, 0) == 0);
    close(a);
}

static void privileged(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);

    fflush(stdout);
    if (seteuid(1000) != 0)
        printf("seteuid: %s\n", error_name(errno));
    show("a low port", inet_bind(fd, family, inet_lo(family), 1023));
    show("a raw socket", socket(family, SOCK_RAW, IPPROTO_ICMP));
    if (seteuid(0) != 0)
        printf("seteuid: %s\n", error_name(errno));
    close(fd);
}

static void kinds(int family)
{
    show("SOCK_SEQPACKET", socket(family, SOCK_SEQPACKET, 0));
    show("a stream of UDP", socket(family, SOCK_STREAM, IPPROTO_UDP));
    show("datagrams of TCP", socket(family, SOCK_DGRAM, IPPROTO_TCP));
    show("raw of nothing", socket(family, SOCK_RAW, 0));
    show("protocol 300", socket(family, SOCK_STREAM, 300));
    show("protocol -1", socket(family, SOCK_STREAM, -1));
    show("SOCK_RDM", socket(family, SOCK_RDM, 0));
}

/* ---- connections ---- */

static void connects(int family)
{
    const char *lo = inet_lo(family);
    int listener = inet_listener(family, 5), a = socket(family, SOCK_STREAM, 0), b, c;
    union inet_address address = inet_make(family, lo, inet_port(listener, 0)), from;
    socklen_t size = sizeof(from);
    unsigned port;

    show("too short", connect(a, &address.any, 5));
    show("one byte", connect(a, &address.any, 1));
    show_poll("fresh", a);
    show("send", send(a, "x", 1, MSG_NOSIGNAL));
    show_recv("recv", a, 1, 0);
    show("shutdown", shutdown(a, SHUT_RDWR));
    close(a);
    a = socket(family, SOCK_STREAM, 0);
    show("connect", connect(a, &address.any, inet_size(family)));
    show("connect again", connect(a, &address.any, inet_size(family)));
    show_poll("the listener", listener);
    b = accept(listener, &from.any, &size);
    show("accepted", b >= 0 ? 0 : -1);
    show("its address", (int)size);
    show_bool("the right port", ntohs(family == AF_INET ? from.in.sin_port : from.in6.sin6_port) == inet_port(a, 0));
    inet_show("the one", a, 0);
    inet_show("its peer", a, 1);
    inet_show("the other", b, 0);
    inet_show("its peer", b, 1);
    show_bool("names fit", inet_port(a, 0) == inet_port(b, 1) && inet_port(b, 0) == inet_port(a, 1));
    show_poll("idle", a);
    show("a byte", send(a, "y", 1, 0));
    show_poll("it has come", b);
    show_recv("recv", b, 10, 0);
    show_recv("no more", b, 10, MSG_DONTWAIT);
    show("listen", listen(a, 1));
    show("bind", inet_bind(a, family, lo, 0));
    show("no SO_ERROR", option_get(a, SOL_SOCKET, SO_ERROR));
    show("accept of it", accept(a, NULL, NULL));

    /* AF_UNSPEC ends it. */
    address.any.sa_family = AF_UNSPEC;
    show("disconnect", connect(a, &address.any, inet_size(family)));
    show_error("its error", a);
    inet_show("its peer", a, 1);
    inet_show("itself", a, 0);
    show_recv("the other", b, 10, 0);
    show_poll("the other", b);
    address.any.sa_family = (sa_family_t)family;
    show("connect again", connect(a, &address.any, inet_size(family)));
    c = accept(listener, NULL, NULL);
    show("hello", send(c, "hello", 5, 0));
    show_recv("hello", a, 10, 0);
    close(a), close(b), close(c);

    /* Nobody there. */
    port = inet_port(listener, 0);
    close(listener);
    a = socket(family, SOCK_STREAM, 0);
    show("refused", inet_connect(a, family, lo, port));
    show_error("no error is left", a);
    inet_show("its name", a, 0);
    show_poll("after that", a);
    show("again", inet_connect(a, family, lo, port));
    show("port 0", inet_connect(a, family, lo, 0));
    close(a);
    a = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    show("not waiting", inet_connect(a, family, lo, port));
    show_poll("refused", a);
    show("again", inet_connect(a, family, lo, port));
    show("and again", inet_connect(a, family, lo, port));
    show_error("its error", a);
    show("third time", inet_connect(a, family, lo, port));
    close(a);
}

static void nonblocking(int family)
{
    const char *lo = inet_lo(family);
    int listener = inet_listener(family, 5), a = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), b;
    unsigned port = inet_port(listener, 0);

    fcntl(listener, F_SETFL, O_NONBLOCK);
    show("nobody yet", accept(listener, NULL, NULL));
    show("connect", inet_connect(a, family, lo, port));
    show_poll("connected", a);
    show_error("its error", a);
    show("connect again", inet_connect(a, family, lo, port));
    show("and again", inet_connect(a, family, lo, port));
    b = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    show_bool("waits", !(fcntl(b, F_GETFL) & O_NONBLOCK));
    show_bool("closed by exec", fcntl(b, F_GETFD) & FD_CLOEXEC);
    show_recv("nothing", a, 1, 0);
    close(a), close(b), close(listener);
}

/* A backlog of 0 has room for one; who comes then waits for it. */
static void backlog(int family)
{
    int listener = inet_listener(family, 0), fds[3];
    unsigned port = inet_port(listener, 0);

    for (int i = 0; i < 3; i++) {
        fds[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        show("connect", inet_connect(fds[i], family, inet_lo(family), port));
    }
    show_poll("the first", fds[0]);
    show_poll("the second", fds[1]);
    show("of the second", inet_connect(fds[1], family, inet_lo(family), port));
    inet_show("its peer", fds[1], 1);
    show("send of it", send(fds[1], "x", 1, MSG_DONTWAIT));
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    close(listener);
}

static void to_itself(int family)
{
    int a = socket(family, SOCK_STREAM, 0);

    show("bind", inet_bind(a, family, inet_lo(family), 0));
    show("to itself", inet_connect(a, family, inet_lo(family), inet_port(a, 0)));
    show("send", send(a, "mirror", 6, 0));
    show_recv("recv", a, 20, 0);
    show_bool("its own peer", inet_port(a, 0) == inet_port(a, 1));
    show("shutdown", shutdown(a, SHUT_WR));
    show_recv("the end", a, 20, 0);
    show_poll("the end", a);
    close(a);
}

static void to_any(int family)
{
    int listener = inet_listener(family, 5), a = socket(family, SOCK_STREAM, 0);

    show("to any address", inet_connect(a, family, inet_any(family), inet_port(listener, 0)));
    inet_show("from", a, 0);
    inet_show("to", a, 1);
    close(a);
    a = socket(family, SOCK_STREAM, 0);
    show("to a group", inet_connect(a, family, family == AF_INET ? "224.0.0.9" : "ff01::9", 9));
    if (family == AF_INET) {
        show("to all", inet_connect(a, family, "127.255.255.255", 9));
        close(listener);
        listener = socket(family, SOCK_STREAM, 0);
        inet_bind(listener, family, "0.0.0.0", 0);
        listen(listener, 5);
        show("to 127.1.2.3", inet_connect(a, family, "127.1.2.3", inet_port(listener, 0)));
        inet_show("from", a, 0);
        inet_show("to", a, 1);
    }
    close(a), close(listener);
}

/* ---- ends ---- */

static void halves(int family)
{
    int pair[2];

    inet_pair(family, pair);
    show("last words", send(pair[0], "bye", 3, 0));
    show("shutdown", shutdown(pair[0], SHUT_WR));
    show_poll("the one", pair[0]);
    show_poll("the other", pair[1]);
    show_recv("what came", pair[1], 10, 0);
    show_recv("the end", pair[1], 10, 0);
    show_recv("still the end", pair[1], 10, 0);
    show("the other way", send(pair[1], "still here", 10, 0));
    show_recv("it comes", pair[0], 20, 0);
    show("no more", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show("shutdown again", shutdown(pair[0], SHUT_WR));
    show("both", shutdown(pair[1], SHUT_WR));
    show_poll("the one", pair[0]);
    show_poll("the other", pair[1]);
    show("shutdown of what ended", shutdown(pair[1], SHUT_RDWR));
    inet_show("no peer", pair[0], 1);
    show_recv("recv", pair[0], 1, 0);
    inet_close(pair);

    inet_pair(family, pair);
    show("reads no more", shutdown(pair[0], SHUT_RD));
    show_recv("recv", pair[0], 10, 0);
    show("send to it", send(pair[1], "x", 1, 0));
    show_recv("comes all the same", pair[0], 10, 0);
    show_poll("poll", pair[0]);
    inet_close(pair);

    inet_pair(family, pair);
    show("both ways", shutdown(pair[0], SHUT_RDWR));
    show_poll("the one", pair[0]);
    show("send to it", send(pair[1], "x", 1, MSG_NOSIGNAL));
    show_error("its error", pair[1]);
    show("send again", send(pair[1], "x", 1, MSG_NOSIGNAL));
    show_poll("the other", pair[1]);
    inet_close(pair);
}

static void resets(int family)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    int pair[2];

    inet_pair(family, pair);
    send(pair[0], "unread", 6, 0);
    send(pair[1], "kept", 4, 0);
    close(pair[1]);
    show_poll("closed with bytes unread", pair[0]);
    show_recv("what had come", pair[0], 10, 0);
    show_recv("the error", pair[0], 10, 0);
    show_recv("then", pair[0], 10, 0);
    show("send", send(pair[0], "x", 1, MSG_NOSIGNAL));
    close(pair[0]);

    inet_pair(family, pair);
    setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(pair[1]);
    show("send after a reset", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show("send again", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show_recv("recv", pair[0], 1, 0);
    inet_show("its peer", pair[0], 1);
    close(pair[0]);

    inet_pair(family, pair);
    close(pair[1]);
    show_poll("closed", pair[0]);
    show("the first goes", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show_poll("nobody is there", pair[0]);
    show("the second doesn't", send(pair[0], "x", 1, MSG_NOSIGNAL));
    show_recv("recv", pair[0], 1, 0);
    close(pair[0]);

    /* Those that nobody has accepted go with the listener. */
    pair[0] = inet_listener(family, 5);
    pair[1] = socket(family, SOCK_STREAM, 0);
    show("connect", inet_connect(pair[1], family, inet_lo(family), inet_port(pair[0], 0)));
    close(pair[0]);
    show_recv("its listener has gone", pair[1], 1, 0);
    close(pair[1]);

    pair[0] = inet_listener(family, 5);
    show("no listener any more", shutdown(pair[0], SHUT_RD));
    show("accept", accept(pair[0], NULL, NULL));
    show_poll("it", pair[0]);
    show("listen again", listen(pair[0], 5));
    show("shutdown of writing", shutdown(pair[0], SHUT_WR));
    show_option("it listens", pair[0], SOL_SOCKET, SO_ACCEPTCONN);
    close(pair[0]);
}

/* Who closes first keeps the port for a while. */
static void time_wait(int family)
{
    int listener = inet_listener(family, 5), a = socket(family, SOCK_STREAM, 0), b, c = socket(family, SOCK_STREAM, 0);
    unsigned port = inet_port(listener, 0);

    inet_connect(a, family, inet_lo(family), port);
    b = accept(listener, NULL, NULL);
    close(listener);
    show("a connection has the port", inet_bind(c, family, inet_lo(family), port));
    close(b);
    show("half of it", inet_bind(c, family, inet_lo(family), port));
    close(a);
    show("what is left has it", inet_bind(c, family, inet_lo(family), port));
    option_set(c, SOL_SOCKET, SO_REUSEADDR, 1);
    show("SO_REUSEADDR, but not of that", inet_bind(c, family, inet_lo(family), port));
    close(c);

    listener = socket(family, SOCK_STREAM, 0);
    option_set(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    inet_bind(listener, family, inet_lo(family), 0);
    port = inet_port(listener, 0);
    listen(listener, 5);
    a = socket(family, SOCK_STREAM, 0);
    inet_connect(a, family, inet_lo(family), port);
    b = accept(listener, NULL, NULL);
    close(b), close(a), close(listener);
    c = socket(family, SOCK_STREAM, 0);
    show("without SO_REUSEADDR", inet_bind(c, family, inet_lo(family), port));
    option_set(c, SOL_SOCKET, SO_REUSEADDR, 1);
    show("with it", inet_bind(c, family, inet_lo(family), port));
    show("and listens", listen(c, 5));
    close(c);
}

static void edges(int family)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
    int pair[2], epoll = epoll_create1(0);

    inet_pair(family, pair);
    epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event);
    show("at first", epoll_wait(epoll, &event, 1, 0) == 1 ? (long)event.events : -2);
    show("nothing new", epoll_wait(epoll, &event, 1, 0));
    send(pair[1], "one", 3, 0);
    show("bytes", epoll_wait(epoll, &event, 1, 0) == 1 ? (long)event.events : -2);
    show("they are no news", epoll_wait(epoll, &event, 1, 0));
    send(pair[1], "two", 3, 0);
    show("more", epoll_wait(epoll, &event, 1, 0) == 1 ? (long)event.events : -2);
    show_recv("some", pair[0], 4, 0);
    show("no edge", epoll_wait(epoll, &event, 1, 0));
    shutdown(pair[1], SHUT_WR);
    show("the end", epoll_wait(epoll, &event, 1, 0) == 1 ? (long)event.events : -2);
    shutdown(pair[0], SHUT_WR);
    show("both ends", epoll_wait(epoll, &event, 1, 0) == 1 ? (long)event.events : -2);
    close(epoll);
    inet_close(pair);
}

static void test(int family)
{
    kinds(family);
    binds(family);
    privileged(family);
    connects(family);
    nonblocking(family);
    backlog(family);
    to_itself(family);
    to_any(family);
    halves(family);
    resets(family);
    time_wait(family);
    edges(family);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    inet_each(test);
    return 0;
}
