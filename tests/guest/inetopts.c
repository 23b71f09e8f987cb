/* SPDX-License-Identifier: Apache-2.0 */
/* inetopts.c - the options of sockets of IP, TCP and UDP (socket(7), ip(7), ipv6(7), tcp(7), udp(7)). */
#define _GNU_SOURCE
#include <limits.h>

#include "inet.h"

struct option {
    const char *name;
    int level, option;
    int values[6];
    int count;
};

#define OPTION(level, name, ...) {#name, level, name, {__VA_ARGS__}, (int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int))}

static const struct option tcp_options[] = {
    OPTION(IPPROTO_TCP, TCP_NODELAY, 1, 7, 0),
    OPTION(IPPROTO_TCP, TCP_CORK, 1, 0),
    OPTION(IPPROTO_TCP, TCP_MAXSEG, 87, 88, 1000, 32767, 32768),
    OPTION(IPPROTO_TCP, TCP_KEEPIDLE, 0, 1, 60, 32767, 32768),
    OPTION(IPPROTO_TCP, TCP_KEEPINTVL, 0, 1, 32768),
    OPTION(IPPROTO_TCP, TCP_KEEPCNT, 0, 1, 127, 128),
    OPTION(IPPROTO_TCP, TCP_SYNCNT, 0, 1, 3, 128),
    OPTION(IPPROTO_TCP, TCP_LINGER2, 5, -1, 100),
    OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT, 1, 5, 0),
    OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, 1000, -1, 0),
    OPTION(IPPROTO_TCP, TCP_NOTSENT_LOWAT, 10000),
    OPTION(IPPROTO_TCP, 999, 1),
    OPTION(SOL_SOCKET, SO_KEEPALIVE, 1, 5, 0),
    OPTION(SOL_SOCKET, SO_REUSEADDR, 3, 0),
    OPTION(SOL_SOCKET, SO_REUSEPORT, 1, 0),
    OPTION(SOL_SOCKET, SO_BROADCAST, 1, 0),
    OPTION(SOL_SOCKET, SO_OOBINLINE, 1),
    OPTION(SOL_SOCKET, SO_DONTROUTE, 1),
    OPTION(SOL_SOCKET, SO_PRIORITY, 6),
    OPTION(SOL_SOCKET, SO_RCVLOWAT, 0, 9),
    OPTION(SOL_SOCKET, SO_SNDLOWAT, 5),
    OPTION(SOL_SOCKET, SO_RCVBUF, 0, 5000, 100000),
    OPTION(SOL_SOCKET, SO_SNDBUF, 0, 5000, 100000),
    OPTION(SOL_SOCKET, SO_TYPE, 1),
    OPTION(SOL_SOCKET, SO_ERROR, 1),
    OPTION(SOL_SOCKET, 9999, 1),
    OPTION(4711, 1, 1),
};

static const struct option ip_options[] = {
    OPTION(IPPROTO_IP, IP_TOS, 0x10, 0xff, 256),
    OPTION(IPPROTO_IP, IP_TTL, 1, 255, 0, 256, -1, -2),
    OPTION(IPPROTO_IP, IP_PKTINFO, 1, 0),
    OPTION(IPPROTO_IP, IP_RECVTTL, 1),
    OPTION(IPPROTO_IP, IP_RECVTOS, 1),
    OPTION(IPPROTO_IP, IP_RECVERR, 1),
    OPTION(IPPROTO_IP, IP_MTU_DISCOVER, 0, 3, 5, 6, -1),
    OPTION(IPPROTO_IP, IP_FREEBIND, 1),
    OPTION(IPPROTO_IP, IP_MINTTL, 5, 255, 256),
    OPTION(IPPROTO_IP, IP_MULTICAST_TTL, 5, 256, -1),
    OPTION(IPPROTO_IP, IP_MULTICAST_LOOP, 0, 1),
    OPTION(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1),
    OPTION(IPPROTO_IP, IP_HDRINCL, 1),
    OPTION(IPPROTO_IP, IP_TRANSPARENT, 1),
    OPTION(IPPROTO_IP, IP_MTU, 1),
    OPTION(IPPROTO_IP, 999, 1),
};

static const struct option ip6_options[] = {
    OPTION(IPPROTO_IPV6, IPV6_V6ONLY, 1, 0),
    OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1, 255, 256, -1, -2),
    OPTION(IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 5, 256, -1),
    OPTION(IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, 1, 2),
    OPTION(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1),
    OPTION(IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1),
    OPTION(IPPROTO_IPV6, IPV6_RECVTCLASS, 1),
    OPTION(IPPROTO_IPV6, IPV6_RECVERR, 1),
    OPTION(IPPROTO_IPV6, IPV6_TCLASS, 0x20, 256, -1, -2),
    OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER, 0, 3, 6),
    OPTION(IPPROTO_IPV6, IPV6_MTU, 0),
    OPTION(IPPROTO_IPV6, 999, 1),
};

static const struct option udp_options[] = {
    OPTION(IPPROTO_UDP, UDP_CORK, 1, 0),
    OPTION(IPPROTO_UDP, UDP_SEGMENT, 500, 65536, -1, 0),
    OPTION(IPPROTO_UDP, 999, 1),
};

/* Each value is set and read; what is there at first is read. */
static void show_options(int fd, const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &options[i];
        int at_first = option_get(fd, option->level, option->option);

        if (option->option == SO_RCVBUF && option->level == SOL_SOCKET)
            printf("%s:", option->name); /* as the host is set up */
        else if (at_first < 0 && at_first > -200)
            printf("%s: %s;", option->name, error_name(-at_first));
        else
            printf("%s: %d;", option->name, at_first);
        for (int n = 0; n < option->count; n++) {
            int error = option_set(fd, option->level, option->option, option->values[n]) == 0 ? 0 : errno;

            printf(" %d %s", option->values[n], error == 0 ? "ok" : error_name(error));
            printf(" %d", option_get(fd, option->level, option->option));
        }
        printf("\n");
    }
}

#define SHOW(fd, options) show_options(fd, options, sizeof(options) / sizeof((options)[0]))

/* IP_OPTIONS are checked, made a multiple of four bytes, and told again; those that are refused leave what there was.
 */
static void header(int fd)
{
    static const struct {
        const char *what;
        unsigned size;
        unsigned char bytes[44];
    } tried[] = {{"none", 0, {0}},
                 {"nothing", 1, {1}},
                 {"a record of the route", 11, {7, 11, 4, 1, 2, 3, 4, 5, 6, 7, 8}},
                 {"a full one", 7, {7, 7, 8}},
                 {"a place in the head", 7, {7, 7, 3}},
                 {"two of them", 14, {7, 7, 4, 0, 0, 0, 0, 7, 7, 4}},
                 {"a way", 11, {131, 11, 4, 127, 0, 0, 1, 127, 0, 0, 2}},
                 {"a strict one", 7, {137, 7, 4, 127, 0, 0, 1}},
                 {"two ways", 14, {131, 7, 4, 127, 0, 0, 1, 137, 7, 4, 127, 0, 0, 1}},
                 {"one that goes on elsewhere", 7, {131, 7, 8, 127, 0, 0, 1}},
                 {"half an address", 9, {131, 9, 4, 127, 0, 0, 1}},
                 {"times", 12, {68, 12, 5, 0}},
                 {"times with addresses", 12, {68, 12, 5, 1}},
                 {"no room for these", 8, {68, 8, 5, 1}},
                 {"full of times", 8, {68, 8, 9, 0}},
                 {"too many of them", 8, {68, 8, 9, 0xf0}},
                 {"an alert", 4, {148, 4}},
                 {"a short one", 3, {148, 3}},
                 {"what is behind the end", 8, {1, 0, 7, 7, 4}},
                 {"a size beyond all", 3, {7, 9, 4}},
                 {"a size of nothing", 2, {7, 0}},
                 {"half an option", 4, {1, 1, 1, 7}},
                 {"a label", 8, {134, 8}},
                 {"the most", 40, {1, 1, 1}},
                 {"more", 41, {1}},
                 {"none again", 0, {0}}};

    for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
        unsigned char bytes[64];
        socklen_t size = sizeof(bytes);

        show(tried[i].what, setsockopt(fd, IPPROTO_IP, IP_OPTIONS, tried[i].bytes, tried[i].size));
        if (getsockopt(fd, IPPROTO_IP, IP_OPTIONS, bytes, &size) != 0)
            continue;
        for (unsigned n = 0; n < size; n++)
            printf(" %d", bytes[n]);
        printf(" (%u)\n", (unsigned)size);
        size = 3;
        if (getsockopt(fd, IPPROTO_IP, IP_OPTIONS, bytes, &size) == 0 && size > 3)
            printf("%u bytes of three\n", (unsigned)size);
    }
}

/* SO_RCVLOWAT of TCP is at most half of what its buffer may become. */
static void least(void)
{
    static const int values[] = {-1, INT_MAX, 100, 0};
    int fd = socket(AF_INET, SOCK_STREAM, 0), most = 0;
    FILE *file = fopen("/proc/sys/net/ipv4/tcp_rmem", "r");

    if (file != NULL && fscanf(file, "%*d %*d %d", &most) == 1) {
        for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            int got;

            show("SO_RCVLOWAT", option_set(fd, SOL_SOCKET, SO_RCVLOWAT, values[i]));
            got = option_get(fd, SOL_SOCKET, SO_RCVLOWAT);
            printf("%s\n", got == most / 2    ? "half of the most"
                           : got == values[i] ? "that"
                           : got == 1         ? "one"
                                              : "another");
        }
    }
    if (file != NULL)
        fclose(file);
    close(fd);
}

static void sizes(int fd)
{
    unsigned char byte = 9;
    int number = 5;
    socklen_t size = 1;

    show("one byte", setsockopt(fd, IPPROTO_IP, IP_TTL, &byte, 1));
    show("read as one", getsockopt(fd, IPPROTO_IP, IP_TTL, &byte, &size));
    printf("%d of %u\n", byte, (unsigned)size);
    show("no byte", setsockopt(fd, IPPROTO_IP, IP_TTL, &byte, 0));
    show("too short", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &byte, 1));
    show("too short", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &number, 2));
    size = 2;
    show("cut", getsockopt(fd, SOL_SOCKET, SO_TYPE, &number, &size));
    show("size", (long)size);
    size = 100;
    show("more room", getsockopt(fd, SOL_SOCKET, SO_TYPE, &number, &size));
    show("size", (long)size);
    size = (socklen_t)-1;
    show("negative", getsockopt(fd, SOL_SOCKET, SO_TYPE, &number, &size));
    show("a bad place", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)8, 4));
    size = 4;
    show("a bad place", getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, (void *)8, &size));
}

static void congestion(int fd)
{
    char name[32] = {0};
    socklen_t size = sizeof(name);

    show("by name", setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
    show("read", getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &size));
    printf("%s, %u bytes\n", name, (unsigned)size);
    show("unknown", setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "nosuch", 6));
}

static void information(int family)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);
    int pair[2];

    inet_pair(family, pair);
    send(pair[0], "abc", 3, 0);
    memset(&info, 0, sizeof(info));
    show("TCP_INFO", getsockopt(pair[0], IPPROTO_TCP, TCP_INFO, &info, &size));
    show("state", info.tcpi_state);
    show_bool("a round trip", info.tcpi_rtt != 0 && info.tcpi_rtt < 1000000);
    show("lost", (long)info.tcpi_lost);
    size = 1;
    show("one byte", getsockopt(pair[0], IPPROTO_TCP, TCP_INFO, &info, &size));
    show("size", (long)size);
    shutdown(pair[0], SHUT_WR);
    size = sizeof(info);
    getsockopt(pair[1], IPPROTO_TCP, TCP_INFO, &info, &size);
    show("the other's", info.tcpi_state);
    show_option("IP_MTU", pair[0], family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
                family == AF_INET ? IP_MTU : IPV6_MTU);
    show_option("SO_DOMAIN", pair[1], SOL_SOCKET, SO_DOMAIN);
    show_option("SO_PROTOCOL", pair[1], SOL_SOCKET, SO_PROTOCOL);
    show_option("SO_TYPE", pair[1], SOL_SOCKET, SO_TYPE);
    inet_close(pair);
}

/* What a listener was told its sockets have, too. */
static void inherited(int family)
{
    int listener = inet_listener(family, 1), a = socket(family, SOCK_STREAM, 0), b;

    option_set(listener, IPPROTO_TCP, TCP_NODELAY, 1);
    option_set(listener, SOL_SOCKET, SO_KEEPALIVE, 1);
    option_set(listener, SOL_SOCKET, SO_RCVBUF, 5000);
    option_set(listener, IPPROTO_TCP, TCP_KEEPIDLE, 77);
    inet_connect(a, family, inet_lo(family), inet_port(listener, 0));
    b = accept(listener, NULL, NULL);
    show_option("TCP_NODELAY", b, IPPROTO_TCP, TCP_NODELAY);
    show_option("SO_KEEPALIVE", b, SOL_SOCKET, SO_KEEPALIVE);
    show_option("SO_RCVBUF", b, SOL_SOCKET, SO_RCVBUF);
    show_option("TCP_KEEPIDLE", b, IPPROTO_TCP, TCP_KEEPIDLE);
    show_option("SO_ACCEPTCONN", b, SOL_SOCKET, SO_ACCEPTCONN);
    close(a), close(b), close(listener);
}

/* One socket of IPv6 for both families. */
static void mapped(void)
{
    int a = socket(AF_INET6, SOCK_STREAM, 0), b = socket(AF_INET, SOCK_STREAM, 0), c;
    unsigned port;

    if (a < 0 || inet_bind(a, AF_INET6, "::", 0) != 0 || listen(a, 5) != 0) {
        printf("skipped, there is no IPv6\n");
        return;
    }
    port = inet_port(a, 0);
    show("of IPv4", inet_connect(b, AF_INET, "127.0.0.1", port));
    c = accept(a, NULL, NULL);
    inet_show("from", c, 1);
    inet_show("to", c, 0);
    show("the port is taken", inet_bind(socket(AF_INET, SOCK_STREAM, 0), AF_INET, "127.0.0.1", port));
    close(b), close(c);
    b = socket(AF_INET6, SOCK_STREAM, 0);
    show("by a mapped address", inet_connect(b, AF_INET6, "::ffff:127.0.0.1", port));
    inet_show("itself", b, 0);
    inet_show("its peer", b, 1);
    close(b), close(a);

    a = socket(AF_INET6, SOCK_STREAM, 0);
    option_set(a, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    show("IPv6 only", inet_bind(a, AF_INET6, "::", 0));
    listen(a, 5);
    port = inet_port(a, 0);
    b = socket(AF_INET, SOCK_STREAM, 0);
    show("IPv4 has its own", inet_bind(b, AF_INET, "0.0.0.0", port));
    close(b);
    b = socket(AF_INET, SOCK_STREAM, 0);
    show("of IPv4", inet_connect(b, AF_INET, "127.0.0.1", port));
    show("set too late", option_set(a, IPPROTO_IPV6, IPV6_V6ONLY, 0));
    close(b);
    b = socket(AF_INET6, SOCK_STREAM, 0);
    option_set(b, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    show("mapped, of one that is IPv6 only", inet_connect(b, AF_INET6, "::ffff:127.0.0.1", port));
    show("bind of a mapped address", inet_bind(b, AF_INET6, "::ffff:127.0.0.1", 0));
    close(a), close(b);

    a = socket(AF_INET6, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    inet_bind(a, AF_INET6, "::", 0);
    inet_connect(b, AF_INET, "127.0.0.1", inet_port(a, 0));
    send(b, "mapped", 6, 0);
    show_recv("datagrams, too", a, 20, MSG_DONTWAIT);
    close(a), close(b);
}

static void test(int family)
{
    int tcp = socket(family, SOCK_STREAM, 0), udp = socket(family, SOCK_DGRAM, 0);

    SHOW(tcp, tcp_options);
    SHOW(tcp, ip_options);
    SHOW(udp, ip_options);
    SHOW(udp, udp_options);
    if (family == AF_INET6) {
        SHOW(tcp, ip6_options);
        SHOW(udp, ip6_options);
    }
    show_option("IPv6's", tcp, IPPROTO_IPV6, IPV6_V6ONLY);
    sizes(tcp);
    congestion(tcp);
    information(family);
    inherited(family);
    close(tcp), close(udp);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    inet_each(test);
    printf("-- both\n");
    mapped();
    printf("-- in the header\n");
    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_INET, i == 0 ? SOCK_DGRAM : SOCK_STREAM, 0);

        header(fd);
        close(fd);
    }
    least();
    return 0;
}
