/* SPDX-License-Identifier: Apache-2.0 */
/* posixtimers.c - timer_create and its like: once, again and again, overruns, whom they tell, CPU time, bad arguments.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "show.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif
#define SECOND 1000000000ll

/* The kernel's own: libraries make something else of SIGEV_THREAD and of the number. */
static int make(int clock, int notify, int signal, int value, int tid)
{
    struct sigevent event;
    int id = -1;

    memset(&event, 0, sizeof(event));
    event.sigev_notify = notify;
    event.sigev_signo = signal;
    event.sigev_value.sival_int = value;
    memcpy((char *)&event + 16, &tid, sizeof(tid));
    return syscall(SYS_timer_create, clock, &event, &id) == 0 ? id : -1;
}

static struct timespec time_of(long long ns)
{
    return (struct timespec){.tv_sec = ns / SECOND, .tv_nsec = ns % SECOND};
}

static long set(int id, int flags, long long value_ns, long long interval_ns)
{
    struct itimerspec spec = {time_of(interval_ns), time_of(value_ns)};

    return syscall(SYS_timer_settime, id, flags, &spec, NULL);
}

static long long left(int id)
{
    struct itimerspec spec;

    syscall(SYS_timer_gettime, id, &spec);
    return spec.it_value.tv_sec * SECOND + spec.it_value.tv_nsec;
}

static long long now(int clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return time.tv_sec * SECOND + time.tv_nsec;
}

static int await(int signal, siginfo_t *info)
{
    struct timespec time = {50, 0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    return sigtimedwait(&set, info, &time);
}

static void tell(const char *what, int signal, int id)
{
    siginfo_t info;

    memset(&info, 0, sizeof(info));
    int got = await(signal, &info);
    printf("%s: %s, code %d, %s, overrun %d, value %d, error %d\n", what, got == signal ? "its signal" : "another",
           info.si_code, info.si_timerid == id ? "its number" : "another", info.si_overrun, info.si_value.sival_int,
           info.si_errno);
}

static int is_pending(int signal)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, signal);
}

/* It may still show as pending on Linux. */
static void nothing(int signal)
{
    struct timespec none = {0, 0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal);
    show("nothing comes", sigtimedwait(&set, NULL, &none));
}

static void once(int clock)
{
    int id = make(clock, SIGEV_SIGNAL, SIGUSR1, 77, 0);

    printf("clock %d\n", clock);
    show("not set", left(id) != 0);
    show("set", set(id, 0, 2000000, 0));
    tell("once", SIGUSR1, id);
    show("overruns", syscall(SYS_timer_getoverrun, id));
    show_bool("it is over", left(id) == 0);
    show("absolute", set(id, TIMER_ABSTIME, now(clock) + 2000000, 0));
    tell("absolute", SIGUSR1, id);
    show("long ago", set(id, TIMER_ABSTIME, 1, 0));
    tell("long ago", SIGUSR1, id);
    show("set", set(id, 0, 1000 * SECOND, 0));
    show_bool("left", left(id) > 900 * SECOND && left(id) <= 1000 * SECOND);
    show("off", set(id, 0, 0, 1000));
    show_bool("left", left(id) == 0);
    show("set", set(id, 0, 1000 * SECOND, 5 * SECOND));
    struct itimerspec old, spec = {{0, 0}, {0, 0}};
    show("and off", syscall(SYS_timer_settime, id, 0, &spec, &old));
    show_bool("what it was", old.it_interval.tv_sec == 5 && old.it_value.tv_sec > 900);
    show("delete", syscall(SYS_timer_delete, id));
    show("no more", syscall(SYS_timer_delete, id));
}

/* First expired long ago: how often since is certain. */
static void overruns(void)
{
    int id = make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN, 5, 0);

    show("set", set(id, TIMER_ABSTIME, now(CLOCK_REALTIME) - 5500 * SECOND, 1000 * SECOND));
    show("waits", is_pending(SIGRTMIN));
    tell("five more", SIGRTMIN, id);
    show("overruns", syscall(SYS_timer_getoverrun, id));
    show("waits", is_pending(SIGRTMIN));
    show_bool("the next", left(id) > 400 * SECOND && left(id) <= 500 * SECOND);
    show("set", set(id, TIMER_ABSTIME, now(CLOCK_REALTIME) - 5500 * SECOND, 1000 * SECOND));
    show("set again", set(id, 0, 1000 * SECOND, 0));
    nothing(SIGRTMIN);
    show("set", set(id, 0, 1000000, 1000000));
    usleep(30000);
    siginfo_t info;
    await(SIGRTMIN, &info);
    show_bool("many", info.si_overrun >= 20);
    show_bool("the same", syscall(SYS_timer_getoverrun, id) == info.si_overrun);
    for (int i = 0; i < 3; i++)
        show("again", await(SIGRTMIN, &info) == SIGRTMIN);
    show("delete", syscall(SYS_timer_delete, id));
}

static void deleted(void)
{
    int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN, 5, 0);

    set(id, TIMER_ABSTIME, 1, 0);
    show("waits", is_pending(SIGRTMIN));
    show("delete", syscall(SYS_timer_delete, id));
    nothing(SIGRTMIN);
}

static void quiet(void)
{
    int id = make(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, 0);

    show("quiet", set(id, 0, 1000000, 0));
    usleep(2000);
    show_bool("over", left(id) == 0);
    show("quiet, again and again", set(id, 0, 1000000, 1000 * SECOND));
    usleep(2000);
    show_bool("goes on", left(id) > 900 * SECOND);
    syscall(SYS_timer_delete, id);
    show("no signals", is_pending(SIGALRM) || is_pending(SIGUSR1));
}

static void unnamed(void)
{
    int id = -1;

    show("no event", syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id));
    set(id, 0, 1000, 0);
    siginfo_t info;
    show("SIGALRM", await(SIGALRM, &info) == SIGALRM);
    show_bool("the value is its number", info.si_value.sival_int == id);
    syscall(SYS_timer_delete, id);
}

static pthread_barrier_t barrier;
static int other_tid, other_got;

static void *other(void *arg)
{
    (void)arg;
    other_tid = (int)syscall(SYS_gettid);
    pthread_barrier_wait(&barrier);
    siginfo_t info;
    other_got = await(SIGUSR2, &info) == SIGUSR2;
    pthread_barrier_wait(&barrier);
    return NULL;
}

static void threads(void)
{
    pthread_t thread;
    int id;

    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, other, NULL);
    pthread_barrier_wait(&barrier);
    id = make(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGUSR2, 0, other_tid);
    show("set", set(id, 0, 1000000, 0));
    pthread_barrier_wait(&barrier);
    show("to the other thread", other_got);
    show("none for us", is_pending(SIGUSR2));
    pthread_join(thread, NULL);
    show("its thread is gone", set(id, 0, 1000000, 0));
    usleep(2000);
    show("none for us", is_pending(SIGUSR2));
    show("delete", syscall(SYS_timer_delete, id));
}

static volatile sig_atomic_t seen;

static void on_signal(int signal)
{
    (void)signal;
    seen++;
}

/* Of CPU time: while the program computes, not while it sleeps. */
static void cpu(int clock)
{
    int id = make(clock, SIGEV_SIGNAL, SIGHUP, 0, 0);
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, SIGHUP);
    printf("clock %d\n", clock);
    seen = 0;
    signal(SIGHUP, on_signal);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    show("set", set(id, 0, 5000000000ll, 0));
    usleep(20000);
    show_bool("asleep", left(id) > 4900000000ll);
    show("set", set(id, 0, 5000000, 5000000));
    while (seen < 3)
        ;
    show("off", set(id, 0, 0, 0));
    show("delete", syscall(SYS_timer_delete, id));
    sigprocmask(SIG_BLOCK, &one, NULL);
}

static void inherited(void)
{
    int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0, 0), status = -1;

    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        _exit(syscall(SYS_timer_getoverrun, id) == -1 && errno == EINVAL ? 3 : 4);
    waitpid(child, &status, 0);
    show("a child has none", WEXITSTATUS(status));
    syscall(SYS_timer_delete, id);
}

static void errors(void)
{
    struct itimerspec spec = {{0, 0}, {0, SECOND}};
    int id = make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0, 0);

    show("clock 4", make(4, SIGEV_SIGNAL, SIGUSR1, 0, 0));
    show("clock 5", make(5, SIGEV_SIGNAL, SIGUSR1, 0, 0));
    show("clock 6", make(6, SIGEV_SIGNAL, SIGUSR1, 0, 0));
    show("clock 10", make(10, SIGEV_SIGNAL, SIGUSR1, 0, 0));
    show("clock 99", make(99, SIGEV_SIGNAL, SIGUSR1, 0, 0));
    show("nobody's CPU time", make((int)(~4194303u << 3 | 2), SIGEV_SIGNAL, SIGUSR1, 0, 0));
    show("no such kind", make(0, 3, SIGUSR1, 0, 0));
    show("signal 0", make(0, SIGEV_SIGNAL, 0, 0, 0));
    show("signal 65", make(0, SIGEV_SIGNAL, 65, 0, 0));
    show("no thread", make(0, SIGEV_THREAD_ID, SIGUSR1, 0, 4194303));
    show("a bad event", syscall(SYS_timer_create, 0, 8, &id));
    show("nowhere", syscall(SYS_timer_create, 0, NULL, 8));
    show("no such timer", syscall(SYS_timer_settime, 12345, 0, &spec, NULL));
    show("too many nanoseconds", syscall(SYS_timer_settime, id, 0, &spec, NULL));
    spec.it_value.tv_nsec = -1;
    show("negative", syscall(SYS_timer_settime, id, 0, &spec, NULL));
    show("no time", syscall(SYS_timer_settime, id, 0, NULL, NULL));
    show("a bad time", syscall(SYS_timer_settime, id, 0, 8, NULL));
    show("get, no such timer", syscall(SYS_timer_gettime, 12345, &spec));
    show("get, nowhere", syscall(SYS_timer_gettime, id, 8));
    show("overrun, no such timer", syscall(SYS_timer_getoverrun, -1));
}

int main(void)
{
    sigset_t set;

    sigfillset(&set);
    sigdelset(&set, SIGINT);
    sigprocmask(SIG_SETMASK, &set, NULL);
    once(CLOCK_REALTIME);
    once(CLOCK_MONOTONIC);
    once(CLOCK_BOOTTIME);
    overruns();
    deleted();
    quiet();
    unnamed();
    threads();
    cpu(CLOCK_PROCESS_CPUTIME_ID);
    cpu(CLOCK_THREAD_CPUTIME_ID);
    inherited();
    errors();
    return 0;
}
