/* SPDX-License-Identifier: Apache-2.0 */
/* remap.c - mremap(2): a mapping grows, shrinks, moves, or gets a twin. All or nothing, whatever memory is left. */
#include "abi/errno.h"
#include "mm/area.h"
#include "mm/pagetable.h"
#include "mm/space.h"
#include "mm/turns.h"

#define MOVE_AREAS 4u /* what a move may need at most, as Linux reckons */

struct remap {
    struct space *space;
    uaddr_t from, to;
    uint64_t old_length, new_length; /* whole pages; old_length 0: a twin of a shared mapping */
    unsigned flags;
};

/* What will stand at `to`, which is what stands at `from`; or -errno as mremap(2). */
static int model_make(const struct remap *remap, struct area *model)
{
    const struct area *area = area_first(remap->space, remap->from);

    if (area == NULL || area->start > remap->from)
        return -EFAULT;
    if (remap->old_length == 0 && !area->shared)
        return -EINVAL;
    if (area->end - remap->from < remap->old_length)
        return -EFAULT;
    *model = *area;
    model->offset += remap->from - area->start;
    if (area->object != NULL && model->offset + remap->new_length < model->offset)
        return -EINVAL;
    return 0;
}

static int target_choose(struct remap *remap)
{
    struct space *space = remap->space;

    if (!(remap->flags & REMAP_FIXED)) {
        uaddr_t hint = remap->flags & REMAP_DONTUNMAP ? remap->to : 0;
        if (hint < SPACE_LOWEST || areas_overlap(space, hint, hint + remap->new_length))
            hint = gap_find(space, remap->new_length, SPACE_LOWEST, space->mmap_top);
        remap->to = hint;
        return hint != 0 ? 0 : -ENOMEM;
    }
    return remap->to < SPACE_LOWEST ? -EPERM : 0;
}

static int remap_move(struct remap *remap)
{
    struct space *space = remap->space;
    uaddr_t from = remap->from, to, from_end = from + remap->old_length, to_end;
    uint64_t moved = remap->old_length < remap->new_length ? remap->old_length : remap->new_length;
    struct spares spares;
    struct area model;
    int error = model_make(remap, &model);

    if (error == 0)
        error = target_choose(remap);
    if (error != 0)
        return error;
    to = remap->to;
    to_end = to + remap->new_length;
    error =
        spares_get(&spares, space, 1 + areas_cuts(space, from, from_end) + areas_cuts(space, to, to_end), MOVE_AREAS);
    if (error == 0)
        error = pagetable_move_prepare(&space->arch, from, to, moved);
    if (error != 0) {
        if (!areas_overlap(space, to, to_end))
            areas_trim_tables(space, to, to_end);
        spares_put(&spares);
        return error;
    }
    areas_cut(space, to, to_end, &spares);
    areas_remove(space, to, to_end);
    struct area *area = spare_take(&spares);
    *area = model;
    area->start = to;
    area->end = to_end;
    area_insert(space, area);
    pagetable_move(&space->arch, from, to, moved);
    if (remap->flags & REMAP_DONTUNMAP) { /* all of what it was cut from, as on Linux */
        area_set_locked(area_first(space, from), 0);
    } else {
        areas_cut(space, from, from_end, &spares);
        areas_remove(space, from, from_end);
        areas_trim_tables(space, from, from_end);
    }
    spares_put(&spares);
    area_merge(area);
    return 0;
}

/* To a place that the caller names or hints at. */
static int remap_to(struct remap *remap)
{
    if (!range_is_valid(remap->space, remap->to, remap->new_length))
        return -EINVAL;
    if (remap->to < remap->from + remap->old_length && remap->from < remap->to + remap->new_length)
        return -EINVAL;
    if ((remap->flags & REMAP_FIXED) && areas_check_seals(remap->space, remap->to, remap->to + remap->new_length) != 0)
        return -EPERM;
    if (remap->old_length == 0 && remap->to == remap->from) { /* as Linux, which makes room before it looks */
        int error = space_unmap(remap->space, remap->to, remap->new_length);
        return error != 0 ? error : -EFAULT;
    }
    return remap_move(remap);
}

static int remap_grow(struct remap *remap)
{
    struct space *space = remap->space;
    uaddr_t old_end = remap->from + remap->old_length, end = remap->from + remap->new_length;
    struct area model;
    int error = model_make(remap, &model);

    if (error != 0)
        return error;
    if (remap->old_length != 0 && model.end == old_end && range_is_valid(space, remap->from, remap->new_length) &&
        !areas_overlap(space, old_end, end)) {
        area_set_end(area_first(space, remap->from), end);
        areas_merge(space, remap->from, end);
        remap->to = remap->from;
        return 0;
    }
    return remap->flags & REMAP_MAYMOVE ? remap_move(remap) : -ENOMEM;
}

static int remap_choose(struct remap *remap)
{
    const struct area *area = area_first(remap->space, remap->from);

    if (area == NULL || area->start > remap->from)
        return -EFAULT;
    if (area->sealed)
        return -EPERM;
    if (remap->flags & (REMAP_FIXED | REMAP_DONTUNMAP))
        return remap_to(remap);
    if (remap->new_length > remap->old_length)
        return remap_grow(remap);
    remap->to = remap->from;
    return remap->new_length < remap->old_length
               ? space_unmap(remap->space, remap->from + remap->new_length, remap->old_length - remap->new_length)
               : 0;
}

int space_remap(struct space *space, uaddr_t *addr, uint64_t old_length, uint64_t new_length, unsigned flags,
                uaddr_t target)
{
    struct remap remap = {space, *addr, target, page_up(old_length), page_up(new_length), flags};
    int error;

    if ((*addr & PAGE_MASK) || remap.new_length == 0)
        return -EINVAL;
    space_begin(space);
    error = remap_choose(&remap);
    space_end(space);
    if (error == 0)
        *addr = remap.to;
    return error;
}
