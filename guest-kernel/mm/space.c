/* SPDX-License-Identifier: Apache-2.0 */
/* space.c - address spaces: create, map, unmap, protect, break. Page tables are filled by fault.c. */
#include "mm/space.h"

#include "abi/errno.h"
#include "mm/area.h"
#include "mm/commit.h"
#include "mm/keys.h"
#include "mm/kmalloc.h"
#include "mm/pagetable.h"
#include "mm/turns.h"

/* ---- life ---- */

struct space *space_create(void)
{
    static uint64_t last_id;
    struct space *space = kmalloc(sizeof(*space));

    if (space == NULL)
        return NULL;
    if (arch_space_init(&space->arch) != 0) {
        kfree(space);
        return NULL;
    }
    space->arch.id = ++last_id;
    space->refs = 1;
    space->top = space->mmap_top = ISA_USER_TOP;
    space->stack_limit = UINT64_MAX;
    space->keys = 1; /* a page has key 0 unless it is given another */
    return space;
}

void space_put(struct space *space)
{
    if (--space->refs != 0)
        return;
    if (space->aio != NULL)
        space->aio_end(space);
    areas_destroy(space);
    pagetable_destroy(&space->arch);
    kfree(space);
}

/* ---- protection keys ---- */

/* One that is free, no longer, `lowest` or above. */
static int key_take(struct space *space, unsigned lowest)
{
    for (unsigned key = lowest; key < keys_count; key++) {
        if (space->keys & 1u << key)
            continue;
        space->keys |= (uint16_t)(1u << key);
        return (int)key;
    }
    return -ENOSPC;
}

int space_key_take(struct space *space)
{
    return key_take(space, 0);
}

/* The key of areas that can be executed and not read. 0: there is none to be had, and they can be read, as on Linux. */
static uint8_t only_execute(struct space *space)
{
    if (space->only_execute == 0) {
        int key = key_take(space, 1);
        space->only_execute = key > 0 ? (uint8_t)key : 0;
    }
    return space->only_execute;
}

/* ---- the calls ---- */

#define MAP_32BIT_TOP 0x80000000ul

/* Where a mapping that would end at `end` has to end so that a stack right above has room to grow. */
static uaddr_t stack_room_end(const struct space *space, uaddr_t end)
{
    const struct area *above = area_first(space, end);

    if (above == NULL || !above->grows || above->start - end >= STACK_GUARD)
        return end;
    return above->start > STACK_GUARD ? above->start - STACK_GUARD : 0;
}

static uaddr_t place_find(const struct space *space, uint64_t length, uaddr_t high)
{
    for (;;) {
        uaddr_t at = gap_find(space, length, SPACE_LOWEST, high);
        uaddr_t end = at != 0 ? stack_room_end(space, at + length) : 0;

        if (at == 0 || end == at + length)
            return at;
        high = end;
    }
}

static int place_choose(const struct space *space, uaddr_t *addr, uint64_t length, unsigned flags)
{
    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (*addr & PAGE_MASK)
            return -EINVAL;
        if (!range_is_valid(space, *addr, length))
            return -ENOMEM;
        if (*addr < SPACE_LOWEST)
            return -EPERM;
        if ((flags & MAP_FIXED_NOREPLACE) && areas_overlap(space, *addr, *addr + length))
            return -EEXIST;
        return 0;
    }
    uaddr_t top = flags & ISA_MAP_32BIT ? MAP_32BIT_TOP : space->top, hint = page_up(*addr);

    if (hint >= SPACE_LOWEST && range_is_valid(space, hint, length) && hint + length <= top &&
        !areas_overlap(space, hint, hint + length) && stack_room_end(space, hint + length) >= hint + length) {
        *addr = hint;
        return 0;
    }
    *addr = place_find(space, length, top < space->mmap_top ? top : space->mmap_top);
    return *addr != 0 ? 0 : -ENOMEM;
}

int space_map(struct space *space, uaddr_t *addr, uint64_t length, unsigned prot, unsigned max_prot, unsigned flags,
              struct vm_object *object, uint64_t offset)
{
    struct spares spares;

    if (length == 0 || (offset & PAGE_MASK))
        return -EINVAL;
    length = page_up(length);
    if (length == 0 || length > space->top)
        return -ENOMEM;
    space_begin(space);
    int error = place_choose(space, addr, length, flags);
    if (error != 0)
        return error;

    uaddr_t end = *addr + length;
    bool replaces = (flags & MAP_FIXED) && areas_overlap(space, *addr, end);
    if (space->area_count > (unsigned)space_areas_max) /* as Linux counts: one more than the most is let in */
        return -ENOMEM;
    if (replaces)
        error = areas_check_seals(space, *addr, end);
    if (error == 0)
        error = spares_get(&spares, space, 1 + (replaces ? areas_cuts(space, *addr, end) : 0),
                           replaces ? areas_hole(space, *addr, end) : 0);
    if (error != 0) {
        space_end(space);
        return error;
    }
    if (replaces) {
        areas_cut(space, *addr, end, &spares);
        areas_remove(space, *addr, end); /* others find nothing there, and wait */
    }
    struct area *area = spare_take(&spares);
    area->start = *addr;
    area->end = end;
    area->prot = (uint8_t)(prot & ~PROT_SEM);
    area->max_prot = (uint8_t)max_prot;
    area->shared = (flags & MAP_TYPE) != MAP_PRIVATE;
    area->unreserved = (flags & MAP_NORESERVE) && commit_policy != OVERCOMMIT_NEVER;
    area->grows = flags & MAP_GROWSDOWN;
    area->locked = (uint8_t)(space->lock_future | (flags & MAP_LOCKED ? AREA_LOCKED : 0));
    area->key = prot == PROT_EXEC ? only_execute(space) : 0;
    area->object = object;
    area->offset = offset;
    area_insert(space, area);
    spares_put(&spares);
    area_merge(area);
    space_end(space);
    return 0;
}

int space_unmap(struct space *space, uaddr_t addr, uint64_t length)
{
    struct spares spares;

    length = page_up(length);
    if (!range_is_valid(space, addr, length))
        return -EINVAL;
    space_begin(space);
    int error = areas_check_seals(space, addr, addr + length);
    if (error == 0)
        error =
            spares_get(&spares, space, areas_cuts(space, addr, addr + length), areas_hole(space, addr, addr + length));
    if (error != 0) {
        space_end(space);
        return error;
    }
    areas_cut(space, addr, addr + length, &spares);
    areas_remove(space, addr, addr + length);
    areas_trim_tables(space, addr, addr + length);
    spares_put(&spares);
    space_end(space);
    return 0;
}

static unsigned access_of(unsigned prot)
{
    return (prot & PROT_WRITE ? ACCESS_WRITE | ACCESS_READ : 0) | (prot & PROT_READ ? ACCESS_READ : 0) |
           (prot & PROT_EXEC ? ACCESS_EXEC | ACCESS_READ : 0);
}

/* The area's key from now on: as Linux, one that is given for areas that are only executed ends with that. */
static uint8_t key_of(const struct area *area, unsigned prot, int key)
{
    uint8_t own = key == KEY_KEEP && prot == PROT_EXEC ? only_execute(area->space) : 0;

    if (key != KEY_KEEP)
        return (uint8_t)key;
    if (own != 0)
        return own;
    return area->key == area->space->only_execute && prot != PROT_EXEC ? 0 : area->key;
}

/* Gives the areas that lie in [addr, end), whose ends are borders, a protection and a key, up to the first gap or
 * refusal. */
static int areas_protect(struct space *space, uaddr_t addr, uaddr_t end, unsigned asked, int key)
{
    struct area *area = area_first(space, addr);
    unsigned prot = asked & ~PROT_SEM, areas = 0;

    for (uaddr_t done = addr; done < end; area = area_next(area)) {
        if (area == NULL || area->start > done)
            return -ENOMEM;
        if (prot & ~area->max_prot)
            return -EACCES;
        if (area->sealed)
            return -EPERM;
        if ((prot & PROT_WRITE) && !area->shared && !area_is_data(area) && !area->unreserved &&
            commit_exceeds(area->end - area->start))
            return -ENOMEM;
        area->key = key_of(area, asked, key);
        area_set_prot(area, prot);
        /* A page that may be written is made so by a fault: it may be shared with the page cache. */
        pagetable_restrict(&space->arch, area->start, area->end,
                           access_of(prot) | (unsigned)area->key << ACCESS_KEY_SHIFT);
        done = area->end;
        space_turn_area(space, &areas);
    }
    return 0;
}

int space_protect_key(struct space *space, uaddr_t addr, uint64_t length, unsigned prot, int key)
{
    struct spares spares;

    if (addr & PAGE_MASK)
        return -EINVAL;
    if (length == 0)
        return 0;
    length = page_up(length);
    if (!range_is_valid(space, addr, length))
        return -ENOMEM;
    space_begin(space);
    unsigned cuts = areas_cuts(space, addr, addr + length);
    int error = spares_get(&spares, space, cuts, cuts);
    if (error != 0)
        return error;
    areas_cut(space, addr, addr + length, &spares);
    spares_put(&spares);
    error = areas_protect(space, addr, addr + length, prot, key);
    areas_merge(space, addr, addr + length);
    space_end(space);
    return error;
}

uaddr_t space_brk(struct space *space, uaddr_t want)
{
    uaddr_t old_end = page_up(space->brk), new_end = page_up(want);

    if (want < space->brk_start || want > space->mmap_top)
        return space->brk;
    if (new_end < old_end && space_unmap(space, new_end, old_end - new_end) != 0)
        return space->brk;
    if (new_end > old_end &&
        space_map(space, &old_end, new_end - old_end, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE | PROT_EXEC,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, NULL, 0) != 0)
        return space->brk;
    space->brk = want;
    return want;
}

uint64_t space_mapped(const struct space *space, uaddr_t start, uaddr_t end, bool data_only)
{
    uint64_t sum = 0;

    if (start == 0 && end >= space->top)
        return data_only ? space->data_bytes : space->mapped_bytes;
    for (const struct area *area = area_first(space, start); area != NULL && area->start < end;
         area = area_next(area)) {
        if (!data_only || (area_is_data(area) && !area->grows))
            sum += (area->end < end ? area->end : end) - (area->start > start ? area->start : start);
    }
    return sum;
}
