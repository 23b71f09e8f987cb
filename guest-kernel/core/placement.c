/* SPDX-License-Identifier: Apache-2.0 */
/*
 * placement.c - see placement.h. Who becomes ready goes to the CPU where it ran last, or to one that has nothing to do;
 * one that has nothing to do takes from the others, and at its ticks a CPU takes from those with more to do.
 */
#include "core/placement.h"

#define LOOKS 32u /* ordinary threads of a queue that are looked at in a row: they may have to stay */

static struct run_queue *queue_of(const struct thread *thread)
{
    return &thread->sched.cpu->queue;
}

/* Whose kernel stack isn't in use by the CPU that it last was on. */
static bool may_move(const struct thread *thread, const struct cpu *cpu)
{
    return thread->sched.cpu->current != thread && placement_allows(thread, cpu);
}

static bool is_free(const struct cpu *cpu)
{
    return cpu->is_idle && cpu->queue.ready == 0;
}

/* What the threads weigh that want it. */
static uint64_t load_of(const struct cpu *cpu)
{
    return cpu->queue.weight + (cpu->is_idle ? 0 : cpu->current->sched.weight);
}

/* The rank of what a CPU runs: below 0: nothing; 0: an ordinary thread; a real-time one's priority plus 1. */
static int rank_of(const struct thread *thread)
{
    return sched_is_real_time(thread) ? thread->sched.rt_priority + 1 : 0;
}

static int rank_on(const struct cpu *cpu)
{
    const struct thread *first = runq_first(&cpu->queue);
    int current = cpu->is_idle ? -1 : rank_of(cpu->current), queued = first != NULL ? rank_of(first) : -1;

    return queued > current ? queued : current;
}

/* Whether `cpu` is better for the thread than `than`. */
static bool is_better(const struct thread *thread, const struct cpu *cpu, const struct cpu *than)
{
    if (sched_is_real_time(thread))
        return rank_on(cpu) < rank_on(than);
    return load_of(cpu) + thread->sched.weight < load_of(than);
}

struct cpu *placement_choose(const struct thread *thread)
{
    struct cpu *best = thread->sched.cpu != NULL ? thread->sched.cpu : cpu_this();

    if (best->current == thread || (placement_allows(thread, best) && is_free(best)))
        return best;
    for (unsigned i = 0; i < cpu_count; i++)
        if (is_free(cpus[i]) && placement_allows(thread, cpus[i]))
            return cpus[i];
    for (unsigned i = 0; i < cpu_count; i++)
        if (placement_allows(thread, cpus[i]) && (!placement_allows(thread, best) || is_better(thread, cpus[i], best)))
            best = cpus[i];
    return best;
}

void placement_move(struct thread *thread, struct cpu *cpu)
{
    const struct cpu *from = thread->sched.cpu;

    if (from == cpu)
        return;
    thread->sched.cpu = cpu;
    if (from == NULL)
        return;
    thread->sched.vruntime += cpu->queue.fair_ns - from->queue.fair_ns; /* may go round, and back again */
    if ((int64_t)thread->sched.vruntime < 0)
        thread->sched.vruntime = 0;
}

/* From `thread` on. Real-time ones are all looked at, as the order of them counts, and not everybody may have some. */
static struct thread *look(const struct run_queue *queue, struct thread *thread, const struct cpu *cpu)
{
    for (unsigned n = 0; thread != NULL && n < LOOKS; thread = runq_next(queue, thread)) {
        if (may_move(thread, cpu))
            return thread;
        n += !sched_is_real_time(thread);
    }
    return NULL;
}

/* Somewhere among the ordinary threads: each may be, or is close behind one that may. */
static struct thread *somebody(const struct run_queue *queue)
{
    static uint32_t state = 1;
    struct tree_node *at = queue->fair.root;

    state ^= state << 13; /* Marsaglia's xorshift: which child, a bit for each level */
    state ^= state >> 17;
    state ^= state << 5;
    for (uint32_t way = state; at != NULL && at->child[way & 1] != NULL; way >>= 1)
        at = at->child[way & 1];
    return runq_thread(at);
}

/* Those that come next; and behind many that have to stay nobody is forgotten, as each look is at some others, too. */
static struct thread *first_that_may(const struct run_queue *queue, const struct cpu *cpu)
{
    struct thread *thread = look(queue, runq_first(queue), cpu);

    return thread != NULL || queue->ready <= LOOKS ? thread : look(queue, somebody(queue), cpu);
}

static struct thread *take(struct thread *thread, struct cpu *cpu)
{
    runq_remove(queue_of(thread), thread);
    placement_move(thread, cpu);
    return thread;
}

struct thread *placement_steal(struct cpu *cpu, const struct thread *first)
{
    int rank = first != NULL ? rank_of(first) : -1;
    struct thread *best = NULL;
    unsigned most = 0;

    for (unsigned i = 0; i < cpu_count; i++) {
        const struct run_queue *queue = &cpus[i]->queue;
        struct thread *thread;
        if (cpus[i] == cpu || queue->ready == 0 ||
            (first != NULL && (queue->real_time_set[0] | queue->real_time_set[1]) == 0))
            continue;
        thread = first_that_may(queue, cpu);
        if (thread == NULL || rank_of(thread) < rank || (rank_of(thread) == rank && queue->ready <= most))
            continue;
        if (first != NULL && rank_of(thread) == rank_of(first)) /* own ones first */
            continue;
        best = thread;
        rank = rank_of(thread);
        most = queue->ready;
    }
    return best != NULL ? take(best, cpu) : NULL;
}

bool placement_balance(struct cpu *cpu)
{
    uint64_t least = load_of(cpu);

    for (unsigned i = 0; i < cpu_count; i++) {
        struct thread *thread;
        if (cpus[i] == cpu || cpus[i]->queue.ready == 0 || load_of(cpus[i]) <= least)
            continue;
        thread = first_that_may(&cpus[i]->queue, cpu);
        if (thread == NULL || sched_is_real_time(thread) ||
            load_of(cpus[i]) - thread->sched.weight < least + thread->sched.weight)
            continue;
        (void)take(thread, cpu);
        runq_insert(&cpu->queue, thread, false);
        return true;
    }
    return false;
}

struct cpu *placement_push(const struct cpu *cpu)
{
    if (cpu->queue.ready == 0)
        return NULL;
    for (unsigned i = 0; i < cpu_count; i++) {
        struct thread *thread = is_free(cpus[i]) ? first_that_may(&cpu->queue, cpus[i]) : NULL;
        if (thread == NULL)
            continue;
        (void)take(thread, cpus[i]);
        runq_insert(&cpus[i]->queue, thread, false);
        return cpus[i];
    }
    return NULL;
}

/* Where it would run at once. */
static bool has_better(const struct thread *thread, const struct cpu *than)
{
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i] != than && placement_allows(thread, cpus[i]) && rank_on(cpus[i]) < rank_of(thread))
            return true;
    return false;
}

bool placement_is_to_go(const struct cpu *cpu, const struct thread *thread, bool stays_first)
{
    const struct thread *first = runq_first(&cpu->queue);

    if (!placement_allows(thread, cpu))
        return true;
    if (!sched_is_real_time(thread) || first == NULL || rank_of(first) + !stays_first <= rank_of(thread))
        return false;
    return has_better(thread, cpu);
}
