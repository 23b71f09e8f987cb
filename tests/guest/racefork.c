/* SPDX-License-Identifier: Apache-2.0 */
/* racefork.c - fork while other threads write: the child has all memory as it was at one moment, and keeps it. */
#define _GNU_SOURCE
#include "family.h"
#include "racers.h"

#define FORKS 20
#define PAIRS 3 /* of pages */

static volatile uint32_t *page[2 * PAIRS + 2]; /* one before and one behind, to look at */
static atomic_int stop, turns[CPUS_MAX];
static int writers;

/* The first of a pair is never behind the second, nor ahead by more than one. */
static void *writer(void *arg)
{
    int me = (int)(intptr_t)arg;

    for (uint32_t n = 1; !atomic_load(&stop); n++) {
        for (int pair = 0; pair < PAIRS; pair++) {
            page[2 * pair][me] = n;
            atomic_signal_fence(memory_order_seq_cst);
            atomic_thread_fence(memory_order_seq_cst);
            page[2 * pair + 1][me] = n;
            atomic_thread_fence(memory_order_seq_cst);
        }
        if (atomic_fetch_add(&turns[me], 1) % 256 == 0)
            sched_yield();
    }
    return NULL;
}

static int is_one_moment(void)
{
    int right = 1;

    for (int me = 0; me < writers; me++) {
        uint32_t last = page[0][me];
        for (int at = 1; at < 2 * PAIRS; at++) { /* all in the order in which they were written */
            right = right && page[at][me] <= last;
            last = page[at][me];
        }
        right = right && page[0][me] - last <= 1;
    }
    return right;
}

static uint32_t sum(void)
{
    uint32_t all = 0;

    for (int at = 0; at < 2 * PAIRS; at++)
        for (int me = 0; me < writers; me++)
            all = all * 31 + page[at][me];
    return all;
}

/* 0: right; else what isn't. */
static int child(void)
{
    uint32_t first = sum();

    if (!is_one_moment())
        return 1;
    for (int look = 0; look < 5; look++) {
        sched_yield();
        racers_spin(3000);
        if (sum() != first)
            return 2;
    }
    for (int at = 0; at < 2 * PAIRS; at++) /* not seen by the parent: its writers would go on from here */
        page[at][writers] = 77;
    return 0;
}

int main(void)
{
    struct racers_cpus cpus = racers_cpus_get();
    pthread_t threads[CPUS_MAX];
    int right = 0, torn = 0, changed = 0, leaked = 0;

    writers = racers_count(&cpus);
    for (int at = 0; at < 2 * PAIRS; at++)
        page[at] = mmap(NULL, (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < writers; i++)
        threads[i] = racers_start(writer, (void *)(intptr_t)i);
    for (int n = 0; n < FORKS; n++) {
        int status = 0;
        for (int i = 0; i < writers; i++)
            racers_wait(&turns[i], atomic_load(&turns[i]) + 1);
        pid_t pid = branch();
        if (pid == 0)
            _exit(child());
        waitpid(pid, &status, 0);
        right += status == 0;
        torn += status == 1 << 8;
        changed += status == 2 << 8;
        for (int at = 0; at < 2 * PAIRS; at++)
            leaked += page[at][writers] != 0;
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < writers; i++)
        pthread_join(threads[i], NULL);
    printf("of %d children %d were right, %d had parts of several moments, in %d it changed\n", FORKS, right, torn,
           changed);
    printf("what they wrote came to the parent %d times\n", leaked);
    show_bool("and the parent's is whole", is_one_moment());
    return 0;
}
