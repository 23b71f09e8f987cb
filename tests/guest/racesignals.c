/* SPDX-License-Identifier: Apache-2.0 */
/* racesignals.c - signals to threads that compute on other CPUs: tgkill, timers, SIGSTOP and SIGCONT of a process all
 * of whose threads compute, SIGKILL of one. */
#define _GNU_SOURCE
#include <time.h>

#include "family.h"
#include "racers.h"

#define SIGNALS 60
#define STOPS 8

static struct racers_cpus cpus;
static int count;
static atomic_int stop, come[CPUS_MAX], strange, alarms, tids[CPUS_MAX];
static _Thread_local int me = -1;

static void handler(int number)
{
    int saved = errno;

    if (me < 0 || number != SIGUSR1 || syscall(SYS_gettid) != atomic_load(&tids[me]))
        atomic_fetch_add(&strange, 1);
    else
        atomic_fetch_add(&come[me], 1);
    errno = saved;
}

static void alarm_handler(int number)
{
    (void)number;
    atomic_fetch_add(&alarms, 1);
}

/* Without calls. */
static void *computer(void *arg)
{
    me = (int)(intptr_t)arg;
    atomic_store(&tids[me], (int)syscall(SYS_gettid));
    while (!atomic_load(&stop))
        racers_spin(100);
    return NULL;
}

static void start(pthread_t *threads)
{
    atomic_store(&stop, 0);
    for (int i = 0; i < count; i++) {
        atomic_store(&tids[i], 0);
        threads[i] = racers_start(computer, (void *)(intptr_t)i);
        racers_wait(&tids[i], 1);
    }
}

static void end(const pthread_t *threads)
{
    atomic_store(&stop, 1);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void to_each(void)
{
    pthread_t threads[CPUS_MAX];
    int right = 0;

    start(threads);
    for (int n = 1; n <= SIGNALS; n++)
        for (int i = 0; i < count; i++) {
            right += syscall(SYS_tgkill, getpid(), atomic_load(&tids[i]), SIGUSR1) == 0;
            racers_wait(&come[i], n);
        }
    end(threads);
    for (int i = 0; i < count; i++)
        right += atomic_load(&come[i]) == SIGNALS;
    show_bool("each that was sent has come", right == count * (SIGNALS + 1));
    show_bool("to another thread, or of another number", atomic_load(&strange) != 0);
}

/* The main thread has them blocked: they come to those that compute. */
static void of_a_timer(const char *what, int which, int number, int least)
{
    const struct itimerval often = {{0, 2000}, {0, 2000}}, never = {0};
    struct sigaction action = {.sa_handler = alarm_handler, .sa_flags = SA_RESTART};
    pthread_t threads[CPUS_MAX];
    sigset_t set;

    sigaction(number, &action, NULL);
    start(threads);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    atomic_store(&alarms, 0);
    setitimer(which, &often, NULL);
    racers_wait(&alarms, least);
    setitimer(which, &never, NULL);
    end(threads);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    show_bool(what, 1);
}

/* Timers of the threads' own. */
static void of_timers_to_each(void)
{
    const struct itimerspec often = {{0, 2000000}, {0, 2000000}};
    pthread_t threads[CPUS_MAX];
    timer_t timers[CPUS_MAX];

    start(threads);
    for (int i = 0; i < count; i++) {
        struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1};
        event.sigev_notify_thread_id = atomic_load(&tids[i]);
        atomic_store(&come[i], 0);
        if (timer_create(CLOCK_MONOTONIC, &event, &timers[i]) != 0)
            printf("timer_create: %s\n", error_name(errno));
        timer_settime(timers[i], 0, &often, NULL);
    }
    for (int i = 0; i < count; i++)
        racers_wait(&come[i], 5);
    for (int i = 0; i < count; i++)
        timer_delete(timers[i]);
    end(threads);
    show_bool("timers of each thread come to it", atomic_load(&strange) == 0);
}

static struct shared *shared;

static void *counting(void *arg)
{
    int mine = (int)(intptr_t)arg;

    for (;;)
        atomic_fetch_add(&shared->value[mine], 1);
    return NULL;
}

static pid_t counting_process(void)
{
    pid_t pid = branch();

    if (pid != 0)
        return pid;
    for (int i = 1; i < count; i++)
        racers_start(counting, (void *)(intptr_t)i);
    counting(NULL);
    return 0;
}

static void all_count(void)
{
    for (int i = 0; i < count; i++) {
        int before = atomic_load(&shared->value[i]);
        while (atomic_load(&shared->value[i]) == before)
            sched_yield();
    }
}

static void stopped(void)
{
    const struct timespec a_while = {0, 5000000};
    int right = 0, still = 0, status;
    pid_t pid = counting_process();

    for (int n = 0; n < STOPS; n++) {
        int before[CPUS_MAX] = {0}, moved = 0;
        all_count();
        kill(pid, SIGSTOP);
        right += waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status);
        for (int i = 0; i < count; i++)
            before[i] = atomic_load(&shared->value[i]);
        nanosleep(&a_while, NULL);
        for (int i = 0; i < count; i++)
            moved |= atomic_load(&shared->value[i]) != before[i];
        still += !moved;
        kill(pid, SIGCONT);
        right += waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status);
    }
    all_count();
    printf("stopped and continued: %d of %d\n", right, 2 * STOPS);
    printf("all its threads were still: %d of %d times\n", still, STOPS);
    kill(pid, SIGKILL);
    reap("killed", pid);
}

static void killed(void)
{
    int right = 0, status;

    for (int n = 0; n < STOPS; n++) {
        pid_t pid = counting_process();
        int before[CPUS_MAX] = {0};
        all_count();
        kill(pid, SIGKILL);
        right += waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        for (int i = 0; i < count; i++)
            before[i] = atomic_load(&shared->value[i]);
        racers_spin(5000);
        for (int i = 0; i < count; i++) /* who is gone counts no more */
            right += atomic_load(&shared->value[i]) == before[i];
    }
    show_bool("killed, and not a thread has gone on", right == STOPS * (1 + count));
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    cpus = racers_cpus_get();
    count = racers_count(&cpus);
    shared = shared_make();
    sigaction(SIGUSR1, &action, NULL);
    to_each();
    of_a_timer("SIGALRM comes", ITIMER_REAL, SIGALRM, 10);
    of_a_timer("SIGPROF comes", ITIMER_PROF, SIGPROF, 3);
    of_a_timer("SIGVTALRM comes", ITIMER_VIRTUAL, SIGVTALRM, 3);
    of_timers_to_each();
    stopped();
    killed();
    return 0;
}
