/* SPDX-License-Identifier: Apache-2.0 */
/* racecpus.c - what a thread is told of its CPU while it moves (rseq's cpu_id), and time that is the same on all CPUs:
 * CLOCK_MONOTONIC never goes back, a process has had as much CPU time as its threads. */
#define _GNU_SOURCE
#include <time.h>

#include "family.h"
#include "racers.h"

#define MOVES 24
#define PASSES 40

struct rseq {
    uint32_t cpu_id_start, cpu_id;
    uint64_t section;
    uint32_t flags, node_id, mm_cid, rest;
} __attribute__((aligned(32)));

static struct racers_cpus cpus;
static int count;

/* ---- rseq ---- */

static int is_told(const volatile struct rseq *rseq, int cpu)
{
    return rseq->cpu_id == (uint32_t)cpu && rseq->cpu_id_start == (uint32_t)cpu && racers_cpu_now() == cpu;
}

static void *mover(void *arg)
{
    static _Thread_local struct rseq rseq;
    intptr_t right = 0;

    if (syscall(SYS_rseq, &rseq, sizeof(rseq), 0, 0x53053053) != 0)
        return NULL;
    for (int i = (int)(intptr_t)arg, n = 0; n < MOVES; i++, n++) {
        int cpu = cpus.number[i % cpus.count];
        right += racers_pin(0, cpu) == 0 && is_told(&rseq, cpu);
        racers_spin(300);
        right += is_told(&rseq, cpu);
        if (n % 8 == 0)
            sched_yield();
        right += is_told(&rseq, cpu);
    }
    return (void *)right;
}

static void told(void)
{
    pthread_t threads[CPUS_MAX];
    intptr_t all = 0;

    for (int i = 0; i < count; i++)
        threads[i] = racers_start(mover, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++) {
        void *right;
        pthread_join(threads[i], &right);
        all += (intptr_t)right;
    }
    show_bool("rseq tells the CPU after each move", all == (intptr_t)count * 3 * MOVES);
}

/* ---- time ---- */

static atomic_int turn, back;
static struct timespec last;

static long long ns_of(const struct timespec *time)
{
    return time->tv_sec * 1000000000ll + time->tv_nsec;
}

/* The token goes round: who has it reads the clock. */
static void *reader(void *arg)
{
    int me = (int)(intptr_t)arg;

    racers_pin(0, cpus.number[me % cpus.count]);
    for (int pass = 0; pass < PASSES; pass++) {
        struct timespec now;
        racers_wait(&turn, pass * count + me);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (pass % 4 == 1)
            syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
        if (ns_of(&now) < ns_of(&last))
            atomic_fetch_add(&back, 1);
        last = now;
        atomic_store(&turn, pass * count + me + 1);
    }
    return NULL;
}

static void monotonic(void)
{
    pthread_t threads[CPUS_MAX];

    for (int i = 0; i < count; i++)
        threads[i] = racers_start(reader, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    show("times that lie before another CPU's", atomic_load(&back));
}

static atomic_int stop;

static void *computer(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop))
        racers_spin(500);
    return NULL;
}

static void cpu_time(void)
{
    pthread_t threads[CPUS_MAX];
    clockid_t clocks[CPUS_MAX];
    long long before[CPUS_MAX] = {0};
    int less = 0, backwards = 0;
    struct timespec time;

    for (int i = 0; i < count; i++) {
        threads[i] = racers_start(computer, NULL);
        pthread_getcpuclockid(threads[i], &clocks[i]);
    }
    for (int n = 0; n < 30; n++) {
        long long sum = 0;
        for (int i = 0; i < count; i++) {
            clock_gettime(clocks[i], &time);
            backwards += ns_of(&time) < before[i];
            before[i] = ns_of(&time);
            sum += ns_of(&time);
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        less += ns_of(&time) < sum;
        sched_yield();
    }
    for (int i = 0; i < count; i++) /* each goes on */
        do
            clock_gettime(clocks[i], &time);
        while (ns_of(&time) <= before[i]);
    atomic_store(&stop, 1);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    show("times that a process had less than its threads", less);
    show("times that a thread's went back", backwards);
}

int main(void)
{
    cpus = racers_cpus_get();
    count = racers_count(&cpus);
    told();
    monotonic();
    cpu_time();
    return 0;
}
