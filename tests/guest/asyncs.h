/* SPDX-License-Identifier: Apache-2.0 */
/* asyncs.h - for the guest tests of signal-driven I/O: signals that are blocked, and what of them came. */
#ifndef TESTS_GUEST_ASYNCS_H
#define TESTS_GUEST_ASYNCS_H

#include <signal.h>

#include "show.h"

#define QUEUED (SIGRTMIN + 2)
#define FIFO "/dev/shm/asyncs-fifo" /* the folder may be on a disk that has none */

static sigset_t all;

static inline void signals_block(void)
{
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&all);
    sigaddset(&all, SIGIO);
    sigaddset(&all, SIGUSR1);
    sigaddset(&all, SIGTRAP);
    sigaddset(&all, QUEUED);
    sigprocmask(SIG_BLOCK, &all, NULL);
}

static inline const char *name_of(int signal)
{
    return signal == SIGIO ? "SIGIO" : signal == SIGUSR1 ? "SIGUSR1" : signal == SIGTRAP ? "SIGTRAP" : "queued";
}

/* All signals that wait, or the one that comes within a while. */
static inline void came_within(const char *what, int fd, long seconds)
{
    struct timespec wait = {seconds, 0};
    siginfo_t info;
    int signal;

    printf("%s:", what);
    while ((signal = sigtimedwait(&all, &info, &wait)) > 0) {
        printf(" %s code %d", name_of(signal), info.si_code);
        if (info.si_code != SI_KERNEL)
            printf(" band %lx fd %s", info.si_band, info.si_fd == fd ? "right" : "wrong");
        printf(";");
        wait.tv_sec = 0;
    }
    printf("\n");
}

static inline void came(const char *what, int fd)
{
    came_within(what, fd, 0);
}

static inline void comes(const char *what, int fd)
{
    came_within(what, fd, 20);
}

static inline void async(const char *what, int fd, int owner, int signal)
{
    int error = fcntl(fd, F_SETOWN, owner);

    error |= fcntl(fd, F_SETSIG, signal);
    error |= fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
    printf("%s: %s, %s\n", what, error == 0 ? "set" : error_name(errno), fcntl(fd, F_GETFL) & O_ASYNC ? "on" : "off");
}

static inline void show_async(const char *what, int fd)
{
    printf("%s: %o\n", what, fcntl(fd, F_GETFL) & O_ASYNC);
}

struct owner {
    int type, pid;
};

static inline void show_owner(const char *what, int fd)
{
    struct owner owner = {-1, -1};
    int plain = fcntl(fd, F_GETOWN), error = fcntl(fd, F_GETOWN_EX, &owner);
    const char *who = owner.pid == 0                                         ? "nobody"
                      : owner.type == F_OWNER_PGRP && owner.pid == getpgrp() ? "our group"
                      : owner.pid == getpid()                                ? "us"
                                                                             : "another";

    printf("%s: %s, %d type %d %s\n", what,
           plain == 0  ? "nobody"
           : plain > 0 ? "one"
                       : "a group",
           error, owner.type, who);
}

#endif
