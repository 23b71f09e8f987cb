/* SPDX-License-Identifier: Apache-2.0 */
/* sock_tuning.c - options of sockets by which programs ask a driver for something, or how much memory they take. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/socket.h>

#include "show.h"

static const struct {
    const char *name;
    int level, option;
} options[] = {
    /* asm-generic/socket.h */
    {"SO_BSDCOMPAT", SOL_SOCKET, 14},
    {"SO_PEERCRED", SOL_SOCKET, 17},
    {"SO_ATTACH_FILTER", SOL_SOCKET, 26},
    {"SO_RXQ_OVFL", SOL_SOCKET, 40},
    {"SO_WIFI_STATUS", SOL_SOCKET, 41},
    {"SO_NOFCS", SOL_SOCKET, 43},
    {"SO_LOCK_FILTER", SOL_SOCKET, 44},
    {"SO_SELECT_ERR_QUEUE", SOL_SOCKET, 45},
    {"SO_BUSY_POLL", SOL_SOCKET, 46},
    {"SO_MAX_PACING_RATE", SOL_SOCKET, 47},
    {"SO_BPF_EXTENSIONS", SOL_SOCKET, 48},
    {"SO_INCOMING_CPU", SOL_SOCKET, 49},
    {"SO_INCOMING_NAPI_ID", SOL_SOCKET, 56},
    {"SO_PREFER_BUSY_POLL", SOL_SOCKET, 69},
    {"SO_BUSY_POLL_BUDGET", SOL_SOCKET, 70},
    {"SO_BUF_LOCK", SOL_SOCKET, 72},
    {"TCP_WINDOW_CLAMP", IPPROTO_TCP, 10},
    {"TCP_THIN_LINEAR_TIMEOUTS", IPPROTO_TCP, 16},
    {"TCP_THIN_DUPACK", IPPROTO_TCP, 17},
    {"TCP_FASTOPEN_CONNECT", IPPROTO_TCP, 30},
    {"TCP_FASTOPEN_NO_COOKIE", IPPROTO_TCP, 34},
};

static void get(int fd, int level, int option)
{
    int value[16];
    socklen_t size = sizeof(value);

    memset(value, 0xa5, sizeof(value));
    if (getsockopt(fd, level, option, value, &size) != 0) {
        printf("    get: %s\n", error_name(errno));
        return;
    }
    printf("    get: %d bytes:", (int)size);
    for (unsigned i = 0; i < size / sizeof(int); i++)
        printf(" %d", value[i]);
    printf("\n");
}

static void set(int fd, int level, int option, int value)
{
    printf("    set %d: %s\n", value,
           setsockopt(fd, level, option, &value, sizeof(value)) == 0 ? "ok" : error_name(errno));
    get(fd, level, option);
}

static void all_of(const char *what, int family, int type)
{
    int fd = socket(family, type, 0);

    printf("%s\n", what);
    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].level == IPPROTO_TCP && (family == AF_UNIX || type != SOCK_STREAM))
            continue;
        printf("  %s\n", options[i].name);
        get(fd, options[i].level, options[i].option);
        if (options[i].option == 26)
            continue;
        set(fd, options[i].level, options[i].option, 1);
        set(fd, options[i].level, options[i].option, -1);
        set(fd, options[i].level, options[i].option, 0);
    }
    close(fd);
}

/* The numbers of two sockets aren't the same, and stay. */
static void cookies(void)
{
    int pair[2];
    uint64_t first = 0, other = 0, again = 0;
    socklen_t size = sizeof(first), half = 4;

    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    show("SO_COOKIE", getsockopt(pair[0], SOL_SOCKET, 57, &first, &size));
    show("the other's", getsockopt(pair[1], SOL_SOCKET, 57, &other, &size));
    show("once more", getsockopt(pair[0], SOL_SOCKET, 57, &again, &size));
    show_bool("numbers", first != 0 && first == again && first != other);
    show("half of it", getsockopt(pair[0], SOL_SOCKET, 57, &first, &half));
    show("can't be set", setsockopt(pair[0], SOL_SOCKET, 57, &first, sizeof(first)));
    close(pair[0]);
    close(pair[1]);
}

static void rates(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), half = 0;
    uint64_t rate = 10000000000u;
    socklen_t size = sizeof(half);

    show("a rate", setsockopt(fd, SOL_SOCKET, 47, &rate, sizeof(rate)));
    show("half of it", getsockopt(fd, SOL_SOCKET, 47, &half, &size));
    printf("%d bytes: %d\n", (int)size, half);
    get(fd, SOL_SOCKET, 47);
    close(fd);
}

/* Whose sizes were set tells so; SO_MEMINFO has them. */
static void sizes(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    uint32_t memory[9] = {0};
    socklen_t size = sizeof(memory);

    set(fd, SOL_SOCKET, SO_SNDBUF, 5000);
    get(fd, SOL_SOCKET, 72);
    set(fd, SOL_SOCKET, SO_RCVBUF, 6000);
    get(fd, SOL_SOCKET, 72);
    set(fd, SOL_SOCKET, 72, 4);
    show("SO_MEMINFO", getsockopt(fd, SOL_SOCKET, 55, memory, &size));
    printf("%d bytes: %u %u %u %u\n", (int)size, memory[0], memory[1], memory[2], memory[3]);
    show("SO_DETACH_FILTER", setsockopt(fd, SOL_SOCKET, 27, &(int){0}, sizeof(int)));
    close(fd);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    all_of("unix", AF_UNIX, SOCK_STREAM);
    all_of("tcp", AF_INET, SOCK_STREAM);
    all_of("udp", AF_INET6, SOCK_DGRAM);
    cookies();
    rates();
    sizes();
    return 0;
}
