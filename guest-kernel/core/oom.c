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
#include "mm/space.h"

#define WAIT_NS 5000000000ull /* for one that doesn't end, as it waits for a disk: then another has to */

#define TRIES 4 /* while there are SPARE_PAGES */
#define SPARE_PAGES 64

static uint64_t kills;
bool (*oom_store)(void);
void (*oom_told)(void);

#define LOOKS_AT_ONCE 256u

static struct pid *dying; /* who was killed last, until its end was seen; one reference */

/* The process of that number. NULL: none, or it has no memory of its own (any more), or is about to end. */
static struct process *candidate(const struct pid *pid)
{
    struct process *process = pid->process;

    return process != NULL && process->space != NULL && !process->exiting ? process : NULL;
}

/* The one behind number `number`; others have a turn now and then, and any may be gone afterwards. */
static struct pid *pid_after(int number, unsigned *looks)
{
    if (++*looks % LOOKS_AT_ONCE == 0)
        (void)wait_loop_ends(true);
    return pid_from(number + 1);
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
    struct space *space = process->space;
    unsigned looks = 0;

    process->oom_score_adj = adj;
    if (is_least)
        process->oom_score_adj_least = adj;
    if (space == NULL || space->refs == 1)
        return;
    space->refs++;
    for (const struct pid *pid = pid_from(0); pid != NULL; pid = pid_after(pid->number, &looks))
        if (pid->process != NULL && pid->process->space == space)
            pid->process->oom_score_adj = adj;
    space_put(space);
}

/* Of several, as on Linux, the last: those of a fork bomb are as large as who began it. Where nobody is to be killed
 * somebody is, all the same. One reference; it may have ended by now. */
static struct pid *worst(bool spare)
{
    struct pid *found = NULL;
    int64_t most = 0;
    unsigned looks = 0;

    for (struct pid *pid = pid_from(0); pid != NULL; pid = pid_after(pid->number, &looks)) {
        const struct process *process = candidate(pid);
        int64_t badness = process != NULL ? oom_badness(process) : 0;

        if (process == NULL || (spare && badness == INT64_MIN) || (found != NULL && badness < most))
            continue;
        pid_hold(pid);
        pid_drop(found);
        found = pid;
        most = badness;
    }
    return found;
}

/* With all that share its memory. */
static void end(const struct process *victim)
{
    struct space *space = victim->space;
    unsigned looks = 0;

    space->refs++;
    kills++;
    log_error("out of memory: %s is killed; give the guest more with --memory",
              container_of(victim->threads.next, struct thread, sibling)->name);
    for (const struct pid *pid = pid_from(0); pid != NULL; pid = pid_after(pid->number, &looks)) {
        struct process *process = candidate(pid);

        if (process != NULL && process->space == space)
            process_end(process, 0, SIGKILL);
    }
    space_put(space);
    if (oom_told != NULL)
        oom_told();
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

/* Sets `dying`, unless somebody else has meanwhile. False: the one that was chosen has ended by itself, or
 * meanwhile. */
static bool choose(void)
{
    struct pid *found = current_process()->exiting ? NULL : worst(true);

    if (found == NULL && !current_process()->exiting)
        found = worst(false);
    bool is_there = found == NULL || (found->process != NULL && !found->process->ended);

    if (is_dying() || !is_there) {
        pid_drop(found);
        return is_there;
    }
    oom_end();
    dying = found;
    if (found != NULL && candidate(found) != NULL)
        end(found->process);
    return dying == found;
}

/* 0: the fault is to be tried again; -EINTR: the current thread is to end itself. */
static int make_room(unsigned tries)
{
    struct pid *waited_for;

    if (tries < TRIES && page_free_count() >= SPARE_PAGES)
        return 0;
    if (oom_store != NULL && !current_process()->exiting && oom_store())
        return 0;
    if (!is_dying() && !choose())
        return 0;
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
