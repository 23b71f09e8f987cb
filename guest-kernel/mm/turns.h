/* SPDX-License-Identifier: Apache-2.0 */
/*
 * turns.h - long changes of a space, in turns: between two of them other CPUs use the kernel, and interrupts are taken
 * (core/wait.h, wait_loop_ends), while who else wants to change the space, or to bring a page in, waits for the end. So
 * one thread's change is whole to all others, however long it takes; only what goes by an object's list of areas
 * (mm/object.h) comes in between, and finds areas and tables in order.
 *
 * Who changes a space calls space_begin before it looks at anything, space_turn_area after each area and
 * pagetable_walk_in_turns for pages, where it has nothing of the space's in its hands but areas and tables, which stay,
 * and space_end.
 */
#ifndef GK_MM_TURNS_H
#define GK_MM_TURNS_H

#include "mm/mapping.h"

#define SPACE_TURN 256u          /* pages, or what takes as long */
#define SPACE_TURN_AREAS 16u     /* areas, with what few pages each may have */
#define SPACE_TURN_ENTRIES 1024u /* of tables of pages that were gone through, used or not */
#define SPACE_TURN_LOOKS 32u     /* fewer entries than these of a table aren't counted: the areas are */

/* Until nobody else is in the middle of a change: what space_begin does then. */
void space_wait(struct space *space);
/* From now on others wait: for who waits by other means than a turn. */
void space_claim(struct space *space);
/* Claims it, and lets others and interrupts in: a turn. */
void space_give_way(struct space *space);
/* They wait no more, if it was this thread that they waited for: what space_end does. */
void space_release(struct space *space);

/* Nobody else is in the middle of a change of the space: may wait for that. */
static inline void space_begin(struct space *space)
{
    if (__builtin_expect(space->changer != NULL, false) != 0)
        space_wait(space);
}

/* So many entries more of one table were done, used or not: whether to give way, with all that was changed out of the
 * TLBs. */
static inline bool space_turn_is_due(struct space *space, unsigned entries)
{
    if (entries < SPACE_TURN_LOOKS)
        return false;
    space->turn += entries;
    return space->turn >= SPACE_TURN_ENTRIES;
}

/* An area more, of which the loop has done `areas` before: may give way. */
static inline void space_turn_area(struct space *space, unsigned *areas)
{
    if (__builtin_expect(++*areas % SPACE_TURN_AREAS == 0, false) != 0)
        space_give_way(space);
}

static inline void space_end(struct space *space)
{
    if (__builtin_expect(space->changer != NULL, false) != 0)
        space_release(space);
}

#endif
