/* SPDX-License-Identifier: Apache-2.0 */
/* stop.c - see stop.h. */
#include "vmm/stop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000u

/* The kernel queues even an ignored signal while it is blocked, so those must stay out. */
static void choose_signals(sigset_t *set)
{
    static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

    sigemptyset(set);
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        struct sigaction action;
        if (sigaction(wanted[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(set, wanted[i]);
    }
}

static int start_timer(struct stop *stop, uint64_t timeout_ns)
{
    struct epoll_event event = {.events = EPOLLIN};
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(timeout_ns / NS_PER_S), .tv_nsec = (long)(timeout_ns % NS_PER_S)}};

    stop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    stop->fd = epoll_create1(EPOLL_CLOEXEC);
    if (stop->timer_fd < 0 || stop->fd < 0 || timerfd_settime(stop->timer_fd, 0, &when, NULL) < 0 ||
        epoll_ctl(stop->fd, EPOLL_CTL_ADD, stop->timer_fd, &event) < 0 ||
        epoll_ctl(stop->fd, EPOLL_CTL_ADD, stop->signal_fd, &event) < 0) {
        return -errno;
    }
    return 0;
}

int stop_init(struct stop *stop, uint64_t timeout_ns)
{
    *stop = (struct stop){.fd = -1, .signal_fd = -1, .timer_fd = -1};
    signal(SIGPIPE, SIG_IGN);
    choose_signals(&stop->blocked);
    sigprocmask(SIG_BLOCK, &stop->blocked, &stop->before);
    stop->signal_fd = signalfd(-1, &stop->blocked, SFD_CLOEXEC | SFD_NONBLOCK);
    if (stop->signal_fd < 0)
        return -errno;
    stop->fd = stop->signal_fd;
    return timeout_ns != 0 ? start_timer(stop, timeout_ns) : 0;
}

int stop_reason(const struct stop *stop)
{
    struct signalfd_siginfo info;
    uint64_t expirations;

    if (read(stop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        return (int)info.ssi_signo;
    if (stop->timer_fd >= 0 && read(stop->timer_fd, &expirations, sizeof(expirations)) > 0)
        return STOP_TIMEOUT;
    return STOP_NONE;
}

void stop_fini(struct stop *stop)
{
    if (stop->fd >= 0 && stop->fd != stop->signal_fd)
        close(stop->fd);
    if (stop->timer_fd >= 0)
        close(stop->timer_fd);
    if (stop->signal_fd >= 0)
        close(stop->signal_fd);
    sigprocmask(SIG_SETMASK, &stop->before, NULL);
}
