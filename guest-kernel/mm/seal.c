/* SPDX-License-Identifier: Apache-2.0 */
/* seal.c - which areas are sealed: nothing of them is changed any more (mseal(2)). */
#include "abi/errno.h"
#include "mm/area.h"
#include "mm/space.h"
#include "mm/turns.h"

/* 0; -ENOMEM: not all of [start, end) is mapped. */
static int mapped_check(struct space *space, uaddr_t start, uaddr_t end)
{
    unsigned areas = 0;
    uaddr_t at = start;

    for (const struct area *area = area_first(space, start); at < end; area = area_next(area)) {
        if (area == NULL || area->start > at)
            return -ENOMEM;
        at = area->end;
        space_turn_area(space, &areas);
    }
    return 0;
}

int space_seal(struct space *space, uaddr_t start, uaddr_t end)
{
    struct spares spares;
    unsigned areas = 0;

    space_begin(space);
    unsigned cuts = areas_cuts(space, start, end);
    int error = mapped_check(space, start, end);

    if (error == 0)
        error = spares_get(&spares, space, cuts, cuts);
    if (error == 0) {
        areas_cut(space, start, end, &spares);
        spares_put(&spares);
        space->has_seals = true;
        for (struct area *area = area_first(space, start); area != NULL && area->start < end; area = area_next(area)) {
            area->sealed = true;
            space_turn_area(space, &areas);
        }
        areas_merge(space, start, end);
    }
    space_end(space);
    return error;
}
