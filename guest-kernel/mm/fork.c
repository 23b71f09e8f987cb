/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fork.c - a space's twin for a child process, and what programs ask to be left out of it.
 *
 * Anonymous pages are shared until one of the two writes: both have them read-only, and the fault copies. Pages of
 * objects are mapped in both as they are.
 */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/commit.h"
#include "mm/fault.h"
#include "mm/keys.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/space.h"
#include "mm/tlb.h"
#include "mm/turns.h"

/* ---- the page tables ---- */

struct fork {
    struct space *to;
    struct space *from;
    unsigned areas;  /* that were done */
    bool is_shared;  /* the area */
    bool has_denied; /* writing to a page that could be written */
    int error;
};

/* A page that a device fills, or reads from, is the parent's alone, as that has asked for it; the child has what is in
 * it now. */
static void held_copy(struct fork *fork, uint64_t pte, struct page *page, uint64_t *entry)
{
    unsigned access = key_of_entry(pte) << ACCESS_KEY_SHIFT;
    struct page *copy = fault_page_copy(page);

    for (unsigned bit = ACCESS_READ; bit <= ACCESS_EXEC; bit <<= 1)
        if (isa_pte_allows(pte, bit))
            access |= bit;
    if (copy == NULL) {
        fork->error = -ENOMEM;
        return;
    }
    page_mapped(copy);
    *entry = isa_pte_page(page_phys(copy), access);
    fork->to->resident_pages++;
}

static void page_fork(struct fork *fork, uint64_t *pte, uint64_t *entry)
{
    struct page *page = page_of(isa_pte_address(*pte));

    if ((page->flags & PAGE_ANONYMOUS) && page_is_held(page)) {
        held_copy(fork, *pte, page, entry);
        return;
    }
    uint64_t shared = fork->is_shared ? *pte : isa_pte_read_only(*pte);
    if (shared != *pte) {
        *pte = shared;
        fork->has_denied = true;
    }
    *entry = shared;
    page_get(page);
    page_mapped(page);
    fork->to->resident_pages++;
}

static void fork_visit(void *arg, uint64_t *table, unsigned i, unsigned last, uaddr_t base)
{
    struct fork *fork = arg;

    if (fork->error != 0 || (i = pagetable_used(table, i, last)) == last)
        return;
    uint64_t *entry = pagetable_create(&fork->to->arch, base);
    if (entry == NULL)
        fork->error = -ENOMEM;
    /* What was there a moment ago may be gone, to give memory for a table or a copy. */
    for (; fork->error == 0 && (i = pagetable_used(table, i, last)) < last; i++)
        page_fork(fork, &table[i], &entry[i]);
}

/* ---- the areas ---- */

static int area_fork(struct fork *fork, const struct area *area)
{
    if (area->fork & AREA_FORK_OMITS)
        return 0;
    struct area *twin = kmalloc(sizeof(*twin));
    if (twin == NULL)
        return -ENOMEM;
    *twin = *area;
    twin->node = (struct tree_node){0};
    memset(twin->walk, 0, sizeof(twin->walk));
    twin->locked = 0; /* a child's is its own to lock */
    area_insert(fork->to, twin);
    if (area->fork & AREA_FORK_WIPES)
        return 0;
    fork->is_shared = area->shared;
    space_turn_area(fork->from, &fork->areas);
    pagetable_walk_in_turns(&area->space->arch, area->start, area->end, fork_visit, fork);
    return fork->error;
}

int space_fork(struct space *from, struct space **out)
{
    space_begin(from);
    struct fork fork = {.from = from, .to = commit_is_refused(from->committed_bytes) ? NULL : space_create()};

    if (fork.to == NULL)
        return -ENOMEM;
    if (from->is_reaped) /* the caller is told to end: a child would have zeros */
        fork.error = -ENOMEM;
    fork.to->brk_start = from->brk_start;
    fork.to->brk = from->brk;
    fork.to->barriers = from->barriers;
    fork.to->top = from->top;
    fork.to->mmap_top = from->mmap_top;
    fork.to->vdso = from->vdso;
    fork.to->keys = from->keys;
    fork.to->only_execute = from->only_execute;
    fork.to->has_seals = from->has_seals;
    fork.to->place = from->place;
    fork.to->stack_limit = from->stack_limit;
    fork.to->may_grow = from->may_grow;
    for (const struct area *area = area_first(from, 0); area != NULL && fork.error == 0; area = area_next(area))
        fork.error = area_fork(&fork, area);
    if (fork.has_denied)
        tlb_forget_all(&from->arch);
    space_end(from);
    if (fork.error != 0) { /* a page that became read-only is exclusive again: a fault makes it what it was */
        space_put(fork.to);
        return fork.error;
    }
    *out = fork.to;
    return 0;
}

/* ---- what is left out ---- */

int space_fork_advise(struct space *space, uaddr_t start, uaddr_t end, unsigned set, unsigned clear)
{
    struct spares spares;
    unsigned areas = 0;
    uaddr_t at = start;
    space_begin(space);
    unsigned cuts = areas_cuts(space, start, end);
    int error = spares_get(&spares, space, cuts, cuts);

    if (error != 0)
        return -EAGAIN;
    areas_cut(space, start, end, &spares);
    spares_put(&spares);
    for (struct area *area = area_first(space, start); area != NULL && area->start < end; area = area_next(area)) {
        if ((set & AREA_FORK_WIPES) && (area->object != NULL || area->shared)) {
            error = -EINVAL;
            break;
        }
        if (set != 0 && area_keeps_contents(area)) {
            error = -EPERM;
            break;
        }
        if (area->start > at)
            error = -ENOMEM;
        at = area->end;
        area->fork = (uint8_t)((area->fork & ~clear) | set);
        space_turn_area(space, &areas);
    }
    areas_merge(space, start, end);
    space_end(space);
    return error == 0 && at < end ? -ENOMEM : error;
}
