/* SPDX-License-Identifier: Apache-2.0 */
/*
 * area.c - the set of a space's areas: a tree by start in which each node knows the largest gap below an area of its
 * subtree, so that to find an area or room for one costs O(log n); and the objects' lists of areas.
 */
#include "mm/area.h"

#include "abi/errno.h"
#include "lib/list.h"
#include "mm/commit.h"
#include "mm/kmalloc.h"
#include "mm/object.h"
#include "mm/pagetable.h"
#include "mm/turns.h"

int space_areas_max = 65530;

_Static_assert(sizeof(struct area) <= 128, "kmalloc gives twice as much");

static struct area *area_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct area, node) : NULL;
}

/* ---- the tree ---- */

static bool gaps_update(struct tree_node *node)
{
    struct area *area = area_of(node);
    uint64_t most = area->gap;

    for (unsigned side = 0; side < 2; side++) {
        const struct area *child = area_of(node->child[side]);
        if (child != NULL && child->gap_max > most)
            most = child->gap_max;
    }
    bool is_raised = most > area->gap_max;
    area->gap_max = most;
    return is_raised;
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

int areas_check_seals(struct space *space, uaddr_t start, uaddr_t end)
{
    unsigned areas = 0;

    if (!space->has_seals)
        return 0;
    for (const struct area *area = area_first(space, start); area != NULL && area->start < end;
         area = area_next(area)) {
        if (area->sealed)
            return -EPERM;
        space_turn_area(space, &areas);
    }
    return 0;
}

bool area_is_data(const struct area *area)
{
    return (area->prot & PROT_WRITE) && !area->shared;
}

/* `bytes` more, or less, are mapped by the area. All changes come by here. */
static void bytes_count(struct area *area, uint64_t bytes)
{
    area->space->changes++;
    if ((int64_t)bytes < 0 && area->space->mapped_bytes > area->space->mapped_most)
        area->space->mapped_most = area->space->mapped_bytes;
    area->space->mapped_bytes += bytes;
    if (area_is_data(area) && !area->grows)
        area->space->data_bytes += bytes;
    if (area->locked != 0)
        area->space->locked_bytes += bytes;
    if (area_is_data(area) && !area->unreserved) {
        area->space->committed_bytes += bytes;
        commit_bytes += bytes;
    }
}

void area_set_prot(struct area *area, unsigned prot)
{
    bytes_count(area, area->start - area->end);
    area->prot = (uint8_t)prot;
    bytes_count(area, area->end - area->start);
}

void area_set_locked(struct area *area, unsigned locked)
{
    bytes_count(area, area->start - area->end);
    area->locked = (uint8_t)locked;
    bytes_count(area, area->end - area->start);
}

/* Gaps begin where an area ends: at 0 below the first. */
static void gap_set(struct area *area, uaddr_t from)
{
    area->gap = area->start - from;
    tree_update(&area->node, gaps_update);
}

struct area *area_grow(struct space *space, uaddr_t addr)
{
    struct area *area = area_first(space, addr);
    uaddr_t start = addr & ~PAGE_MASK;

    if (area == NULL || !area->grows || start < SPACE_LOWEST || start >= area->start ||
        area->end - start > space->stack_limit)
        return NULL;
    const struct area *below = area_of(tree_previous(&area->node));
    if (below != NULL && !below->grows && below->prot != 0 && start - below->end < STACK_GUARD)
        return NULL;
    if (commit_is_refused(area->start - start))
        return NULL;
    if (space->may_grow != NULL && !space->may_grow(space, area, area->start - start))
        return NULL;
    bytes_count(area, area->start - start);
    area->gap -= area->start - start; /* what the nodes above know is a bound, and stays one */
    area->start = start;
    space->changes++;
    return area;
}

void area_set_end(struct area *area, uaddr_t end)
{
    struct area *next = area_next(area);

    bytes_count(area, end - area->end);
    area->end = end;
    if (next != NULL)
        gap_set(next, end);
}

static void count_writable(const struct area *area, bool comes)
{
    struct vm_object *object = area->object;

    if (area->shared && (area->max_prot & PROT_WRITE) && object->ops->count_writable != NULL)
        object->ops->count_writable(object, comes);
}

/* The object is there for as long as the area is. */
static void object_attach(struct area *area)
{
    struct vm_object *object = area->object;

    object->ops->get(object);
    count_writable(area, true);
    if (object->ops->count_area != NULL)
        object->ops->count_area(object, true);
    area->object_next = object->areas;
    area->object_link = &object->areas;
    if (object->areas != NULL)
        object->areas->object_link = &area->object_next;
    object->areas = area;
}

static void object_detach(struct area *area)
{
    *area->object_link = area->object_next;
    if (area->object_next != NULL)
        area->object_next->object_link = area->object_link;
    count_writable(area, false);
    if (area->object->ops->count_area != NULL)
        area->object->ops->count_area(area->object, false);
    area->object->ops->put(area->object);
}

void area_insert(struct space *space, struct area *area)
{
    struct tree_node *parent = NULL, *at = space->areas.root;
    struct area *previous = NULL, *next = NULL; /* both are on the way down, and so is where gaps change */
    unsigned side = 0;

    while (at != NULL) {
        parent = at;
        side = area_of(at)->start < area->start;
        if (side != 0)
            previous = area_of(at);
        else
            next = area_of(at);
        at = at->child[side];
    }
    area->space = space;
    area->gap = area->start - (previous != NULL ? previous->end : 0);
    if (next != NULL)
        next->gap = next->start - area->end;
    space->area_count++;
    bytes_count(area, area->end - area->start);
    tree_insert(&space->areas, parent, side, &area->node, gaps_update);
    if (area->object != NULL)
        object_attach(area);
}

/* Its pages are unmapped already. Its object's end may wait, for a file system that nobody sees any more: meanwhile the
 * change isn't done. */
static void area_drop(struct area *area)
{
    struct space *space = area->space;
    struct area *next = area_next(area);

    if (next != NULL)
        gap_set(next, area->start - area->gap);
    tree_remove(&space->areas, &area->node, gaps_update);
    space->area_count--;
    bytes_count(area, area->start - area->end);
    if (space->last_hit == area)
        space->last_hit = NULL;
    if (area->object != NULL) {
        space_claim(space);
        object_detach(area);
    }
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

static bool promises(const struct area *area, uint64_t length)
{
    return area != NULL && area->gap_max >= length;
}

/* The highest that lies below an area of the subtree, from the right to the left. */
static uaddr_t gap_below(struct area *top, uint64_t length, uaddr_t low, uaddr_t high)
{
    struct area *area = top;
    uaddr_t found;

    for (;;) {
        struct area *right = area_of(area->node.child[1]), *left = area_of(area->node.child[0]);
        if (promises(right, length) && area->end < high && (found = gap_below(right, length, low, high)) != 0)
            return found;
        if (area->gap >= length && (found = gap_between(area->start - area->gap, area->start, length, low, high)) != 0)
            return found;
        if (!promises(left, length) || area->start - area->gap <= low)
            break;
        area = left;
    }
    /* They promised too much, perhaps: not twice. */
    while (gaps_update(&area->node), area != top)
        area = area_of(area->node.parent);
    return 0;
}

uaddr_t gap_find(const struct space *space, uint64_t length, uaddr_t low, uaddr_t high)
{
    const struct area *last = area_of(tree_last(&space->areas));
    uaddr_t found = gap_between(last != NULL ? last->end : 0, high, length, low, high);

    if (found == 0 && promises(area_of(space->areas.root), length))
        found = gap_below(area_of(space->areas.root), length, low, high);
    return found;
}

/* ---- cutting and joining ---- */

int spares_get(struct spares *spares, const struct space *space, unsigned count, unsigned more)
{
    spares->count = 0;
    if (more != 0 && space->area_count + more > (unsigned)space_areas_max)
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
    while (spares->count != 0)
        kfree(spares->area[--spares->count]);
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

unsigned areas_hole(const struct space *space, uaddr_t start, uaddr_t end)
{
    const struct area *area = area_across(space, start);

    return area != NULL && area->end > end;
}

static void area_cut(struct space *space, uaddr_t at, struct spares *spares)
{
    struct area *lower = area_across(space, at);

    if (lower == NULL)
        return;
    struct area *upper = spare_take(spares);
    *upper = *lower;
    upper->start = at;
    upper->offset += at - lower->start;
    bytes_count(lower, at - lower->end);
    lower->end = at;
    area_insert(space, upper);
}

void areas_cut(struct space *space, uaddr_t start, uaddr_t end, struct spares *spares)
{
    area_cut(space, start, spares);
    area_cut(space, end, spares);
}

/* `pages` of the area were in memory until it was unmapped. */
static void small_unmapped(struct space *space, const struct area *area, uint64_t pages)
{
    if (pages == 0 || area->object != NULL || area->end - area->start >= AREA_SMALL)
        return;
    if (space->small_unmaps < SMALL_UNMAPS_SURE)
        space->small_unmaps++;
    pages += space->small_pages;
    space->small_pages = (uint16_t)(pages < SMALL_PAGES_MAX ? pages : SMALL_PAGES_MAX);
}

void areas_remove(struct space *space, uaddr_t start, uaddr_t end)
{
    struct area *area = area_first(space, start), *next;
    unsigned areas = 0;

    for (; area != NULL && area->start < end; area = next) {
        next = area_next(area);
        if (space->resident_pages != 0) {
            uint64_t pages = pagetable_unmap(&space->arch, area->start, area->end);
            space_pages_left(space, pages);
            small_unmapped(space, area, pages);
        }
        area_drop(area);
        space_turn_area(space, &areas);
    }
}

void areas_trim_tables(struct space *space, uaddr_t start, uaddr_t end)
{
    const uaddr_t table = PAGE_SIZE << ISA_PT_SHIFT;
    const struct area *next = area_first(space, end), *last = area_of(tree_last(&space->areas));
    uaddr_t floor = next != NULL ? next->start - next->gap : last != NULL ? last->end : 0;
    uaddr_t ceiling = next != NULL ? next->start : UINT64_MAX;

    /* Most often a table is in use still, by a neighbour. */
    start &= ~(table - 1);
    end = (end + table - 1) & ~(table - 1);
    if (start < floor)
        start += table;
    if (end > ceiling)
        end -= table;
    if (start < end)
        pagetable_trim(&space->arch, start, end, floor, ceiling);
}

static void subtree_destroy(struct space *space, struct area *area)
{
    if (area == NULL)
        return;
    subtree_destroy(space, area_of(area->node.child[0]));
    subtree_destroy(space, area_of(area->node.child[1]));
    if (space->resident_pages != 0)
        space->resident_pages -= pagetable_unmap_ended(&space->arch, area->start, area->end);
    if (area->object != NULL)
        object_detach(area);
    kfree(area);
    if (--space->area_count % SPACE_TURN_AREAS == SPACE_TURN_AREAS - 1)
        space_give_way(space);
}

void areas_destroy(struct space *space)
{
    subtree_destroy(space, area_of(space->areas.root));
    space->areas.root = NULL;
    commit_bytes -= space->committed_bytes;
    space->mapped_bytes = space->data_bytes = space->locked_bytes = space->committed_bytes = 0;
    space->last_hit = NULL;
}

static bool areas_are_alike(const struct area *lower, const struct area *upper)
{
    return lower->end == upper->start && lower->prot == upper->prot && lower->key == upper->key &&
           lower->max_prot == upper->max_prot && lower->shared == upper->shared &&
           lower->unreserved == upper->unreserved && lower->grows == upper->grows && lower->sealed == upper->sealed &&
           lower->fork == upper->fork && lower->locked == upper->locked && lower->object == upper->object &&
           (lower->object == NULL ||
            (lower->object->ops->count_area == NULL && lower->offset + (lower->end - lower->start) == upper->offset));
}

/* Whether they were alike: then the upper one is gone. */
static bool areas_join(struct area *lower, struct area *upper)
{
    if (lower == NULL || upper == NULL || !areas_are_alike(lower, upper))
        return false;
    uaddr_t end = upper->end;
    area_drop(upper);
    area_set_end(lower, end);
    return true;
}

void area_merge(struct area *area)
{
    struct area *previous = area_of(tree_previous(&area->node));

    areas_join(area, area_next(area));
    areas_join(previous, area);
}

void areas_merge(struct space *space, uaddr_t start, uaddr_t end)
{
    struct area *area = area_first(space, start != 0 ? start - 1 : 0), *next;
    unsigned areas = 0;

    while (area != NULL && area->start <= end && (next = area_next(area)) != NULL) {
        if (!areas_join(area, next))
            area = next;
        space_turn_area(space, &areas);
    }
}
