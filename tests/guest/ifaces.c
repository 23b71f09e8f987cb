/* SPDX-License-Identifier: Apache-2.0 */
/* ifaces.c - what programs find out about lo: netlink(7), rtnetlink(7), netdevice(7). Other interfaces are the host's.
 */
#define _GNU_SOURCE
#include <ifaddrs.h>
#include <net/if.h>

#include "inet.h"

/* linux/netlink.h and linux/rtnetlink.h, which don't go with every C library. */
struct header {
    uint32_t size;
    uint16_t type, flags;
    uint32_t sequence, port;
};
struct address {
    uint16_t family, padding;
    uint32_t port, groups;
};
enum { ROUTE = 0, SOCK_DIAG = 4, UNKNOWN = 31 };
enum { ERROR = 2, DONE = 3, NEWLINK = 16, GETLINK = 18, NEWADDR = 20, GETADDR = 22, GETROUTE = 26, DELLINK = 17 };
enum { REQUEST = 1, ACK = 4, DUMP = 0x300 };

struct request {
    struct header header;
    uint8_t body[256];
};

static int ask(int fd, uint16_t type, uint16_t flags, const void *body, size_t size)
{
    static uint32_t sequence;
    struct request request = {.header = {(uint32_t)(sizeof(struct header) + size), type, flags, ++sequence, 0}};

    memcpy(request.body, body, size);
    return send(fd, &request, request.header.size, 0) == (ssize_t)request.header.size ? 0 : -1;
}

/* Names the messages that come, up to the end of a list or an answer. */
static void show_answers(int fd)
{
    char bytes[32768];
    struct header header;
    int count = 0, first = 0;

    for (;;) {
        ssize_t got = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (got < 0) {
            printf("%d of type %d, then: %s\n", count, first, error_name(errno));
            return;
        }
        for (ssize_t at = 0; at + (ssize_t)sizeof(header) <= got; at += (ssize_t)((header.size + 3) & ~3u)) {
            memcpy(&header, bytes + at, sizeof(header));
            if (header.type == ERROR) {
                int error;

                memcpy(&error, bytes + at + sizeof(header), sizeof(error));
                printf("error: %s\n", error == 0 ? "none" : error_name(-error));
                return;
            }
            if (header.type == DONE) {
                printf("a list of type %d%s\n", first, count != 0 ? "" : ", empty");
                return;
            }
            first = header.type;
            count++;
            if (!(header.flags & 2)) {
                printf("an answer of type %d\n", first);
                return;
            }
        }
    }
}

static void netlink(void)
{
    const uint32_t none[6] = {0};
    uint32_t link[4] = {0, 1, 0, 0}, unknown[4] = {0, 4711, 0, 0};
    struct address address = {.family = AF_NETLINK}, name = {0};
    socklen_t size = sizeof(name);
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, ROUTE), other;

    show("an unknown kind", socket(AF_NETLINK, SOCK_RAW, UNKNOWN));
    show("a stream", socket(AF_NETLINK, SOCK_STREAM, ROUTE));
    show("too short", bind(fd, (struct sockaddr *)&address, 4));
    show("bind", bind(fd, (struct sockaddr *)&address, sizeof(address)));
    show("its name", getsockname(fd, (struct sockaddr *)&name, &size));
    show_bool("is the process", name.port == (uint32_t)getpid());
    other = socket(AF_NETLINK, SOCK_DGRAM, ROUTE);
    show("the same", bind(other, (struct sockaddr *)&name, sizeof(name)));
    show("another", bind(other, (struct sockaddr *)&address, sizeof(address)));
    size = sizeof(name);
    getsockname(other, (struct sockaddr *)&name, &size);
    show_bool("has another", name.port != (uint32_t)getpid() && name.port != 0);
    close(other);
    show_recv("nothing", fd, 1, MSG_DONTWAIT);
    show_option("type", fd, SOL_SOCKET, SO_TYPE);
    show_option("protocol", fd, SOL_SOCKET, SO_PROTOCOL);

    ask(fd, GETLINK, REQUEST | DUMP, none, 16);
    show_answers(fd);
    ask(fd, GETADDR, REQUEST | DUMP, none, 8);
    show_answers(fd);
    ask(fd, GETLINK, REQUEST, link, 16);
    show_answers(fd);
    ask(fd, GETLINK, REQUEST, unknown, 16);
    show_answers(fd);
    ask(fd, 200, REQUEST, none, 16);
    show_answers(fd);
    ask(fd, 3, REQUEST | ACK, none, 16);
    show_answers(fd);
    ask(fd, GETLINK, 0, none, 16);
    show_answers(fd);
    show("too short for a header", send(fd, none, 8, 0));
    show_answers(fd);
    show("nothing", send(fd, none, 0, 0));
    fflush(stdout);
    if (seteuid(1000) == 0) {
        ask(fd, DELLINK, REQUEST | ACK, link, 16);
        show_answers(fd);
        (void)!seteuid(0);
    }
    close(fd);
}

static void addresses(void)
{
    struct ifaddrs *list, *one;

    show("getifaddrs", getifaddrs(&list));
    for (one = list; one != NULL; one = one->ifa_next) {
        char text[INET6_ADDRSTRLEN] = "";

        if (strcmp(one->ifa_name, "lo") != 0 || one->ifa_addr == NULL)
            continue;
        if (one->ifa_addr->sa_family == AF_INET)
            inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)one->ifa_addr)->sin_addr, text, sizeof(text));
        else if (one->ifa_addr->sa_family == AF_INET6)
            inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)one->ifa_addr)->sin6_addr, text, sizeof(text));
        printf("lo: family %d %s, flags %#x\n", one->ifa_addr->sa_family, text, one->ifa_flags);
    }
    freeifaddrs(list);
    show("if_nametoindex", (long)if_nametoindex("lo"));
    show("of none", (long)if_nametoindex("nosuch0"));
}

static void interfaces(void)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = {0};
    struct ifconf list = {0};

    strcpy(request.ifr_name, "lo");
    show("SIOCGIFFLAGS", ioctl(fd, SIOCGIFFLAGS, &request));
    show("flags", request.ifr_flags);
    show("SIOCGIFADDR", ioctl(fd, SIOCGIFADDR, &request));
    printf("%s\n", inet_ntoa(((struct sockaddr_in *)(void *)&request.ifr_addr)->sin_addr));
    show("SIOCGIFNETMASK", ioctl(fd, SIOCGIFNETMASK, &request));
    printf("%s\n", inet_ntoa(((struct sockaddr_in *)(void *)&request.ifr_addr)->sin_addr));
    show("SIOCGIFMTU", ioctl(fd, SIOCGIFMTU, &request));
    show("mtu", request.ifr_mtu);
    show("SIOCGIFINDEX", ioctl(fd, SIOCGIFINDEX, &request));
    show("index", request.ifr_ifindex);
    show("SIOCGIFHWADDR", ioctl(fd, SIOCGIFHWADDR, &request));
    show("kind", request.ifr_hwaddr.sa_family);
    show("SIOCGIFMETRIC", ioctl(fd, SIOCGIFMETRIC, &request));
    show("metric", request.ifr_metric);
    request.ifr_ifindex = 1;
    show("SIOCGIFNAME", ioctl(fd, SIOCGIFNAME, &request));
    printf("%s\n", request.ifr_name);
    request.ifr_ifindex = 4711;
    show("of none", ioctl(fd, SIOCGIFNAME, &request));
    strcpy(request.ifr_name, "nosuch0");
    show("of none", ioctl(fd, SIOCGIFFLAGS, &request));
    show("to a bad place", ioctl(fd, SIOCGIFFLAGS, 8));
    show_bool("SIOCGIFCONF", ioctl(fd, SIOCGIFCONF, &list) == 0 && list.ifc_len > 0);
    list.ifc_len = -1; /* Java leaves it to chance */
    show_bool("of a negative size", ioctl(fd, SIOCGIFCONF, &list) == 0 && list.ifc_len > 0);
    list.ifc_len = -1;
    list.ifc_req = &request;
    show("into a buffer", ioctl(fd, SIOCGIFCONF, &list));
    show("bytes", list.ifc_len);
    show("unknown", ioctl(fd, 0x1234, &request));
    show("to lo", setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
    show("to none", setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nosuch0", 8));
    close(fd);
}

/* struct inet_diag_req_v2 and struct inet_diag_msg. */
static void sockets(int family)
{
    int fd = socket(AF_NETLINK, SOCK_DGRAM, SOCK_DIAG), listener = inet_listener(family, 7), found = 0;
    uint8_t body[56] = {(uint8_t)family, IPPROTO_TCP};
    uint32_t states = 1u << 10;
    uint16_t port = htons((uint16_t)inet_port(listener, 0));
    char bytes[32768];

    memcpy(body + 4, &states, sizeof(states));
    ask(fd, 20, REQUEST | DUMP, body, sizeof(body));
    for (int done = 0; !done;) {
        ssize_t got = recv(fd, bytes, sizeof(bytes), 0);
        struct header header;

        if (got <= 0)
            break;
        for (ssize_t at = 0; at + (ssize_t)sizeof(header) <= got; at += (ssize_t)((header.size + 3) & ~3u)) {
            memcpy(&header, bytes + at, sizeof(header));
            done |= header.type == DONE || header.type == ERROR;
            if (header.type != 20 || memcmp(bytes + at + sizeof(header) + 4, &port, 2) != 0)
                continue;
            found++;
            printf("family %d, state %d, backlog %d\n", bytes[at + 16], bytes[at + 17], bytes[at + 16 + 60]);
        }
    }
    show("found", found);
    close(fd), close(listener);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    netlink();
    addresses();
    interfaces();
    inet_each(sockets);
    return 0;
}
