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

bool (*oom_store)(void);

static struct pid *dying; /* who was killed last, until its end was seen; one reference */

/* The process of that number. NULL: none, or it has no memory of its own (any more), or is about to end. */
static struct process *candidate(const struct pid *pid)
{
    struct process *process = pid->process;

    return process != NULL && process->space != NULL && !process->exiting ? process : NULL;
}

/* Of several, as on Linux, the last: those of a fork bomb are as large as who began it. */
static struct process *largest(void)
{
    struct process *found = NULL;

    for (const struct pid *pid = pid_from(0); pid != NULL; pid = pid_from(pid->number + 1)) {
        struct process *process = candidate(pid);

        if (process != NULL && (found == NULL || process->space->resident_pages >= found->space->resident_pages))
            found = process;
    }
    return found;
}

/* With all that share its memory. */
static void end(const struct process *victim)
{
    const struct space *space = victim->space;

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
    pid_put(dying);
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
        victim = current_process()->exiting ? NULL : largest();
        oom_end();
        if (victim != NULL) {
            dying = victim->id;
            pid_get(dying);
            end(victim);
        }
    }
    if (dying == NULL || current_process()->exiting || current_thread()->ending)
        return -EINTR;
    waited_for = dying;
    pid_get(waited_for);
    if (wait_on(&waited_for->changed, arch_clock_ns() + WAIT_NS, WAIT_KILLABLE) == -ETIMEDOUT && dying == waited_for)
        oom_end();
    pid_put(waited_for);
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
