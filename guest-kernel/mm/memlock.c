/* SPDX-License-Identifier: Apache-2.0 */
/* memlock.c - which areas are locked: their pages are never given up (mlock(2)). */
#include "abi/errno.h"
#include "mm/area.h"
#include "mm/space.h"
#include "mm/turns.h"

int space_lock(struct space *space, uaddr_t start, uaddr_t end, unsigned locked)
{
    struct spares spares;
    unsigned areas = 0;
    uaddr_t at = start;
    space_begin(space);
    unsigned cuts = areas_cuts(space, start, end);
    int error = spares_get(&spares, space, cuts, cuts);

    if (error != 0)
        return error;
    areas_cut(space, start, end, &spares);
    spares_put(&spares);
    for (struct area *area = area_first(space, start); at < end; area = area_next(area)) {
        if (area == NULL || area->start > at)
            break;
        area_set_locked(area, locked);
        at = area->end;
        space_turn_area(space, &areas);
    }
    areas_merge(space, start, end);
    space_end(space);
    return at < end ? -ENOMEM : 0;
}

void space_lock_all(struct space *space, unsigned locked)
{
    unsigned areas = 0;

    space_begin(space);
    for (struct area *area = area_first(space, 0); area != NULL; area = area_next(area)) {
        area_set_locked(area, locked);
        space_turn_area(space, &areas);
    }
    areas_merge(space, 0, space->top);
    space_end(space);
}

uint64_t space_locked(const struct space *space, uaddr_t start, uaddr_t end)
{
    uint64_t sum = 0;

    for (const struct area *area = area_first(space, start); area != NULL && area->start < end; area = area_next(area))
        if (area->locked != 0)
            sum += (area->end < end ? area->end : end) - (area->start > start ? area->start : start);
    return sum;
}
