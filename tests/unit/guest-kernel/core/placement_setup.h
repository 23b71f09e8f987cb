/* SPDX-License-Identifier: Apache-2.0 */
/* placement_setup.h - for the tests of queues and placement: CPUs and threads that nothing runs on. */
#ifndef TESTS_UNIT_GUEST_KERNEL_CORE_PLACEMENT_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_CORE_PLACEMENT_SETUP_H

#include <check.h>
#include <string.h>

#include "core/placement.h"
#include "suite_run.h"

#define CPUS 4u
#define THREADS 120u
#define WEIGHT 1024u /* of niceness 0 */

static struct cpu all[CPUS];
static struct thread threads[THREADS];

static void setup(void)
{
    memset(all, 0, sizeof(all));
    memset(threads, 0, sizeof(threads));
    for (unsigned i = 0; i < CPUS; i++) {
        all[i].number = i;
        all[i].current = &all[i].boot_thread;
        all[i].is_idle = true;
    }
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].sched.weight = WEIGHT;
        threads[i].sched.allowed = UINT32_MAX;
    }
}

static inline struct thread *real_time(unsigned index, int priority)
{
    threads[index].sched.policy = SCHED_FIFO;
    threads[index].sched.rt_priority = priority;
    return &threads[index];
}

static inline struct thread *with_vruntime(unsigned index, uint64_t vruntime)
{
    threads[index].sched.vruntime = vruntime;
    return &threads[index];
}

#endif
