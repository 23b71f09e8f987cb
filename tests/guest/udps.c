/* SPDX-License-Identifier: Apache-2.0 */
/* udps.c - UDP over lo: names, errors, what goes with packets (udp(7), ip(7), ipv6(7)). */
#define _GNU_SOURCE
#include "inet.h"

struct sock_extended_err { /* linux/errqueue.h, which doesn't go with every C library */
    uint32_t ee_errno;
    uint8_t ee_origin, ee_type, ee_code, ee_pad;
    uint32_t ee_info, ee_data;
};

static ssize_t send_to(int fd, const char *bytes, int family, const char *text, unsigned port)
{
    union inet_address address = inet_make(family, text, port);

    return sendto(fd, bytes, strlen(bytes), 0, &address.any, inet_size(family));
}

static int bound(int family)
{
    int fd = socket(family, SOCK_DGRAM, 0);

    if (inet_bind(fd, family, inet_lo(family), 0) != 0)
        printf("bind: %s\n", error_name(errno));
    return fd;
}

static void names(int family)
{
    const char *lo = inet_lo(family);
    int a = socket(family, SOCK_DGRAM, 0), b = bound(family);
    union inet_address address = inet_make(family, lo, inet_port(b, 0)), from;
    socklen_t size = sizeof(from);
    char bytes[32] = {0};

    inet_show("fresh", a, 0);
    inet_show("its peer", a, 1);
    show_poll("fresh", a);
    show_recv("nothing", a, 1, MSG_DONTWAIT);
    show("nowhere", send(a, "x", 1, 0));
    show("to port 0", send_to(a, "x", family, lo, 0));
    show("too short", sendto(a, "x", 1, 0, &address.any, 5));
    address.any.sa_family = AF_UNIX;
    show("another family", sendto(a, "x", 1, 0, &address.any, inet_size(family)));
    address.any.sa_family = (sa_family_t)family;
    show("out of band", sendto(a, "x", 1, MSG_OOB, &address.any, inet_size(family)));
    show("sent", send_to(a, "hello", family, lo, inet_port(b, 0)));
    inet_show("it has a name", a, 0);
    show("came", recvfrom(b, bytes, sizeof(bytes), 0, &from.any, &size));
    printf("%s, %u\n", bytes, (unsigned)size);
    show_bool("from there", ntohs(family == AF_INET ? from.in.sin_port : from.in6.sin6_port) == inet_port(a, 0));
    show("the same port", inet_bind(socket(family, SOCK_DGRAM, 0), family, lo, inet_port(b, 0)));
    show("listen", listen(a, 1));
    show("accept", accept(a, NULL, NULL));
    show("shutdown", shutdown(a, SHUT_RD));
    show("bind again", inet_bind(b, family, lo, 0));

    show("connect", inet_connect(a, family, lo, inet_port(b, 0)));
    inet_show("its peer", a, 1);
    inet_show("itself", a, 0);
    show("send", send(a, "again", 5, 0));
    show_recv("came", b, 20, 0);
    show("back", send_to(b, "back", family, lo, inet_port(a, 0)));
    show_recv("came", a, 20, 0);
    close(b);
    b = bound(family);
    show("from another", send_to(b, "other", family, lo, inet_port(a, 0)));
    show_recv("doesn't come", a, 20, MSG_DONTWAIT);
    show_error("its error", b);
    address.any.sa_family = AF_UNSPEC;
    show("disconnect", connect(a, &address.any, inet_size(family)));
    inet_show("itself", a, 0);
    show("nowhere", send(a, "x", 1, 0));
    close(a), close(b);
}

static void errors(int family)
{
    const char *lo = inet_lo(family);
    int a = socket(family, SOCK_DGRAM, 0), b = bound(family);
    unsigned port = inet_port(b, 0);
    static char large[70000];

    close(b);
    show("to nobody", send_to(a, "x", family, lo, port));
    show_error("not told", a);
    inet_connect(a, family, lo, port);
    show("connected to nobody", send(a, "x", 1, 0));
    show_poll("told", a);
    show("the next", send(a, "x", 1, 0));
    show("the one after", send(a, "x", 1, 0));
    show_recv("told once more", a, 1, MSG_DONTWAIT);
    show_recv("once", a, 1, MSG_DONTWAIT);
    show("too large", send(a, large, sizeof(large), 0));
    show("just too large", send(a, large, family == AF_INET ? 65508 : 65528, 0));
    show("from a bad place", send(a, (void *)8, 5, 0));
    close(a);

    a = bound(family), b = bound(family);
    inet_connect(b, family, lo, inet_port(a, 0));
    show("largest", send(b, large, 65507, 0));
    show("came", recv(a, large, sizeof(large), 0));
    show("nothing", send(b, large, 0, 0));
    show("came", recv(a, large, sizeof(large), MSG_DONTWAIT));
    send(b, "abcdef", 6, 0);
    show_recv("peek", a, 20, MSG_PEEK);
    show("size", recv(a, large, 2, MSG_PEEK | MSG_TRUNC));
    show_recv("cut", a, 3, 0);
    show_recv("gone", a, 3, MSG_DONTWAIT);
    show("shutdown", shutdown(b, SHUT_WR));
    show("after that", send(b, "x", 1, MSG_NOSIGNAL));
    show("reads no more", shutdown(b, SHUT_RD));
    show_poll("both", b);
    close(a), close(b);
}

/* The error queue, with the packet that came back. */
static void error_queue(int family)
{
    const char *lo = inet_lo(family);
    int a = socket(family, SOCK_DGRAM, 0), b = bound(family);
    unsigned port = inet_port(b, 0);
    char bytes[32] = {0}, control[256];
    union inet_address from;
    struct iovec vector = {bytes, sizeof(bytes) - 1};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof(from),
                             .msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};

    close(b);
    show("nothing", recvmsg(a, &message, MSG_ERRQUEUE));
    show("wanted",
         family == AF_INET ? option_set(a, IPPROTO_IP, IP_RECVERR, 1) : option_set(a, IPPROTO_IPV6, IPV6_RECVERR, 1));
    show("to nobody", send_to(a, "lost", family, lo, port));
    show_poll("told", a);
    message.msg_namelen = sizeof(from);
    message.msg_controllen = sizeof(control);
    show("the packet", recvmsg(a, &message, MSG_ERRQUEUE));
    printf("%s, flags %#x, address of %u bytes\n", bytes, (unsigned)message.msg_flags, (unsigned)message.msg_namelen);
    show_bool("where it went", ntohs(family == AF_INET ? from.in.sin_port : from.in6.sin6_port) == port);
    for (struct cmsghdr *one = CMSG_FIRSTHDR(&message); one != NULL; one = next_control(&message, one)) {
        struct sock_extended_err error;

        memcpy(&error, CMSG_DATA(one), sizeof(error));
        printf("%d %d of %zu: %s, %u %u %u, %u\n", one->cmsg_level, one->cmsg_type, (size_t)one->cmsg_len,
               error_name((int)error.ee_errno), error.ee_origin, error.ee_type, error.ee_code, error.ee_info);
    }
    show_error("no error is left", a);
    show("no more", recvmsg(a, &message, MSG_ERRQUEUE));
    close(a);
}

static void show_control(struct msghdr *message)
{
    for (struct cmsghdr *one = CMSG_FIRSTHDR(message); one != NULL; one = next_control(message, one)) {
        printf("level %d, type %d, %zu bytes", one->cmsg_level, one->cmsg_type, (size_t)one->cmsg_len);
        if (one->cmsg_len == CMSG_LEN(sizeof(int))) {
            int number;

            memcpy(&number, CMSG_DATA(one), sizeof(number));
            printf(": %d", number);
        } else if (one->cmsg_len == CMSG_LEN(1)) {
            printf(": %d", *CMSG_DATA(one));
        } else if (one->cmsg_level == IPPROTO_IP && one->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            char text[2][32];

            memcpy(&info, CMSG_DATA(one), sizeof(info));
            printf(": %d %s %s", info.ipi_ifindex, inet_ntop(AF_INET, &info.ipi_spec_dst, text[0], 32),
                   inet_ntop(AF_INET, &info.ipi_addr, text[1], 32));
        } else if (one->cmsg_level == IPPROTO_IPV6 && one->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            char text[64];

            memcpy(&info, CMSG_DATA(one), sizeof(info));
            printf(": %u %s", info.ipi6_ifindex, inet_ntop(AF_INET6, &info.ipi6_addr, text, 64));
        }
        printf("\n");
    }
}

static void beside(int family)
{
    int a = bound(family), b = bound(family);
    char bytes[32], control[256];
    struct iovec vector = {bytes, 4};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control};

    inet_connect(b, family, inet_lo(family), inet_port(a, 0));
    if (family == AF_INET) {
        option_set(a, IPPROTO_IP, IP_PKTINFO, 1);
        option_set(a, IPPROTO_IP, IP_RECVTTL, 1);
        option_set(a, IPPROTO_IP, IP_RECVTOS, 1);
        option_set(b, IPPROTO_IP, IP_TTL, 9);
        option_set(b, IPPROTO_IP, IP_TOS, 0x10);
    } else {
        option_set(a, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        option_set(a, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
        option_set(a, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
        option_set(b, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9);
        option_set(b, IPPROTO_IPV6, IPV6_TCLASS, 0x10);
    }
    option_set(a, SOL_SOCKET, SO_TIMESTAMP, 1);
    send(b, "packet", 6, 0);
    message.msg_controllen = sizeof(control);
    show("recvmsg", recvmsg(a, &message, 0));
    printf("flags %#x\n", (unsigned)message.msg_flags);
    show_control(&message);
    send(b, "pack", 4, 0);
    message.msg_controllen = 40;
    show("with little room", recvmsg(a, &message, 0));
    printf("flags %#x\n", (unsigned)message.msg_flags);
    close(a), close(b);
}

struct sent {
    struct cmsghdr header; /* a number each */
    char data[CMSG_SPACE(sizeof(int)) - CMSG_LEN(0)];
};

static void make_sent(struct sent *sent, int level, int type, int number)
{
    memset(sent, 0, sizeof(*sent));
    sent->header.cmsg_len = CMSG_LEN(sizeof(int));
    sent->header.cmsg_level = level;
    sent->header.cmsg_type = type;
    memcpy(CMSG_DATA(&sent->header), &number, sizeof(number));
}

/* What one packet has instead of what its socket says. */
static void with_packets(int family)
{
    int a = bound(family), b = bound(family), level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    char bytes[] = "x", control[256];
    struct iovec vector = {bytes, 1};
    struct sent sent[2];
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = sent, .msg_controllen = sizeof(sent)};
    struct msghdr got = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};

    inet_connect(b, family, inet_lo(family), inet_port(a, 0));
    make_sent(&sent[0], level, family == AF_INET ? IP_TOS : IPV6_TCLASS, 17);
    make_sent(&sent[1], level, family == AF_INET ? IP_TTL : IPV6_HOPLIMIT, 2);
    option_set(a, level, family == AF_INET ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
    option_set(a, level, family == AF_INET ? IP_RECVTOS : IPV6_RECVTCLASS, 1);
    show("with both", sendmsg(b, &message, 0));
    show("came", recvmsg(a, &got, MSG_DONTWAIT));
    show_control(&got);
    make_sent(&sent[1], level, family == AF_INET ? IP_TTL : IPV6_HOPLIMIT, 256);
    show("too large", sendmsg(b, &message, 0));
    make_sent(&sent[1], level, 4711, 1);
    show("unknown", sendmsg(b, &message, 0));
    make_sent(&sent[1], 4711, 1, 1);
    show("of another level", sendmsg(b, &message, 0));
    make_sent(&sent[1], family == AF_INET ? IPPROTO_IPV6 : IPPROTO_IP, 4711, 1);
    show("of the other family", sendmsg(b, &message, 0));
    close(a), close(b);
}

static void corked(int family)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    int a = bound(family), b = bound(family);

    inet_connect(b, family, inet_lo(family), inet_port(a, 0));
    show("more", send(b, "one ", 4, MSG_MORE));
    show_recv("nothing yet", a, 20, MSG_DONTWAIT);
    show("the end", send(b, "packet", 6, 0));
    show_recv("one packet", a, 20, MSG_DONTWAIT);
    show("cork", option_set(b, IPPROTO_UDP, UDP_CORK, 1));
    send(b, "a", 1, 0);
    send(b, "b", 1, 0);
    show_recv("nothing yet", a, 20, MSG_DONTWAIT);
    show("uncork", option_set(b, IPPROTO_UDP, UDP_CORK, 0));
    show_recv("one packet", a, 20, MSG_DONTWAIT);
    option_set(b, IPPROTO_UDP, UDP_CORK, 1);
    send(b, "still", 5, 0);
    show("disconnect", connect(b, &nobody, sizeof(nobody)));
    inet_show("it has no name", b, 0);
    show("uncork", option_set(b, IPPROTO_UDP, UDP_CORK, 0));
    show_recv("sent all the same", a, 20, MSG_DONTWAIT);
    close(a), close(b);
}

/* More packets than one call may send, from what was held back. */
static void too_many(int family)
{
    static const char bytes[100];
    int a = bound(family), b = bound(family);

    inet_connect(b, family, inet_lo(family), inet_port(a, 0));
    show("one byte each", option_set(b, IPPROTO_UDP, UDP_SEGMENT, 1));
    show("more", send(b, bytes, sizeof(bytes), MSG_MORE));
    show("too many", send(b, bytes, sizeof(bytes), 0));
    show_recv("nothing came", a, 20, MSG_DONTWAIT);
    show("fewer", send(b, bytes, 2, 0));
    show_recv("came", a, 20, MSG_DONTWAIT);
    show_recv("came", a, 20, MSG_DONTWAIT);
    show_recv("nothing more", a, 20, MSG_DONTWAIT);
    close(a), close(b);
}

static void shared(int family)
{
    int a = socket(family, SOCK_DGRAM, 0), b = socket(family, SOCK_DGRAM, 0), c = socket(family, SOCK_DGRAM, 0);
    int got[2] = {0};
    char byte;

    option_set(a, SOL_SOCKET, SO_REUSEPORT, 1);
    option_set(b, SOL_SOCKET, SO_REUSEPORT, 1);
    show("bind", inet_bind(a, family, inet_lo(family), 0));
    show("another", inet_bind(b, family, inet_lo(family), inet_port(a, 0)));
    show("a third", inet_bind(c, family, inet_lo(family), inet_port(a, 0)));
    close(c);
    for (int i = 0; i < 64; i++) {
        c = socket(family, SOCK_DGRAM, 0);
        send_to(c, "x", family, inet_lo(family), inet_port(a, 0));
        close(c);
    }
    while (recv(a, &byte, 1, MSG_DONTWAIT) == 1)
        got[0]++;
    while (recv(b, &byte, 1, MSG_DONTWAIT) == 1)
        got[1]++;
    show("all came", got[0] + got[1]);
    show_bool("to both", got[0] != 0 && got[1] != 0);
    close(a), close(b);
}

static void broadcasts(void)
{
    int a = socket(AF_INET, SOCK_DGRAM, 0), b = socket(AF_INET, SOCK_DGRAM, 0);
    unsigned port;

    inet_bind(a, AF_INET, "0.0.0.0", 0);
    port = inet_port(a, 0);
    show("not allowed", send_to(b, "all", AF_INET, "127.255.255.255", port));
    option_set(b, SOL_SOCKET, SO_BROADCAST, 1);
    show("to all", send_to(b, "all", AF_INET, "127.255.255.255", port));
    show_recv("came", a, 10, MSG_DONTWAIT);
    close(a), close(b);
}

static void groups(int family)
{
    const char *group = family == AF_INET ? "239.1.2.3" : "ff01::1234";
    int a = socket(family, SOCK_DGRAM, 0), b = socket(family, SOCK_DGRAM, 0);
    struct ip_mreqn in = {.imr_ifindex = 1};
    struct ipv6_mreq in6 = {.ipv6mr_interface = 1};
    int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
    void *request = family == AF_INET ? (void *)&in : (void *)&in6;
    socklen_t size = family == AF_INET ? sizeof(in) : sizeof(in6);
    int join = family == AF_INET ? IP_ADD_MEMBERSHIP : IPV6_ADD_MEMBERSHIP;
    int leave = family == AF_INET ? IP_DROP_MEMBERSHIP : IPV6_DROP_MEMBERSHIP;

    inet_pton(AF_INET, "239.1.2.3", &in.imr_multiaddr);
    inet_pton(AF_INET6, "ff01::1234", &in6.ipv6mr_multiaddr);
    inet_bind(a, family, inet_any(family), 0);
    show("join", setsockopt(a, level, join, request, size));
    show("join again", setsockopt(a, level, join, request, size));
    show("by lo", family == AF_INET ? setsockopt(b, level, IP_MULTICAST_IF, &in, sizeof(in))
                                    : option_set(b, level, IPV6_MULTICAST_IF, 1));
    show("to the group", send_to(b, "group", family, group, inet_port(a, 0)));
    show_recv("came", a, 10, MSG_DONTWAIT);
    show("leave", setsockopt(a, level, leave, request, size));
    show("leave again", setsockopt(a, level, leave, request, size));
    show("to the group", send_to(b, "group", family, group, inet_port(a, 0)));
    show_recv("doesn't come", a, 10, MSG_DONTWAIT);
    close(a), close(b);
}

static void test(int family)
{
    names(family);
    errors(family);
    error_queue(family);
    beside(family);
    with_packets(family);
    corked(family);
    too_many(family);
    shared(family);
    groups(family);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    inet_each(test);
    printf("-- broadcasts\n");
    broadcasts();
    return 0;
}
