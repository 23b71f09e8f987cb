/* SPDX-License-Identifier: Apache-2.0 */
/* mrelease.c - the memory of a process that was killed goes before the process has ended: process_mrelease. */
#include "sys/syscall.h"

#include "core/pid.h"
#include "core/threads.h"
#include "core/wait.h"
#include "mm/pagetable.h"
#include "mm/space.h"
#include "mm/turns.h"
#include "sys/pidfd.h"
#include "sys/user.h"

#define LOOKS_AT_ONCE 256u

/* It is told to end, or its only thread ends by itself. */
static bool is_dying(const struct process *process)
{
    if (process->exiting)
        return true;
    return process->thread_count == 1 && !list_is_empty(&process->threads) &&
           container_of(process->threads.next, struct thread, sibling)->ending;
}

/* Whether all that have the space are about to end. Others may have a turn meanwhile. */
static bool all_are_dying(const struct space *space)
{
    unsigned looks = 0;

    for (const struct pid *pid = pid_from(0); pid != NULL;) {
        int number = pid->number;

        if (pid->process != NULL && pid->process->space == space && !is_dying(pid->process))
            return false;
        if (++looks % LOOKS_AT_ONCE == 0)
            (void)wait_loop_ends(true);
        pid = pid_from(number + 1);
    }
    return true;
}

/* What is the space's alone goes; what is shared has others, and stays until the end. */
static void private_pages_drop(struct space *space)
{
    unsigned areas = 0;

    space_begin(space);
    for (const struct area *area = area_first(space, 0); area != NULL; area = area_next(area)) {
        if (!area->shared && space->resident_pages != 0)
            space_pages_left(space, pagetable_unmap(&space->arch, area->start, area->end));
        space_turn_area(space, &areas);
    }
    space_end(space);
}

int64_t sys_process_mrelease(const uint64_t arg[6])
{
    bool nonblocking;
    const struct pid *pid;
    const struct process *process;
    int64_t error = 0;

    if ((uint32_t)arg[1] != 0)
        return -EINVAL;
    pid = pidfd_pid(arg[0], &nonblocking);
    if (pid == NULL)
        return -EBADF;
    process = pid->process;
    if (process == NULL || process->space == NULL || list_is_empty(&process->threads))
        return -ESRCH;
    struct space *space = process->space;
    space->refs++; /* its process may end meanwhile */
    if (!is_dying(process) || !all_are_dying(space))
        error = -EINVAL;
    else
        private_pages_drop(space);
    space_put(space);
    return error;
}
