/* SPDX-License-Identifier: Apache-2.0 */
/* sock_levels.c - the options of each level, of sockets of each kind: what is there at first, what comes of each value,
 * and of values that are too short, or longer than they need be. Options that tell of the machine are left out, as are
 * those that are missing. */
#define _GNU_SOURCE
#include <stdbool.h>

#include "inet.h"

enum { LEVEL_NETLINK = 270 };

static const struct kind {
    const char *name;
    int family, type, protocol;
} kinds[] = {
    {"TCP", AF_INET, SOCK_STREAM, 0},
    {"UDP", AF_INET, SOCK_DGRAM, 0},
    {"ICMP", AF_INET, SOCK_RAW, IPPROTO_ICMP},
    {"a local stream", AF_UNIX, SOCK_STREAM, 0},
    {"local datagrams", AF_UNIX, SOCK_DGRAM, 0},
    {"netlink", AF_NETLINK, SOCK_RAW, 0},
    {"TCP, IPv6", AF_INET6, SOCK_STREAM, 0},
    {"UDP, IPv6", AF_INET6, SOCK_DGRAM, 0},
    {"ICMP, IPv6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6},
};

static const struct level {
    const char *name;
    int level;
    int options[48]; /* up to a negative one */
} levels[] = {
    {"SOCKET", SOL_SOCKET, {1,  2,  3,  4,  5,  6,  9,  10, 11, 12, 13, 14, 15, 17, 19, 20, 21, 29, 30, 35, 36,
                            38, 39, 40, 41, 43, 44, 45, 46, 47, 49, 56, 63, 64, 66, 67, 69, 70, 72, 73, 76, -1}},
    {"IP", IPPROTO_IP, {1,  2,  3,  6,  7,  8,  10, 11, 12, 13, 15, 18, 19, 20,
                        21, 22, 23, 24, 25, 26, 32, 33, 34, 49, 50, 51, -1}},
    {"TCP", IPPROTO_TCP, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 17, 18, 23, 25, 30, 34, 36, -1}},
    {"UDP", IPPROTO_UDP, {1, 101, 102, 103, 104, -1}},
    {"IPV6", IPPROTO_IPV6, {11, 16, 18, 19, 23, 24, 25, 26, 29, 30, 31, 33, 49, 51, 53,
                            56, 58, 60, 62, 66, 67, 70, 72, 73, 75, 76, 77, 78, -1}},
    {"ICMPV6", IPPROTO_ICMPV6, {1, -1}},
    {"NETLINK", LEVEL_NETLINK, {1, 2, 3, 4, 5, 10, 11, 12, -1}},
    {"unknown", 4711, {1, -1}},
};

static int open_one(const struct kind *kind)
{
    return socket(kind->family, kind->type, kind->protocol);
}

/* What an option is: its bytes as numbers, as far as there is room. */
static void get(int fd, int level, int option, socklen_t room)
{
    unsigned char value[64];
    socklen_t size = room;
    int number;

    memset(value, 0xa5, sizeof(value));
    if (getsockopt(fd, level, option, value, &size) != 0) {
        printf(" %s", error_name(errno));
        return;
    }
    printf(" %u", (unsigned)size);
    for (socklen_t at = 0; at < size; at += (socklen_t)sizeof(number)) {
        memcpy(&number, value + at, sizeof(number));
        if (size - at < sizeof(number))
            number &= (1 << 8 * (size - at)) - 1;
        printf("%c%d", at == 0 ? ':' : ',', number);
    }
    if (size < sizeof(value) && value[size] != 0xa5)
        printf(", and more was written");
}

static void show_gets(const struct kind *kind, int level, int option)
{
    static const socklen_t rooms[] = {64, 16, 8, 5, 3, 1, 0};
    int fd = open_one(kind);

    for (unsigned i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
        get(fd, level, option, rooms[i]);
    printf("\n");
    close(fd);
}

static void show_sets(const struct kind *kind, int level, int option)
{
    static const int values[] = {0, 1, -1, 2, 7, 255, 256, 70000};
    int fd = open_one(kind);

    printf("   ");
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        printf(" %d %s", values[i],
               setsockopt(fd, level, option, &values[i], sizeof(values[i])) == 0 ? "ok" : error_name(errno));
        get(fd, level, option, 4);
    }
    printf("\n");
    close(fd);
}

static void show_lengths(const struct kind *kind, int level, int option)
{
    static const socklen_t lengths[] = {0, 1, 3, 5, 8, 16, 64};
    static const char value[64] = {1};

    printf("   ");
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        int fd = open_one(kind);

        printf(" of %u %s", (unsigned)lengths[i],
               setsockopt(fd, level, option, value, lengths[i]) == 0 ? "ok" : error_name(errno));
        get(fd, level, option, 16);
        close(fd);
    }
    printf("\n");
}

static bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM, 0), error = fd < 0 ? -1 : inet_bind(fd, AF_INET6, "::1", 0);

    close(fd);
    return error == 0;
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        if (kinds[k].family == AF_INET6 && !has_ipv6()) {
            printf("%s: skipped, there is no ::1\n", kinds[k].name);
            continue;
        }
        printf("== %s\n", kinds[k].name);
        for (const struct level *level = levels; level < levels + sizeof(levels) / sizeof(levels[0]); level++)
            for (const int *option = level->options; *option >= 0; option++) {
                printf("%s %d:", level->name, *option);
                show_gets(&kinds[k], level->level, *option);
                show_sets(&kinds[k], level->level, *option);
                show_lengths(&kinds[k], level->level, *option);
            }
    }
    return 0;
}
