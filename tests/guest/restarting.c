/* SPDX-License-Identifier: Apache-2.0 */
/* restarting.c - calls that wait while a handler runs again and again: with SA_RESTART some are made again, without it,
 * or always, others end with EINTR (signal(7)). */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "show.h"

#define PERIOD_US 3000
#define TIMES 4 /* that a handler runs before it lets the call come to its end */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

static volatile sig_atomic_t seen;
static void (*finish)(void); /* NULL: the call is to end by itself */
static int ends[2], event, word;
static pid_t child;

static void on_alarm(int signal)
{
    int error = errno;

    (void)signal;
    if (++seen == TIMES && finish != NULL)
        finish();
    errno = error;
}

static void alarms(int on)
{
    struct itimerval timer = {{0, on ? PERIOD_US : 0}, {0, on ? PERIOD_US : 0}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static long do_wait(void);

static void begin_child(void)
{
    fflush(stdout);
    child = fork();
    if (child == 0)
        for (;;)
            pause();
}

static void try(const char *what, long (*call)(void), void (*end)(void), int restart)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = restart ? SA_RESTART : 0};

    sigaction(SIGALRM, &action, NULL);
    finish = restart ? end : NULL;
    seen = 0;
    word = 0;
    if (call == do_wait && child == 0)
        begin_child();
    alarms(1);
    long result = call();
    int error = errno;
    alarms(0);
    errno = error;
    show(what, result);
    if (result != -1)
        show_bool("  the handler had run", seen >= TIMES);
}

static void both(const char *what, long (*call)(void), void (*end)(void))
{
    char text[64];

    snprintf(text, sizeof(text), "%s, SA_RESTART", what);
    try(text, call, end, 1);
    try(what, call, end, 0);
}

/* ---- what ends calls ---- */

static void write_byte(void)
{
    if (write(ends[1], "x", 1) != 1)
        _exit(1);
}

static void read_all(void)
{
    static char buffer[1 << 17];

    if (read(ends[0], buffer, sizeof(buffer)) <= 0)
        _exit(1);
}

static void count(void)
{
    if (write(event, &(uint64_t){1}, 8) != 8)
        _exit(1);
}

static void wake(void)
{
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void end_child(void)
{
    kill(child, SIGTERM);
}

/* ---- calls ---- */

static long do_read(void)
{
    char byte;

    return read(ends[0], &byte, 1);
}

static long do_write(void)
{
    static char some[4096];
    long result;

    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    while (write(ends[1], some, sizeof(some)) > 0)
        ;
    fcntl(ends[1], F_SETFL, 0);
    result = write(ends[1], some, 1);
    int error = errno;
    read_all();
    while (poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, 0) == 1)
        read_all();
    errno = error;
    return result;
}

static long do_eventfd(void)
{
    uint64_t value = 0;

    return read(event, &value, sizeof(value));
}

static long do_futex(void)
{
    long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    if (result == -1 && errno == EAGAIN) /* made, or made again, after the word has changed */
        return 0;
    return result;
}

static long do_futex_until(void)
{
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &(struct timespec){100, 0}, NULL, 0);
}

static long do_wait(void)
{
    long result = wait4(child, NULL, 0, NULL);
    if (result == child)
        child = 0;
    return result > 0 ? 0 : result;
}

static long do_nanosleep(void)
{
    return nanosleep(&(struct timespec){100, 0}, NULL);
}

static long do_nanosleep_until(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += 100;
    errno = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
    return errno != 0 ? -1 : 0;
}

static long do_poll(void)
{
    return poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, 100000);
}

static long do_poll_forever(void)
{
    return poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, -1);
}

static long do_select(void)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    return select(ends[0] + 1, &set, NULL, NULL, &(struct timeval){100, 0});
}

static long do_epoll(void)
{
    struct epoll_event wanted = {.events = EPOLLIN};
    int fd = epoll_create1(0);

    epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &wanted);
    long result = epoll_wait(fd, &wanted, 1, -1);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

static long do_sigwait(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8);
}

static long do_pause(void)
{
    return pause();
}

static long do_flock(void)
{
    int one = open("lock", O_RDWR | O_CREAT, 0600), other = open("lock", O_RDWR);

    flock(one, LOCK_EX);
    long result = flock(other, LOCK_EX);
    int error = errno;
    close(one);
    close(other);
    errno = error;
    return result;
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    if (pipe(ends) != 0)
        return 1;
    event = eventfd(0, 0);
    both("read", do_read, write_byte);
    both("write", do_write, read_all);
    both("eventfd", do_eventfd, count);
    both("futex", do_futex, wake);
    both("wait4", do_wait, end_child);
    kill(child, SIGKILL); /* the one that the last has left */
    both("futex with a timeout", do_futex_until, NULL);
    both("nanosleep", do_nanosleep, NULL);
    both("clock_nanosleep", do_nanosleep_until, NULL);
    both("poll", do_poll, NULL);
    both("poll without end", do_poll_forever, NULL);
    both("select", do_select, NULL);
    both("epoll", do_epoll, NULL);
    both("rt_sigtimedwait", do_sigwait, NULL);
    both("pause", do_pause, NULL);
    try("flock", do_flock, NULL, 0);
    return 0;
}
