/* SPDX-License-Identifier: Apache-2.0 */
/* oom.c - see oom.h. */
#include "core/oom.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "core/log.h"
#include "core/pid.h"
#include "core/end.h"
#include "core/threads.h"
#include "core/wait.h"
#include "mm/check.h"
#include "mm/fault.h"
#include "mm/page.h"

#define WAIT_NS 5000000000ull /* for one that doesn't end, as it waits for a disk: then another has to */

#define TRIES 4 /* while there are SPARE_PAGES */
#define SPARE_PAGES 64

static uint64_t kills;
bool (*oom_store)(void);

static struct pid *dying; /* who was killed last, until its end was seen; one reference */

/* The process of that number. NULL: none, or it has no memory of its own (any more), or is about to end. */
static struct process *candidate(const struct pid *pid)
{
    struct process *process = pid->process;

    return process != NULL && process->space != NULL && !process->exiting ? process : NULL;
}

uint64_t oom_kills(void)
{
    return kills;
}

int64_t oom_badness(const struct process *process)
{
    if (process->space == NULL || process->oom_score_adj == OOM_SCORE_ADJ_MIN)
        return INT64_MIN;
    return (int64_t)process->space->resident_pages + process->oom_score_adj * (int64_t)(page_total_count() / 1000);
}

/* Linux's proc_oom_score. */
uint64_t oom_score(const struct process *process)
{
    int64_t badness = oom_badness(process);

    return badness != INT64_MIN ? (uint64_t)((1000 + badness * 1000 / (int64_t)page_total_count()) * 2 / 3) : 0;
}

void oom_set_adj(struct process *process, int adj, bool is_least)
{
    const struct space *space = process->space;

    process->oom_score_adj = adj;
    if (is_least)
        process->oom_score_adj_least = adj;
    for (const struct pid *pid = pid_from(0); space != NULL && pid != NULL; pid = pid_from(pid->number + 1))
        if (pid->process != NULL && pid->process->space == space)
            pid->process->oom_score_adj = adj;
}

/* Of several, as on Linux, the last: those of a fork bomb are as large as who began it. Where nobody is to be killed
 * somebody is, all the same. */
static struct process *worst(bool spare)
{
    struct process *found = NULL;
    int64_t most = 0;

    for (const struct pid *pid = pid_from(0); pid != NULL; pid = pid_from(pid->number + 1)) {
        struct process *process = candidate(pid);
        int64_t badness = process != NULL ? oom_badness(process) : 0;

        if (process == NULL || (spare && badness == INT64_MIN) || (found != NULL && badness < most))
            continue;
        found = process;
        most = badness;
    }
    return found;
}

/* With all that share its memory. */
static void end(const struct process *victim)
{
    const struct space *space = victim->space;

    kills++;
    log_error("out of memory: %s is killed; give the guest more with --memory",
              container_of(victim->threads.next, struct thread, sibling)->name);
    for (const struct pid *pid = pid_from(0); pid != NULL; pid = pid_from(pid->number + 1)) {
        struct process *process = candidate(pid);

        if (process != NULL && process->space == space)
            process_end(process, 0, SIGKILL);
    }
}

static bool is_dying(void)
{
    return dying != NULL && dying->process != NULL && !dying->process->ended;
}

void oom_end(void)
{
    pid_drop(dying);
    dying = NULL;
}

/* 0: the fault is to be tried again; -EINTR: the current thread is to end itself. */
static int make_room(unsigned tries)
{
    const struct process *victim;
    struct pid *waited_for;

    if (tries < TRIES && page_free_count() >= SPARE_PAGES)
        return 0;
    if (oom_store != NULL && !current_process()->exiting && oom_store())
        return 0;
    if (!is_dying()) {
        victim = current_process()->exiting ? NULL : worst(true);
        if (victim == NULL && !current_process()->exiting)
            victim = worst(false);
        oom_end();
        if (victim != NULL) {
            dying = victim->id;
            pid_hold(dying);
            end(victim);
        }
    }
    if (dying == NULL || current_process()->exiting || current_thread()->ending)
        return -EINTR;
    waited_for = dying;
    pid_hold(waited_for);
    if (wait_on(&waited_for->changed, arch_clock_ns() + WAIT_NS, WAIT_KILLABLE) == -ETIMEDOUT && dying == waited_for)
        oom_end();
    pid_drop(waited_for);
    return current_process()->exiting ? -EINTR : 0;
}

int oom_fault(struct space *space, uaddr_t address, unsigned access)
{
    unsigned tries = 0;
    int error;

    if (CHECKS_ON && current_thread()->wants_no_wait != 0)
        panic("a program's memory is touched by who has a volume or a page");
    do
        error = space_fault(space, address, access);
    while (error == -ENOMEM && make_room(tries++) == 0);
    return error;
}
