/* SPDX-License-Identifier: Apache-2.0 */
/* pings.c - raw sockets and ICMP's echo over lo (raw(7), icmp(7)), as ping uses them. */
#define _GNU_SOURCE
#include "inet.h"

struct echo {
    uint8_t type, code;
    uint16_t sum, identifier, sequence;
    char text[8];
};

static uint16_t sum_of(const void *bytes, size_t size)
{
    const uint16_t *at = bytes;
    uint32_t sum = 0;

    for (size_t i = 0; i < size / 2; i++)
        sum += at[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void raw4(void)
{
    int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
    uint32_t filter = ~(1u << 0); /* answers only */
    struct echo echo = {.type = 8, .identifier = htons(0x4c56), .sequence = htons(7), .text = "lvmm!!!"};
    union inet_address to = inet_make(AF_INET, "127.0.0.1", 0), from;
    socklen_t size = sizeof(from);
    uint8_t got[128];
    ssize_t count;

    echo.sum = sum_of(&echo, sizeof(echo));
    show_bool("a socket", fd >= 0);
    show("filter", setsockopt(fd, 255, 1, &filter, sizeof(filter)));
    show("sent", sendto(fd, &echo, sizeof(echo), 0, &to.any, sizeof(to.in)));
    count = recvfrom(fd, got, sizeof(got), 0, &from.any, &size);
    show("came", count);
    if (count < 20 + (ssize_t)sizeof(echo))
        return;
    printf("version %#x, protocol %d, from %s\n", got[0], got[9], inet_ntoa(from.in.sin_addr));
    show("sum of the header", sum_of(got, 20));
    show("sum of the packet", sum_of(got + 20, sizeof(echo)));
    memcpy(&echo, got + 20, sizeof(echo));
    printf("type %d, %d, %d, %s\n", echo.type, ntohs(echo.identifier) == 0x4c56, ntohs(echo.sequence), echo.text);
    show("no more", recv(fd, got, sizeof(got), 0));
    close(fd);
}

static void raw6(void)
{
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMPV6);
    uint32_t filter[8];
    struct echo echo = {.type = 128, .identifier = htons(0x4c56), .sequence = htons(7), .text = "lvmm!!!"};
    union inet_address to = inet_make(AF_INET6, "::1", 0);
    uint8_t got[128];

    memset(filter, 0xff, sizeof(filter));
    filter[4] &= ~(1u << 1); /* 129 */
    show_bool("a socket", fd >= 0);
    show("filter", setsockopt(fd, IPPROTO_ICMPV6, 1, filter, sizeof(filter)));
    if (sendto(fd, &echo, sizeof(echo), 0, &to.any, sizeof(to.in6)) < 0) {
        printf("skipped, there is no ::1\n");
        return;
    }
    show("came", recv(fd, got, sizeof(got), 0));
    memcpy(&echo, got, sizeof(echo));
    printf("type %d, %d, %d, %s\n", echo.type, ntohs(echo.identifier) == 0x4c56, ntohs(echo.sequence), echo.text);
    close(fd);
}

/* A raw socket that goes is a member of no group any more: a kernel with checks counts what is left of it. */
static void member(void)
{
    struct ip_mreqn request = {.imr_ifindex = 1};

    inet_pton(AF_INET, "239.1.2.3", &request.imr_multiaddr);
    for (int i = 0; i < 40; i++) {
        int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

        if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)) != 0)
            printf("join: %s\n", error_name(errno));
        close(fd);
    }
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    raw4();
    raw6();
    member();
    show("datagrams of ICMP, without a group that may", socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
    if (seteuid(1000) == 0)
        show("raw, without the right", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
    return 0;
}
