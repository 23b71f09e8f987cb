/* SPDX-License-Identifier: Apache-2.0 */
/* timerfds.c - timers that are files, and sleeping by clocks: absolute, of CPU time, several threads at a time. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "meanwhile.h"
#include "show.h"

#define SET_TICKS _IOW('T', 0, uint64_t)
#define MS 1000000l

static struct timespec now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return time;
}

static long ms_since(struct timespec begin, clockid_t clock)
{
    struct timespec end = now(clock);

    return (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / MS;
}

static struct timespec later(struct timespec time, long ns)
{
    time.tv_nsec += ns;
    time.tv_sec += time.tv_nsec / (1000 * MS);
    time.tv_nsec %= 1000 * MS;
    return time;
}

static int set(int fd, int flags, struct timespec value, struct timespec interval)
{
    struct itimerspec setting = {.it_value = value, .it_interval = interval};

    return timerfd_settime(fd, flags, &setting, NULL);
}

static long read_ticks(int fd, uint64_t *ticks)
{
    return read(fd, ticks, sizeof(*ticks));
}

static void errors(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), other = open("/dev/null", O_RDWR);
    struct itimerspec setting = {{0, 0}, {0, 0}}, bad = {{0, 0}, {0, 1000 * MS}};
    uint64_t ticks = 0;
    char small[7];

    show("of a clock of CPU time", timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0));
    show("of a raw clock", timerfd_create(CLOCK_MONOTONIC_RAW, 0));
    show("with bad flags", timerfd_create(CLOCK_MONOTONIC, 1));
    show("a bad time", timerfd_settime(fd, 0, &bad, NULL));
    bad = (struct itimerspec){{-1, 0}, {0, 1}};
    show("a bad interval", timerfd_settime(fd, 0, &bad, NULL));
    show("bad flags", timerfd_settime(fd, 8, &setting, NULL));
    show("not a timer", timerfd_settime(other, 0, &setting, NULL));
    show("no file", timerfd_settime(99, 0, &setting, NULL));
    show("no time", timerfd_settime(fd, 0, NULL, NULL));
    show("get from what is none", timerfd_gettime(other, &setting));
    show("get to nowhere", timerfd_gettime(fd, NULL));
    show("get", timerfd_gettime(fd, &setting));
    printf("  not set: %ld %ld\n", (long)setting.it_value.tv_sec, setting.it_value.tv_nsec);
    show("read too little", read(fd, small, sizeof(small)));
    show("read what isn't set", read_ticks(fd, &ticks));
    show("write", write(fd, &ticks, 8));
    show("no ticks", ioctl(fd, SET_TICKS, &ticks));
    ticks = 7;
    show("ticks", ioctl(fd, SET_TICKS, &ticks));
    ticks = 0;
    show("read them", read_ticks(fd, &ticks));
    show("  so many", (long)ticks);
    show("ticks from nowhere", ioctl(fd, SET_TICKS, NULL));
    show("another request", ioctl(fd, FIONREAD, &ticks));
    show("seek", lseek(fd, 0, SEEK_CUR) == 0 || errno == ESPIPE);
    close(fd);
    close(other);
}

static void once(clockid_t clock, const char *name)
{
    int fd = timerfd_create(clock, 0);
    struct timespec begin = now(CLOCK_MONOTONIC);
    struct pollfd entry = {.fd = fd, .events = POLLIN};
    struct itimerspec left;
    uint64_t ticks = 0;

    printf("%s\n", name);
    show("set", set(fd, 0, (struct timespec){30, 0}, (struct timespec){0, 0}));
    show("not yet", poll(&entry, 1, 0));
    show("get", timerfd_gettime(fd, &left));
    show_bool("  some is left",
              left.it_value.tv_sec < 30 || (left.it_value.tv_sec == 30 && left.it_value.tv_nsec == 0));
    show_bool("  not nothing", left.it_value.tv_sec > 0 || left.it_value.tv_nsec > 0);
    begin = now(CLOCK_MONOTONIC);
    show("set", set(fd, 0, (struct timespec){0, 30 * MS}, (struct timespec){0, 0}));
    show("poll", poll(&entry, 1, -1));
    printf("  %#x\n", (unsigned)entry.revents);
    show("read", read_ticks(fd, &ticks));
    show("  ticks", (long)ticks);
    show_bool("  not too early", ms_since(begin, CLOCK_MONOTONIC) >= 30);
    show("once only", poll(&entry, 1, 0));
    show("absolute", set(fd, TFD_TIMER_ABSTIME, later(now(clock), 20 * MS), (struct timespec){0, 0}));
    show("read", read_ticks(fd, &ticks));
    show("in the past", set(fd, TFD_TIMER_ABSTIME, (struct timespec){0, 1}, (struct timespec){0, 0}));
    show("ready", poll(&entry, 1, 0));
    show("set to never", set(fd, 0, (struct timespec){0, 0}, (struct timespec){0, 0}));
    show("not ready", poll(&entry, 1, 0));
    close(fd);
}

static void periods(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    struct itimerspec old, next = {.it_value = {1000, 0}};
    struct timespec begin = now(CLOCK_MONOTONIC);
    uint64_t ticks = 0, total = 0;

    show("add", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
    show("set", set(fd, 0, (struct timespec){0, 5 * MS}, (struct timespec){0, 5 * MS}));
    for (int i = 0; i < 3; i++) {
        show("edge", epoll_wait(epoll, &event, 1, -1));
        show("read", read_ticks(fd, &ticks));
        total += ticks;
    }
    show_bool("at least three", total >= 3 && ms_since(begin, CLOCK_MONOTONIC) >= 15);
    usleep(30000);
    show("read", read_ticks(fd, &ticks));
    show_bool("several at a time", ticks >= 5);
    show("the shortest of periods", set(fd, 0, (struct timespec){0, 1}, (struct timespec){0, 1}));
    usleep(2000);
    show("read", read_ticks(fd, &ticks));
    show_bool("very many", ticks > 100000);
    show("set anew", timerfd_settime(fd, 0, &next, &old));
    printf("  the period was %ld ns\n", old.it_interval.tv_nsec);
    show("get", timerfd_gettime(fd, &old));
    show_bool("  long", old.it_value.tv_sec == 999 && old.it_interval.tv_nsec == 0);
    close(fd);
    close(epoll);
}

static int shared;

static void *reads(void *arg)
{
    uint64_t ticks = 0;

    *(long *)arg = read_ticks(shared, &ticks) == 8 ? (long)ticks : -1;
    return NULL;
}

static void threads(void)
{
    pthread_t thread[3];
    long ticks[3];

    shared = timerfd_create(CLOCK_MONOTONIC, 0);
    set(shared, 0, (struct timespec){0, 10 * MS}, (struct timespec){0, 10 * MS});
    for (int i = 0; i < 3; i++)
        pthread_create(&thread[i], NULL, reads, &ticks[i]);
    for (int i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
        show_bool("a thread has read", ticks[i] >= 1);
    }
    close(shared);
}

/* ---- sleeping ---- */

static void *sleeps(void *arg)
{
    struct timespec time = {0, *(long *)arg * MS}, begin = now(CLOCK_MONOTONIC);

    clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    *(long *)arg -= ms_since(begin, CLOCK_MONOTONIC);
    return NULL;
}

static void sleepers(void)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI};
    struct timespec begin = now(CLOCK_MONOTONIC), time = {0, 10 * MS};
    pthread_t thread[4];
    long ms[4] = {40, 10, 30, 20};

    for (int i = 0; i < 4; i++)
        pthread_create(&thread[i], NULL, sleeps, &ms[i]);
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        show_bool("slept as long as it should", ms[i] <= 0);
    }
    for (int i = 0; i < 4; i++) {
        struct timespec until = later(now(clocks[i]), 10 * MS);
        show("until a time", clock_nanosleep(clocks[i], TIMER_ABSTIME, &until, NULL));
        show("for a time", clock_nanosleep(clocks[i], 0, &time, NULL));
    }
    show_bool("all that took its time", ms_since(begin, CLOCK_MONOTONIC) >= 120);
    time = (struct timespec){0, 1};
    show("a time that is over", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL));
    show("the thread's CPU time", clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL));
    show("a raw clock", clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &time, NULL));
    show("no clock", clock_nanosleep(77, 0, &time, NULL));
}

static volatile int stop;

static void *computes(void *arg)
{
    while (!stop)
        ++*(volatile long *)arg;
    return NULL;
}

static void cpu_time(void)
{
    struct timespec time = {0, 20 * MS}, begin = now(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t thread;
    clockid_t clock;
    long count = 0;

    pthread_create(&thread, NULL, computes, &count);
    show("CPU time of the process", clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, 0, &time, NULL));
    show_bool("  was used", ms_since(begin, CLOCK_PROCESS_CPUTIME_ID) >= 20);
    begin = now(CLOCK_PROCESS_CPUTIME_ID);
    time = later(begin, 20 * MS);
    show("until it has had that", clock_nanosleep(CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, &time, NULL));
    show_bool("  it has", ms_since(begin, CLOCK_PROCESS_CPUTIME_ID) >= 20);
    show("the other thread's clock", pthread_getcpuclockid(thread, &clock));
    begin = now(clock);
    usleep(30000);
    show_bool("  it runs", ms_since(begin, clock) > 0);
    begin = now(CLOCK_THREAD_CPUTIME_ID);
    usleep(50000);
    show_bool("  ours doesn't while we sleep", ms_since(begin, CLOCK_THREAD_CPUTIME_ID) < 40);
    stop = 1;
    pthread_join(thread, NULL);
}

static void on_alarm(int signal)
{
    (void)signal;
}

static void interrupted(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct timespec time = {10, 0}, left = {0, 0};
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    uint64_t ticks = 0;

    sigaction(SIGALRM, &action, NULL);
    alarms_begin();
    show("a sleep", clock_nanosleep(CLOCK_REALTIME, 0, &time, &left));
    alarms_end();
    show_bool("  the most of it is left", left.tv_sec >= 5 && left.tv_sec < 10);
    time = later(now(CLOCK_MONOTONIC), 900 * MS);
    time.tv_sec += 10;
    alarms_begin();
    show("an absolute one", clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, &left));
    alarms_end();
    set(fd, 0, (struct timespec){0, 60 * MS}, (struct timespec){0, 0});
    alarms_begin();
    show("a read is made again", read_ticks(fd, &ticks));
    alarms_end();
    action.sa_flags = 0;
    sigaction(SIGALRM, &action, NULL);
    set(fd, 0, (struct timespec){10, 0}, (struct timespec){0, 0});
    alarms_begin();
    show("or not", read_ticks(fd, &ticks));
    alarms_end();
    close(fd);
}

static void forked(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, 0), status;
    uint64_t ticks = 0;

    set(fd, 0, (struct timespec){0, 20 * MS}, (struct timespec){0, 0});
    fflush(stdout);
    if (fork() == 0)
        _exit(read_ticks(fd, &ticks) == 8 && ticks == 1 ? 0 : 1);
    wait(&status);
    show("a child's read", status);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    show("and nothing is left", read_ticks(fd, &ticks));
    close(fd);
}

int main(void)
{
    errors();
    once(CLOCK_MONOTONIC, "CLOCK_MONOTONIC");
    once(CLOCK_REALTIME, "CLOCK_REALTIME");
    once(CLOCK_BOOTTIME, "CLOCK_BOOTTIME");
    periods();
    threads();
    sleepers();
    cpu_time();
    interrupted();
    forked();
    return 0;
}
