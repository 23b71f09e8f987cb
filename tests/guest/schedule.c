/* SPDX-License-Identifier: Apache-2.0 */
/* schedule.c - who gets the one CPU: sleepers beside threads that compute, niceness, real-time policies, yielding. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "one_cpu.h"
#include "show.h"

#define HOGS 4

static struct {
    volatile int stop;
    volatile unsigned long rounds[HOGS];
    volatile int order[64];
    volatile int count;
} *shared;

static uint64_t cpu_ns(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void use_cpu(uint64_t ns)
{
    uint64_t end = cpu_ns(CLOCK_THREAD_CPUTIME_ID) + ns;

    while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        ;
}

static void *hog(void *arg)
{
    unsigned long index = (unsigned long)(uintptr_t)arg;

    while (!shared->stop)
        shared->rounds[index]++;
    return NULL;
}

static int policy_set(pid_t pid, int policy, int priority)
{
    struct sched_param param = {.sched_priority = priority};

    return (int)syscall(SYS_sched_setscheduler, pid, policy, &param);
}

#define NAPS 10
#define TRIES 100

/* The CPU time that the hogs have had in the best of many times NAPS rounds of a sleeper. A virtual machine counts the
 * time for which its CPU waits for the host's as its own, so most of them may tell nothing. */
static uint64_t naps_take(void)
{
    const struct timespec nap = {.tv_nsec = 1000000};
    uint64_t least = UINT64_MAX;

    for (int i = 0; i < TRIES && least > NAPS * 5000000u; i++) {
        uint64_t before = cpu_ns(CLOCK_PROCESS_CPUTIME_ID), used;

        for (int j = 0; j < NAPS; j++)
            nanosleep(&nap, NULL);
        used = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - before;
        if (used < least)
            least = used;
    }
    return least;
}

/* A round of a sleeper needs no CPU time to speak of. Were it behind the hogs each time, a round would take a slice of
 * each of them. */
static void sleeper(void)
{
    pthread_t threads[HOGS];
    uint64_t used;

    shared->stop = 0;
    for (unsigned long i = 0; i < HOGS; i++)
        pthread_create(&threads[i], NULL, hog, (void *)(uintptr_t)i);
    use_cpu(5000000);
    used = naps_take();
    shared->stop = 1;
    for (int i = 0; i < HOGS; i++)
        pthread_join(threads[i], NULL);
    show_bool("a sleeper keeps its rhythm beside hogs", used < NAPS * 6000000u);
    show_bool("which all have run", shared->rounds[0] && shared->rounds[1] && shared->rounds[2] && shared->rounds[3]);
}

static pid_t hog_start(int index, int nice, uint64_t alone_ns)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    setpriority(PRIO_PROCESS, 0, nice);
    use_cpu(alone_ns);
    hog((void *)(uintptr_t)(unsigned)index);
    _exit(0);
}

static uint64_t cpu_of(pid_t pid)
{
    clockid_t clock;

    return clock_getcpuclockid(pid, &clock) == 0 ? cpu_ns(clock) : 0;
}

/* Two hogs for as long as they have had some CPU time between them. */
static void pair(int first_nice, int second_nice, uint64_t *first, uint64_t *second)
{
    pid_t pids[2];

    shared->stop = 0;
    fflush(stdout);
    pids[0] = hog_start(0, first_nice, 0);
    pids[1] = hog_start(1, second_nice, 0);
    do {
        usleep(20000);
        *first = cpu_of(pids[0]);
        *second = cpu_of(pids[1]);
    } while (*first + *second < 400000000u);
    shared->stop = 1;
    waitpid(pids[0], NULL, 0);
    waitpid(pids[1], NULL, 0);
}

static int alike(uint64_t first, uint64_t second)
{
    return first * 2 > second && second * 2 > first;
}

static int much_less(uint64_t first, uint64_t second)
{
    return first > 8 * second;
}

static int less(uint64_t first, uint64_t second)
{
    return first * 2 > 3 * second && first < 8 * second;
}

/* Once in some tries: a virtual CPU that waits for the host's meanwhile counts that as one's own time. */
static void pair_is(const char *what, int second_nice, int (*is)(uint64_t first, uint64_t second))
{
    uint64_t first = 0, second = 0;

    for (int i = 0; i < 8 && !is(first, second); i++)
        pair(0, second_nice, &first, &second);
    show_bool(what, is(first, second));
}

static void nice_pair(void)
{
    pair_is("two alike have as much", 0, alike);
    pair_is("of nice 0 and 19 the nice one has little", 19, much_less);
    pair_is("of nice 0 and 5 the nice one has less", 5, less);
}

/* One that has computed alone for long owes nobody for it, and one that comes anew or after a sleep is not owed. */
static void latecomer(void)
{
    uint64_t had, late = 0;
    pid_t pid;

    shared->stop = 0;
    fflush(stdout);
    use_cpu(300000000);
    pid = hog_start(0, 0, 0);
    had = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    while (late < 60000000) {
        use_cpu(1000000);
        late = cpu_of(pid);
    }
    had = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - had;
    shared->stop = 1;
    waitpid(pid, NULL, 0);
    show_bool("a child doesn't shut its parent out", had > 20000000 && had < 200000000);
}

static void mark(int who)
{
    shared->order[shared->count++] = who;
}

static void show_order(const char *what)
{
    printf("%s:", what);
    for (int i = 0; i < shared->count; i++)
        printf(" %d", shared->order[i]);
    printf("\n");
    shared->count = 0;
}

/* Children that begin one behind the other, all ready before the first of them runs: the parent has a higher priority.
 */
static pid_t ranked(int who, int policy, int priority, int rounds, uint64_t each_ns, int yields)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    policy_set(0, policy, priority);
    for (int i = 0; i < rounds; i++) {
        use_cpu(each_ns);
        mark(who);
        if (yields)
            sched_yield();
    }
    _exit(0);
}

static void wait_all(int count)
{
    while (count-- > 0)
        wait(NULL);
}

static void real_time(void)
{
    fflush(stdout);
    show("the parent is FIFO", policy_set(0, SCHED_FIFO, 50));
    shared->count = 0;
    ranked(1, SCHED_OTHER, 0, 2, 1000000, 0);
    ranked(2, SCHED_FIFO, 10, 3, 20000000, 0);
    ranked(3, SCHED_FIFO, 20, 3, 20000000, 0);
    ranked(4, SCHED_FIFO, 10, 3, 20000000, 0);
    wait_all(4);
    show_order("FIFO by priority, then in order");
    ranked(1, SCHED_FIFO, 10, 3, 0, 1);
    ranked(2, SCHED_FIFO, 10, 3, 0, 1);
    ranked(3, SCHED_FIFO, 9, 3, 0, 1);
    wait_all(3);
    show_order("FIFO that yield");
    show("the parent is OTHER", policy_set(0, SCHED_OTHER, 0));
}

/* Each computes for several slices: none ends before the other has begun. */
static void round_robin(void)
{
    struct timespec slice;
    int turns = 0;
    uint64_t slice_ns;

    fflush(stdout);
    policy_set(0, SCHED_RR, 50);
    sched_rr_get_interval(0, &slice);
    slice_ns = (uint64_t)slice.tv_nsec;
    shared->count = 0;
    ranked(1, SCHED_RR, 10, 5, slice_ns / 2, 0);
    ranked(2, SCHED_RR, 10, 5, slice_ns / 2, 0);
    wait_all(2);
    policy_set(0, SCHED_OTHER, 0);
    for (int i = 1; i < shared->count; i++)
        turns += shared->order[i] != shared->order[i - 1];
    shared->count = 0;
    show_bool("RR take turns", turns >= 2);
}

/* As a higher one wakes often, which doesn't begin its slice anew. */
static void interrupted_slice(void)
{
    const struct timespec nap = {.tv_nsec = 5000000};
    int others = 0;

    fflush(stdout);
    policy_set(0, SCHED_RR, 50);
    shared->count = 0;
    ranked(1, SCHED_RR, 10, 6, 50000000, 0);
    ranked(2, SCHED_RR, 10, 6, 50000000, 0);
    while (shared->count < 12)
        nanosleep(&nap, NULL);
    wait_all(2);
    policy_set(0, SCHED_OTHER, 0);
    for (int i = 1; i < 12; i++)
        others += shared->order[i] != shared->order[i - 1];
    shared->count = 0;
    show_bool("also if interrupted", others >= 2 && others <= 8);
}

/* A thread that was FIFO for long isn't behind for it. */
static void demoted(void)
{
    pid_t pid;
    uint64_t had, other;

    shared->stop = 0;
    fflush(stdout);
    pid = hog_start(0, 0, 0);
    policy_set(0, SCHED_FIFO, 1);
    use_cpu(200000000);
    policy_set(0, SCHED_OTHER, 0);
    other = cpu_of(pid);
    had = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
    while (cpu_ns(CLOCK_THREAD_CPUTIME_ID) - had < 30000000)
        ;
    other = cpu_of(pid) - other;
    shared->stop = 1;
    waitpid(pid, NULL, 0);
    show_bool("it goes on with the others", other < 150000000);
}

int main(void)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    one_cpu();
    sleeper();
    nice_pair();
    latecomer();
    real_time();
    round_robin();
    interrupted_slice();
    demoted();
    return 0;
}
