/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.c - see terminal.h. */
#include "vmm/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LOOK_NS 200000000 /* how often, in the background */

/* SIGTTOU is left alone: it comes only from a write with `stty tostop`, and then we are not in the foreground. */
static void signals_fill(sigset_t *set)
{
    static const int wanted[] = {SIGTSTP, SIGTTIN, SIGCONT, SIGWINCH};

    sigemptyset(set);
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct sigaction action;
        if (sigaction(wanted[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(set, wanted[i]);
    }
}

static bool has_input(const struct terminal *terminal)
{
    return terminal->streams->tty & 1u << STDIN_FILENO;
}

static void look_again(const struct terminal *terminal, bool later)
{
    const struct timespec period = {.tv_nsec = later ? LOOK_NS : 0};
    const struct itimerspec timer = {.it_value = period, .it_interval = period};

    timerfd_settime(terminal->timer_fd, 0, &timer, NULL);
}

void terminal_lost(const struct terminal *terminal)
{
    look_again(terminal, true);
}

/* Takes the terminal if it is ours; otherwise looks again later. True: it may be read; one that has hung up as well,
 * for that is how its end is found. */
static bool take(struct terminal *terminal)
{
    bool readable, gone;

    streams_make_raw(terminal->streams, terminal->bare);
    gone = has_input(terminal) && tcgetpgrp(STDIN_FILENO) < 0 && errno == EIO;
    readable = terminal->streams->raw || gone;
    look_again(terminal, !readable && has_input(terminal));
    return readable;
}

static int watch(const struct terminal *terminal, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(terminal->fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int terminal_init(struct terminal *terminal, struct streams *streams, bool bare)
{
    sigset_t signals;
    int error;

    *terminal = (struct terminal){.streams = streams, .bare = bare, .fd = -1, .signal_fd = -1, .timer_fd = -1};
    if (streams->tty == 0)
        return 0;
    signals_fill(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    terminal->has_signals = true;
    terminal->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    terminal->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    terminal->fd = epoll_create1(EPOLL_CLOEXEC);
    if (terminal->signal_fd < 0 || terminal->timer_fd < 0 || terminal->fd < 0) {
        error = -errno;
    } else {
        error = watch(terminal, terminal->signal_fd);
        error = error != 0 ? error : watch(terminal, terminal->timer_fd);
    }
    if (error == 0)
        take(terminal);
    return error;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void terminal_fini(struct terminal *terminal)
{
    sigset_t signals;

    streams_restore(terminal->streams);
    close_fd(&terminal->fd);
    close_fd(&terminal->timer_fd);
    close_fd(&terminal->signal_fd);
    if (!terminal->has_signals)
        return;
    terminal->has_signals = false;
    signals_fill(&signals);
    sigprocmask(SIG_UNBLOCK, &signals, NULL); /* one that is pending takes effect */
}

/* As that signal does by itself. Returns when we go on. */
static void stop_self(int number)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, number);
    kill(getpid(), number);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
}

static void tell_size(struct terminal *terminal, const struct terminal_ops *ops, void *owner)
{
    if (streams_look_at_size(terminal->streams) && ops->resized != NULL)
        ops->resized(owner, terminal->streams->rows, terminal->streams->columns);
}

static void serve_signal(struct terminal *terminal, int number, const struct terminal_ops *ops, void *owner)
{
    if (number == SIGTSTP || number == SIGTTIN) {
        streams_restore(terminal->streams);
        if (ops->stop != NULL)
            ops->stop(owner);
        stop_self(number);
        if (ops->resume != NULL)
            ops->resume(owner);
    }
    /* Whoever stopped us, the shell has had the terminal since. */
    if (number != SIGWINCH) {
        if (take(terminal) && ops->taken != NULL)
            ops->taken(owner);
    }
    tell_size(terminal, ops, owner);
}

void terminal_serve(struct terminal *terminal, const struct terminal_ops *ops, void *owner)
{
    struct signalfd_siginfo info;
    uint64_t expirations;

    if (read(terminal->timer_fd, &expirations, sizeof(expirations)) > 0) {
        if (take(terminal) && ops->taken != NULL)
            ops->taken(owner);
    }
    while (read(terminal->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        serve_signal(terminal, (int)info.ssi_signo, ops, owner);
}
