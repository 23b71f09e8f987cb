/* SPDX-License-Identifier: Apache-2.0 */
/*
 * area.c - the set of a space's areas: a tree by start in which each node knows the largest gap below an area of its
 * subtree, so that to find an area or room for one costs O(log n); and the objects' lists of areas.
 */
#include "mm/area.h"

#include "abi/errno.h"
#include "lib/list.h"
#include "mm/kmalloc.h"
#include "mm/pagetable.h"

static struct area *area_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct area, node) : NULL;
}

/* ---- the tree ---- */

static void gaps_update(struct tree_node *node)
{
    struct area *area = area_of(node);

    area->gap_max = area->gap;
    for (unsigned side = 0; side < 2; side++) {
        const struct area *child = area_of(node->child[side]);
        if (child != NULL && child->gap_max > area->gap_max)
            area->gap_max = child->gap_max;
    }
}

void areas_init(struct space *space)
{
    space->areas.update = gaps_update;
}

struct area *area_first(const struct space *space, uaddr_t addr)
{
    struct tree_node *node = space->areas.root;
    struct area *found = NULL;

    while (node != NULL) {
        struct area *area = area_of(node);
        if (area->end > addr)
            found = area;
        node = node->child[area->end <= addr];
    }
    return found;
}

struct area *area_next(const struct area *area)
{
    return area_of(tree_next(&area->node));
}

bool areas_overlap(const struct space *space, uaddr_t start, uaddr_t end)
{
    const struct area *area = area_first(space, start);

    return area != NULL && area->start < end;
}

/* Gaps begin where an area ends: at 0 below the first. */
static void gap_set(struct area *area, uaddr_t from)
{
    area->gap = area->start - from;
    tree_update(&area->space->areas, &area->node);
}

void area_set_end(struct area *area, uaddr_t end)
{
    struct area *next = area_next(area);

    area->end = end;
    if (next != NULL)
        gap_set(next, end);
}

static void object_attach(struct area *area)
{
    struct vm_object *object = area->object;

    if (object == NULL)
        return;
    area->object_next = object->areas;
    area->object_link = &object->areas;
    if (object->areas != NULL)
        object->areas->object_link = &area->object_next;
    object->areas = area;
}

static void object_detach(struct area *area)
{
    if (area->object == NULL)
        return;
    *area->object_link = area->object_next;
    if (area->object_next != NULL)
        area->object_next->object_link = area->object_link;
}

static void area_insert(struct space *space, struct area *area)
{
    struct tree_node *parent = NULL, *at = space->areas.root;
    unsigned side = 0;

    while (at != NULL) {
        parent = at;
        side = area_of(at)->start < area->start;
        at = at->child[side];
    }
    area->space = space;
    area->gap = 0;
    tree_insert(&space->areas, parent, side, &area->node);
    space->area_count++;
    const struct area *previous = area_of(tree_previous(&area->node));
    gap_set(area, previous != NULL ? previous->end : 0);
    area_set_end(area, area->end);
    object_attach(area);
}

/* Its pages are unmapped already. */
static void area_drop(struct area *area)
{
    struct space *space = area->space;
    struct area *next = area_next(area);

    if (next != NULL)
        gap_set(next, area->start - area->gap);
    tree_remove(&space->areas, &area->node);
    space->area_count--;
    if (space->last_hit == area)
        space->last_hit = NULL;
    object_detach(area);
    if (area->object != NULL)
        area->object->ops->put(area->object);
    kfree(area);
}

/* ---- room ---- */

static uaddr_t gap_between(uaddr_t from, uaddr_t to, uint64_t length, uaddr_t low, uaddr_t high)
{
    if (from < low)
        from = low;
    if (to > high)
        to = high;
    return to > from && to - from >= length ? to - length : 0;
}

/* The highest that lies below an area of the subtree. */
static uaddr_t gap_below(struct tree_node *node, uint64_t length, uaddr_t low, uaddr_t high)
{
    const struct area *area = area_of(node);

    if (area == NULL || area->gap_max < length)
        return 0;
    uaddr_t found = area->end < high ? gap_below(node->child[1], length, low, high) : 0;
    if (!found)
        found = gap_between(area->start - area->gap, area->start, length, low, high);
    return found || area->start - area->gap <= low ? found : gap_below(node->child[0], length, low, high);
}

uaddr_t gap_find(const struct space *space, uint64_t length, uaddr_t low, uaddr_t high)
{
    const struct area *last = area_of(tree_last(&space->areas));
    uaddr_t found = gap_between(last != NULL ? last->end : 0, high, length, low, high);

    return found ? found : gap_below(space->areas.root, length, low, high);
}

/* ---- cutting and joining ---- */

int spares_get(struct spares *spares, const struct space *space, unsigned count)
{
    spares->count = 0;
    if (space->area_count + count > AREAS_MAX)
        return -ENOMEM;
    for (; spares->count < count; spares->count++) {
        spares->area[spares->count] = kmalloc(sizeof(struct area));
        if (spares->area[spares->count] == NULL) {
            spares_put(spares);
            return -ENOMEM;
        }
    }
    return 0;
}

void spares_put(struct spares *spares)
{
    while (spares->count)
        kfree(spares->area[--spares->count]);
}

void area_add(struct space *space, const struct area *model, struct spares *spares)
{
    struct area *area = spares->area[--spares->count];

    *area = *model;
    if (area->object != NULL)
        area->object->ops->get(area->object);
    area_insert(space, area);
}

/* The area that reaches across `at`, or NULL. */
static struct area *area_across(const struct space *space, uaddr_t at)
{
    struct area *area = area_first(space, at);

    return area != NULL && area->start < at ? area : NULL;
}

unsigned areas_cuts(const struct space *space, uaddr_t start, uaddr_t end)
{
    return (unsigned)(area_across(space, start) != NULL) + (unsigned)(area_across(space, end) != NULL);
}

static void area_cut(struct space *space, uaddr_t at, struct spares *spares)
{
    struct area *lower = area_across(space, at);

    if (lower == NULL)
        return;
    struct area upper = *lower;
    upper.start = at;
    upper.offset += at - lower->start;
    area_set_end(lower, at);
    area_add(space, &upper, spares);
}

void areas_cut(struct space *space, uaddr_t start, uaddr_t end, struct spares *spares)
{
    area_cut(space, start, spares);
    area_cut(space, end, spares);
}

void areas_remove(struct space *space, uaddr_t start, uaddr_t end)
{
    struct area *area = area_first(space, start), *next;

    for (; area != NULL && area->start < end; area = next) {
        next = area_next(area);
        if (space->resident_pages)
            space->resident_pages -= pagetable_unmap(&space->arch, area->start, area->end);
        area_drop(area);
    }
}

static bool areas_are_alike(const struct area *lower, const struct area *upper)
{
    return lower->end == upper->start && lower->prot == upper->prot && lower->max_prot == upper->max_prot &&
           lower->shared == upper->shared && lower->grows == upper->grows && lower->object == upper->object &&
           (lower->object == NULL || lower->offset + (lower->end - lower->start) == upper->offset);
}

void areas_merge(struct space *space, uaddr_t start, uaddr_t end)
{
    struct area *area = area_first(space, start ? start - 1 : 0), *next;

    while (area != NULL && area->start <= end && (next = area_next(area)) != NULL) {
        if (areas_are_alike(area, next)) {
            uaddr_t new_end = next->end;
            area_drop(next);
            area_set_end(area, new_end);
        } else {
            area = next;
        }
    }
}
