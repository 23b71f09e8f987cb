/* SPDX-License-Identifier: Apache-2.0 */
/* sock_stamps.c - when a packet has come (SO_TIMESTAMPING): what can be asked for, and what goes with the packet; and
 * who may take a socket off an interface (SO_BINDTODEVICE). */
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "inet.h"

enum {
    OLD = 37,
    NEW = 65,
    STAMP_NS = 35,
    STAMP_NS_NEW = 64,
    STAMP = 29,
    STAMP_NEW = 63,
    DEVICE = 25,
    DEVICE_INDEX = 62
};
enum { RECEIVED = 8, TOLD = 16, STRICT = 131072 };

static void get(int fd, int option, socklen_t size)
{
    int value[4] = {-1, -1, -1, -1};

    if (getsockopt(fd, SOL_SOCKET, option, value, &size) != 0)
        printf(" %s", error_name(errno));
    else
        printf(" %u: %x %x", (unsigned)size, (unsigned)value[0], (unsigned)value[1]);
}

static void options(const char *what, int fd)
{
    static const unsigned values[] = {0,      1,      8,      16,     24,      0x7f,    128,     0xfff,   0x1000,
                                      0x1800, 0x2000, 0x8000, 0x8018, 0x10000, 0x10080, 0x40000, 0x80000, 0xffffffff};

    printf("%s\n", what);
    for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const unsigned both[4] = {values[i], 0, 0, 0};

        for (int option = OLD; option <= NEW; option += NEW - OLD) {
            printf("  %x, by %d: %s", values[i], option,
                   setsockopt(fd, SOL_SOCKET, option, both, i % 2 ? 4 : 8) == 0 ? "ok" : error_name(errno));
            get(fd, OLD, 16);
            get(fd, NEW, 16);
            get(fd, OLD, 5);
            printf("\n");
        }
    }
    close(fd);
}

/* The kinds of what goes with a packet, and whether its times are about now. */
static void show_beside(int fd)
{
    union {
        struct cmsghdr head;
        char bytes[512];
    } room;
    char byte;
    struct iovec iov = {&byte, 1};
    struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof(room)};
    struct timespec now;

    if (recvmsg(fd, &message, MSG_DONTWAIT) != 1) {
        printf("  %s\n", error_name(errno));
        return;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    for (struct cmsghdr *at = CMSG_FIRSTHDR(&message); at != NULL; at = next_control(&message, at)) {
        int64_t times[6] = {0};
        size_t size = at->cmsg_len - CMSG_LEN(0);

        memcpy(times, CMSG_DATA(at), size < sizeof(times) ? size : sizeof(times));
        printf("  %d, %d: %u bytes, now %d, else %d\n", at->cmsg_level, at->cmsg_type, (unsigned)size,
               times[0] <= now.tv_sec && times[0] > now.tv_sec - 1000,
               (times[2] | times[3] | times[4] | times[5]) != 0);
    }
}

static void one(int option, unsigned stamps, int other, int others)
{
    int from = socket(AF_INET, SOCK_DGRAM, 0), to = socket(AF_INET, SOCK_DGRAM, 0);
    union inet_address address;

    inet_bind(to, AF_INET, "127.0.0.1", 0);
    address = inet_make(AF_INET, "127.0.0.1", inet_port(to, 0));
    printf("%x, by %d, and %d: %d\n", stamps, option, other, others);
    setsockopt(to, SOL_SOCKET, option, &stamps, sizeof(stamps));
    setsockopt(to, SOL_SOCKET, other, &others, sizeof(others));
    for (unsigned i = 0; i < 4; i++)
        get(to, (const int[]){STAMP, STAMP_NS, STAMP_NEW, STAMP_NS_NEW}[i], 4);
    printf("\n");
    sendto(from, "x", 1, 0, &address.any, sizeof(address.in));
    show_beside(to);
    close(from);
    close(to);
}

/* Linux begins to look at its clock some time after a first socket has asked for it: this one asks, until it is told.
 */
static void ask(void)
{
    const int both = RECEIVED | TOLD;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    union inet_address address;
    char room[128];
    bool is_told = false;

    inet_bind(fd, AF_INET, "127.0.0.1", 0);
    address = inet_make(AF_INET, "127.0.0.1", inet_port(fd, 0));
    setsockopt(fd, SOL_SOCKET, OLD, &both, sizeof(both));
    while (!is_told) {
        char byte = 0;
        struct iovec iov = {&byte, 1};
        struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};

        if (sendto(fd, &byte, 1, 0, &address.any, sizeof(address.in)) != 1 || recvmsg(fd, &message, 0) != 1)
            break;
        is_told = message.msg_controllen != 0;
        usleep(1000);
    }
    printf("told %d\n", is_told);
}

static void received(void)
{
    static const int others[] = {STAMP, STAMP_NS, STAMP_NEW, STAMP_NS_NEW};

    ask();
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        for (int on = 0; on <= 1; on++) {
            one(OLD, RECEIVED | TOLD, others[i], on);
            one(NEW, RECEIVED | TOLD, others[i], on);
            one(NEW, 0, others[i], on);
        }
    one(OLD, TOLD, STAMP, 1);
    one(OLD, TOLD | STRICT, STAMP, 1);
    one(OLD, TOLD | STRICT | RECEIVED, STAMP, 1);
    one(OLD, RECEIVED, STAMP, 0);
    one(OLD, 0x7f, STAMP, 0);
}

static void bind_to(int fd, const char *name)
{
    printf("  to '%s': %s", name,
           setsockopt(fd, SOL_SOCKET, DEVICE, name, (socklen_t)strlen(name) + 1) == 0 ? "ok" : error_name(errno));
    get(fd, DEVICE_INDEX, 4);
    printf("\n");
}

static void bind_to_index(int fd, int index)
{
    printf("  to %d: %s", index,
           setsockopt(fd, SOL_SOCKET, DEVICE_INDEX, &index, sizeof(index)) == 0 ? "ok" : error_name(errno));
    get(fd, DEVICE_INDEX, 4);
    printf("\n");
}

static void devices(const char *who)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    printf("%s\n", who);
    bind_to(fd, "");
    bind_to(fd, "none-such");
    bind_to_index(fd, -1);
    bind_to(fd, "lo");
    bind_to(fd, "lo");
    bind_to(fd, "none-such");
    bind_to_index(fd, -1);
    bind_to_index(fd, 0);
    bind_to(fd, "");
    close(fd);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    options("UDP", socket(AF_INET, SOCK_DGRAM, 0));
    options("TCP", socket(AF_INET, SOCK_STREAM, 0));
    options("local", socket(AF_UNIX, SOCK_DGRAM, 0));
    received();
    devices("root");
    if (syscall(SYS_setuid, 12345) == 0)
        devices("another");
    return 0;
}
