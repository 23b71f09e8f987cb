/* SPDX-License-Identifier: Apache-2.0 */
/* rw_flags.c - the flags of preadv2(2) and pwritev2(2) with what is no file: some take none. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include "show.h"

/* Flags of linux/fs.h; none of what is read or written here waits. */
static void all(const char *what, int in, int out)
{
    static const unsigned flags[] = {0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100};

    printf("%s\n", what);
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        uint64_t value = 1;
        struct iovec vector = {&value, sizeof(value)};

        printf("%x: ", flags[i]);
        show("write", syscall(SYS_pwritev2, out, &vector, 1L, -1L, -1L, (long)flags[i]));
        show("read", syscall(SYS_preadv2, in, &vector, 1L, -1L, -1L, (long)flags[i]));
    }
}

static void one(const char *what, int fd)
{
    all(what, fd, fd);
    close(fd);
}

int main(void)
{
    int pair[2];
    sigset_t none;

    setvbuf(stdout, NULL, _IONBF, 0);
    sigemptyset(&none);
    one("eventfd", eventfd(1, EFD_NONBLOCK));
    one("timerfd", timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    one("signalfd", signalfd(-1, &none, SFD_NONBLOCK));
    one("inotify", inotify_init1(IN_NONBLOCK));
    one("epoll", epoll_create1(0));
    one("null", open("/dev/null", O_RDWR));
    one("zero", open("/dev/zero", O_RDWR));
    if (pipe2(pair, O_NONBLOCK) == 0)
        all("pipe", pair[0], pair[1]);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0)
        all("socket", pair[0], pair[1]);
    return 0;
}
