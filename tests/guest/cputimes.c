/* SPDX-License-Identifier: Apache-2.0 */
/* cputimes.c - user and system time: who computes has the one, who has the kernel work for it the other. Told by
 * getrusage, times, wait4 and the siginfo of SIGCHLD. They are samples, and of a machine that stood still for a while
 * they may say what it didn't do: who works goes on until they are right, for so many rounds at most. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

#define ENOUGH_US 400000
#define ROUNDS 10
#define MUCH_MORE 4 /* times the other: twice as much as is asked for afterwards */

static char buf[1 << 20];

static long us_of(const struct timeval *time)
{
    return time->tv_sec * 1000000 + time->tv_usec;
}

static long cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void compute_once(void)
{
    for (long end = cpu_us() + ENOUGH_US; cpu_us() < end;)
        for (volatile int i = 0; i < 1000000; i++)
            ;
}

static void call_once(void)
{
    int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

    for (long end = cpu_us() + ENOUGH_US; cpu_us() < end;)
        for (int i = 0; i < 8; i++)
            if (read(fd, buf, sizeof(buf)) != (ssize_t)sizeof(buf))
                _exit(1);
    close(fd);
}

static void compute(void)
{
    struct rusage usage;

    for (int i = 0; i < ROUNDS; i++) {
        compute_once();
        getrusage(RUSAGE_SELF, &usage);
        if (us_of(&usage.ru_utime) > MUCH_MORE * us_of(&usage.ru_stime))
            return;
    }
}

static void call(void)
{
    struct rusage usage;

    for (int i = 0; i < ROUNDS; i++) {
        call_once();
        getrusage(RUSAGE_SELF, &usage);
        if (us_of(&usage.ru_stime) > MUCH_MORE * us_of(&usage.ru_utime))
            return;
    }
}

static void show_split(const char *what, long user, long system)
{
    printf("%s: mostly %s\n", what, user > 2 * system ? "user" : system > 2 * user ? "system" : "both");
}

static void show_usage(const char *what, const struct rusage *usage)
{
    show_split(what, us_of(&usage->ru_utime), us_of(&usage->ru_stime));
}

static void child(const char *what, void (*work)(void))
{
    struct tms before, after;
    struct rusage usage;
    siginfo_t info;
    sigset_t set;
    int status;

    printf("%s\n", what);
    fflush(stdout);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    times(&before);
    pid_t pid = fork();
    if (pid == 0) {
        work();
        _exit(0);
    }
    sigwaitinfo(&set, &info);
    show_split("SIGCHLD", info.si_utime, info.si_stime);
    wait4(pid, &status, 0, &usage);
    show("status", status);
    show_usage("wait4", &usage);
    show_bool("all that it had", us_of(&usage.ru_utime) + us_of(&usage.ru_stime) >= ENOUGH_US - 20000);
    times(&after);
    show_split("times", after.tms_cutime - before.tms_cutime, after.tms_cstime - before.tms_cstime);
}

/* What a child has waited for is its own for wait4 as well. */
static void descendants(void)
{
    struct rusage usage;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (fork() == 0) {
            compute();
            _exit(0);
        }
        wait(NULL);
        _exit(0);
    }
    wait4(pid, NULL, 0, &usage);
    show_bool("wait4 tells of a child's child", us_of(&usage.ru_utime) + us_of(&usage.ru_stime) >= ENOUGH_US - 20000);
}

/* What was told never goes back, whatever the ticks say afterwards. */
static void never_back(void)
{
    struct rusage before, now;
    int back = 0;

    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 40; i++) {
        for (volatile int j = 0; j < 200000; j++)
            ;
        int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
        read(fd, buf, sizeof(buf));
        close(fd);
        getrusage(RUSAGE_SELF, &now);
        back += us_of(&now.ru_utime) < us_of(&before.ru_utime) || us_of(&now.ru_stime) < us_of(&before.ru_stime);
        before = now;
    }
    show("went back", back);
}

int main(void)
{
    struct rusage usage;

    child("computes", compute);
    child("calls", call);
    descendants();
    compute();
    getrusage(RUSAGE_SELF, &usage);
    show_usage("getrusage", &usage);
    getrusage(RUSAGE_THREAD, &usage);
    show_usage("of the thread", &usage);
    getrusage(RUSAGE_CHILDREN, &usage);
    show_bool("both of children", us_of(&usage.ru_utime) > 0 && us_of(&usage.ru_stime) > 0);
    never_back();
    return 0;
}
