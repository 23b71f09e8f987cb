/* SPDX-License-Identifier: Apache-2.0 */
/* rttime.c - RLIMIT_RTTIME: a real-time thread that doesn't wait is told so, and ended; one that waits, or is an
 * ordinary one, isn't. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

static volatile sig_atomic_t told;

static void on_signal(int signal)
{
    (void)signal;
    told++;
}

static long cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void spin(long ms)
{
    long end = cpu_ms() + ms;

    while (cpu_ms() < end)
        for (volatile int i = 0; i < 10000; i++)
            ;
}

static void limit(rlim_t soft_us, rlim_t hard_us)
{
    struct rlimit rttime = {soft_us, hard_us};

    if (setrlimit(RLIMIT_RTTIME, &rttime) != 0)
        _exit(99);
}

static void real_time(int policy)
{
    struct sched_param param = {.sched_priority = policy == SCHED_OTHER ? 0 : 1};

    if (syscall(SYS_sched_setscheduler, 0, policy, &param) != 0) /* musl has none */
        _exit(98);
}

static int told_once(void)
{
    limit(50000, 5000000);
    real_time(SCHED_FIFO);
    while (told == 0)
        spin(1);
    struct rlimit now;
    getrlimit(RLIMIT_RTTIME, &now);
    return now.rlim_cur != 1050000;
}

static int ended(void)
{
    limit(20000, 60000);
    real_time(SCHED_RR);
    spin(3000);
    return 1;
}

static int by_default(void)
{
    signal(SIGXCPU, SIG_DFL);
    limit(20000, RLIM_INFINITY);
    real_time(SCHED_FIFO);
    spin(3000);
    return 1;
}

static int waits(void)
{
    limit(100000, 100000);
    real_time(SCHED_FIFO);
    for (int i = 0; i < 20; i++) {
        spin(10);
        usleep(1000);
    }
    return told;
}

static int ordinary(void)
{
    limit(20000, 40000);
    spin(150);
    return told;
}

static void child(const char *what, int (*body)(void))
{
    int status = 0;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(body());
    waitpid(pid, &status, 0);
    printf("%s: %s %d\n", what, WIFSIGNALED(status) ? "signal" : "status",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int main(void)
{
    signal(SIGXCPU, on_signal);
    child("told", told_once);
    child("told, and ended", ended);
    child("ended by the signal", by_default);
    child("waits", waits);
    child("ordinary", ordinary);
    return 0;
}
