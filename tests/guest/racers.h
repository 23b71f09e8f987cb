/* SPDX-License-Identifier: Apache-2.0 */
/* racers.h - for the guest tests in which threads on several CPUs come into each other's way: the CPUs that there are,
 * threads on them, and waits for what others do. With one CPU they take turns on it. */
#ifndef TESTS_GUEST_RACERS_H
#define TESTS_GUEST_RACERS_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "show.h"

#define CPUS_MAX 4 /* that are used, however many there are */

struct racers_cpus {
    int count, number[CPUS_MAX];
};

/* Those that this thread may use, the first few of them. */
static inline struct racers_cpus racers_cpus_get(void)
{
    struct racers_cpus cpus = {0};
    cpu_set_t set;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        printf("sched_getaffinity: %s\n", error_name(errno));
    for (int i = 0; i < CPU_SETSIZE && cpus.count < CPUS_MAX; i++)
        if (CPU_ISSET(i, &set))
            cpus.number[cpus.count++] = i;
    if (cpus.count == 0) {
        puts("there is no CPU");
        exit(1);
    }
    return cpus;
}

/* As many threads as there are CPUs, and two at least. */
static inline int racers_count(const struct racers_cpus *cpus)
{
    return cpus->count < 2 ? 2 : cpus->count;
}

static inline int racers_pin(pid_t tid, int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(tid, sizeof(set), &set);
}

static inline int racers_cpu_now(void)
{
    unsigned cpu = 0;

    return syscall(SYS_getcpu, &cpu, NULL, NULL) == 0 ? (int)cpu : -1;
}

static inline pthread_t racers_start(void *(*body)(void *), void *arg)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, body, arg) != 0) {
        puts("no thread");
        exit(1);
    }
    return thread;
}

static inline void racers_wait(atomic_int *value, int least)
{
    while (atomic_load(value) < least)
        sched_yield();
}

/* Computes for a while, without calls. */
static inline void racers_spin(unsigned turns)
{
    for (volatile unsigned i = 0; i < turns; i++)
        ;
}

#endif
