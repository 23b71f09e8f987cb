/* SPDX-License-Identifier: Apache-2.0 */
/* turns.c - see turns.h. Only where there are several CPUs somebody else ever comes in between. */
#include "mm/turns.h"

#include "core/wait.h"

void space_wait(struct space *space)
{
    while (space->changer != NULL && space->changer != arch_current())
        (void)wait_on(&space->unchanged, WAIT_FOREVER, 0);
}

void space_claim(struct space *space)
{
    space->changer = arch_current();
    space->changes++; /* a fault that waits for its page since before looks again, and waits for this */
}

void space_give_way(struct space *space)
{
    space->turn = 0;
    space_claim(space);
    (void)wait_loop_ends(true); /* what has begun is done: it can't be left half-way */
}

void space_release(struct space *space)
{
    if (space->changer != arch_current())
        return;
    space->changer = NULL;
    wait_wake_all(&space->unchanged, 0);
}
