/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault.c - fills page tables on demand: zero pages, file pages, copies of what is written privately.
 *
 * A fault costs more than filling a dozen entries, on soft KVM a hundred times more. So a fault also maps the file's
 * pages around it that are in memory anyway, and a program that goes through fresh memory in order gets more and more
 * of it at a time, from fault_first_step on. (Shadow page tables, as soft KVM has them, are filled in pieces too, from
 * entries that are there.)
 */
#include "abi/errno.h"
#include "core/wait.h"
#include "lib/string.h"
#include "mm/area.h"
#include "mm/fault.h"
#include "mm/init.h"
#include "mm/keys.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/tlb.h"
#include "mm/space.h"
#include "mm/turns.h"

#define AROUND_PAGES 16u /* a power of two; their entries are in one table, as the block is aligned */
#define AHEAD_PAGES_MAX ((2u << 20) / (unsigned)PAGE_SIZE) /* at most a table of entries */
#define AHEAD_RESERVE 256u /* no page is given ahead of its use when fewer than these are free */

unsigned fault_first_step;

static struct area *area_find(struct space *space, uaddr_t addr)
{
    struct area *area = space->last_hit;

    if (area != NULL && addr >= area->start && addr < area->end)
        return area;
    area = area_first(space, addr);
    if (area == NULL || addr < area->start)
        return NULL;
    space->last_hit = area;
    return area;
}

static bool area_allows(const struct area *area, unsigned access)
{
    if (access & ACCESS_WRITE)
        return area->prot & PROT_WRITE;
    if (access & ACCESS_EXEC)
        return area->prot & PROT_EXEC;
    return area->prot != 0; /* as Linux: what can be written or executed can be read */
}

/* What the page table entry may grant: all that the area does, as on Linux, but for writing. A private page is writable
 * only once it is ours alone; a shared file's page only after a write fault, which is how the file learns that it is
 * dirty. */
static unsigned area_access(const struct area *area, bool writable)
{
    unsigned access = ACCESS_READ;

    if (writable && (area->prot & PROT_WRITE))
        access |= ACCESS_WRITE;
    if (area->prot & PROT_EXEC)
        access |= ACCESS_EXEC;
    return access | (unsigned)area->key << ACCESS_KEY_SHIFT;
}

static struct page *page_anonymous(struct page *page)
{
    if (page != NULL)
        page->flags = PAGE_ANONYMOUS;
    return page;
}

struct page *fault_page_copy(struct page *from)
{
    struct page *copy;

    page_get(from); /* or an allocation might reclaim it */
    copy = page_anonymous(page_alloc_dirty());
    if (copy != NULL)
        memcpy(page_data(copy), page_data(from), PAGE_SIZE);
    page_put(from);
    return copy;
}

/* The object may have to wait for its page, and others run meanwhile. -EAGAIN: they have changed the space's areas, so
 * that this one may be gone, and page tables with it. */
static int page_of_object(const struct area *area, uaddr_t va, bool will_write, struct page **out)
{
    struct vm_object *object = area->object;
    const struct space *space = area->space;
    uint64_t index = (area->offset + (va - area->start)) >> PAGE_SHIFT, changes = space->changes;

    object->ops->get(object);
    int error = object->ops->page(object, index, will_write, out);
    object->ops->put(object);
    if (changes == space->changes)
        return error != -EAGAIN ? error : -EIO; /* the object has no say in that */
    if (error == 0)
        page_put(*out);
    return -EAGAIN;
}

static int page_bring(struct area *area, uaddr_t va, bool write, struct page **out, bool *writable)
{
    if (area->object == NULL) {
        *out = page_anonymous(page_alloc());
        *writable = true;
        return *out != NULL ? 0 : -ENOMEM;
    }
    struct page *page;
    int error = page_of_object(area, va, area->shared && write, &page);

    if (error != 0)
        return error;
    *writable = write || area->object->ops->is_memory;
    *out = page;
    if (area->shared || !write)
        return 0;
    *out = fault_page_copy(page);
    page_put(page);
    return *out != NULL ? 0 : -ENOMEM;
}

/* A write to a page that is there, but read-only: it is exclusive by now, or to be copied. */
static int page_own(struct area *area, uaddr_t va, uint64_t *pte)
{
    struct page *page = page_of(isa_pte_address(*pte)), *own = page;

    if (area->shared && area->object != NULL) {
        page_get(page); /* or to bring the object's in might reclaim this one */
        int error = page_of_object(area, va, true, &own);
        bool is_there = error == 0 && isa_pte_is_present(*pte) && page_of(isa_pte_address(*pte)) == page;
        page_put(page);
        if (error == 0 && !is_there)
            page_put(own);
        if (!is_there)
            return error != 0 ? error : -EAGAIN;
    } else if (page_is_exclusive(page)) {
        page_get(page);
    } else if ((own = fault_page_copy(page)) == NULL) {
        return -ENOMEM;
    }
    if (area->prot & PROT_EXEC)
        ISA_CODE_PUBLISH(&area->space->arch);
    /* An entry that goes over to another page is absent in between: some TLBs must not see both (Arm ARM, D8.14.1). */
    uint64_t entry = isa_pte_page(page_phys(own), area_access(area, true));
    if (own != page) {
        *pte = 0;
        tlb_forget_page(&area->space->arch, va);
    }
    *pte = entry;
    arch_tlb_flush_page(va);
    page_mapped(own); /* the new reference replaces the entry's, the same page's as a rule where it isn't copied */
    page_unmapped(page);
    return 0;
}

int fault_unshare(struct space *space, uaddr_t addr)
{
    uint64_t *pte = pagetable_find(&space->arch, addr);
    const struct page *page = page_of(isa_pte_address(*pte));
    struct area *area = area_find(space, addr);

    if (!(page->flags & PAGE_ANONYMOUS) || page->map_count == 1 || area == NULL)
        return 0;
    return page_own(area, addr & ~PAGE_MASK, pte);
}

int fault_own(struct space *space, uaddr_t addr)
{
    uint64_t *pte = pagetable_find(&space->arch, addr);

    if (page_of(isa_pte_address(*pte)) == NULL) /* the kernel's own, as the vDSO's */
        return -EFAULT;
    return page_own(area_find(space, addr), addr & ~PAGE_MASK, pte);
}

/* Maps what is in memory of the file around `va`, whose entry is `pte`. */
static void file_around(struct space *space, struct area *area, uaddr_t va, uint64_t *pte)
{
    uaddr_t at = va & ~(AROUND_PAGES * PAGE_SIZE - 1), end = at + AROUND_PAGES * PAGE_SIZE;

    if (at < area->start)
        at = area->start;
    if (end > area->end)
        end = area->end;
    for (pte -= (va - at) >> PAGE_SHIFT; at < end; at += PAGE_SIZE, pte++) {
        if (*pte != 0)
            continue;
        struct page *page = area->object->ops->find(area->object, (area->offset + (at - area->start)) >> PAGE_SHIFT);
        if (page == NULL)
            continue;
        page_mapped(page);
        *pte = isa_pte_page(page_phys(page), area_access(area, false));
        space->resident_pages++;
    }
}

/*
 * An area remembers some walks through its memory: for each the number of the page where it goes on, and below that, in
 * WALK_BITS, its last step, log2 of its pages, and whether a guess took part in it. The number is cut short, as all
 * this is but a hint.
 */
#define WALK_BITS 5u
#define WALK_STEP 0xfu
#define WALK_GUESSED 0x10u

static uint32_t walk_make(uaddr_t va, unsigned state)
{
    return (uint32_t)(va >> PAGE_SHIFT) << WALK_BITS | state;
}

/* Whether a space may get pages that it perhaps never touches: as long as it has less than half of what is free,
 * or a program that uses a page here and there of a large array would run out of memory that it doesn't need. */
static bool may_guess(const struct space *space)
{
    uint64_t free = page_free_count();

    return free > AHEAD_RESERVE && __atomic_load_n(&space->resident_pages, __ATOMIC_RELAXED) < free / 2;
}

/* The walk that a fault at `va` belongs to, and in *state its step now: twice as large as the last, up to
 * AHEAD_PAGES_MAX. One that is ahead of where it goes on by less than the last step belongs to it as well, as malloc
 * marks the end of a block before the program fills it: `skipped` is by how many pages. If it belongs to none it is the
 * first of a new one, in the place of the oldest. Where no guess may be made, a walk goes on only where it ended, and
 * one that owes its step to guesses begins anew. */
static uint32_t *walk_find(struct area *area, uaddr_t va, unsigned *state, unsigned *skipped)
{
    bool guess = may_guess(area->space);

    for (uint32_t *walk = area->walk; walk < area->walk + AREA_WALKS; walk++) {
        unsigned last = *walk & WALK_STEP, guessed = *walk & WALK_GUESSED;
        uint32_t ahead = (walk_make(va, last | guessed) - *walk) >> WALK_BITS;
        if (guess ? ahead >> last == 0 : ahead == 0 && guessed == 0) {
            *state = (2u << last <= AHEAD_PAGES_MAX ? last + 1 : last) | (ahead != 0 ? WALK_GUESSED : guessed);
            *skipped = ahead;
            return walk;
        }
    }
    if (area->end - area->start < AREA_SMALL) /* mincore(2) tells what was touched */
        guess = false;
    *state = guess && fault_first_step != 0 ? fault_first_step | WALK_GUESSED : 0;
    *skipped = 0;
    return &area->walk[area->walk_next++ % AREA_WALKS];
}

/* How many pages to give for a fault at `va`: the step, as far as the area and the table of entries reach, and never
 * more than a 16th of what is free. A frame that was never used costs the host nothing before the program touches it.
 */
static unsigned ahead_pages(const struct area *area, uaddr_t va, unsigned step)
{
    uint64_t free = page_free_count(), rest = (area->end - va) >> PAGE_SHIFT;
    uint64_t pages = free > AHEAD_RESERVE ? 1ull << step : 1;
    unsigned entries = ISA_PT_ENTRIES - isa_pt_index(va, 0);

    if (pages > free / 16)
        pages = free / 16 + 1;
    if (pages > entries)
        pages = entries;
    return (unsigned)(pages < rest ? pages : rest);
}

/* What else is given with the page of a fault. */
struct ahead {
    uint32_t *walk;
    unsigned state;         /* the walk's from here on: its step, and WALK_GUESSED */
    unsigned before, pages; /* that many right before it, and with it and behind it */
};

static struct ahead ahead_plan(struct area *area, uaddr_t va, const uint64_t *pte)
{
    struct ahead ahead = {.before = 0};
    unsigned skipped;

    ahead.walk = walk_find(area, va, &ahead.state, &skipped);
    ahead.pages = ahead_pages(area, va, ahead.state & WALK_STEP);
    if (skipped > isa_pt_index(va, 0))
        skipped = isa_pt_index(va, 0);
    while (ahead.before < skipped && ahead.before < ahead.pages && va - ahead.before * PAGE_SIZE > area->start &&
           __atomic_load_n(pte - ahead.before - 1, __ATOMIC_RELAXED) == 0)
        ahead.before++;
    return ahead;
}

static bool is_memory(const struct area *area)
{
    return area->object == NULL || area->object->ops->is_memory;
}

/* The page beside one that was just brought in; NULL: it can't be had. */
static struct page *page_ahead(const struct area *area, uaddr_t va)
{
    struct page *page;

    if (area->object == NULL)
        return page_anonymous(page_alloc());
    return area->object->ops->page(area->object, (area->offset + (va - area->start)) >> PAGE_SHIFT, true, &page) != 0
               ? NULL
               : page;
}

/* False: it is there, or can't be had. */
static bool ahead_give(struct area *area, uaddr_t va, uint64_t *pte)
{
    struct page *page = *pte == 0 ? page_ahead(area, va) : NULL;

    if (page == NULL)
        return false;
    page_mapped(page);
    *pte = isa_pte_page(page_phys(page), area_access(area, true));
    area->space->resident_pages++;
    return true;
}

/* Pages of memory beside the one at `va`. */
static void anonymous_ahead(struct area *area, uaddr_t va, uint64_t *pte)
{
    struct ahead ahead = ahead_plan(area, va, pte);
    unsigned n = 1;

    while (n <= ahead.before && ahead_give(area, va - n * PAGE_SIZE, pte - n))
        n++;
    for (n = 1; n < ahead.pages && ahead_give(area, va + n * PAGE_SIZE, pte + n); n++)
        continue;
    *ahead.walk = walk_make(va + n * PAGE_SIZE, ahead.state);
}

/* -EAGAIN: others have changed what was looked at, while this waited. */
static int fault_try(struct space *space, uaddr_t addr, unsigned access)
{
    uaddr_t va = addr & ~PAGE_MASK;
    struct area *area = addr < ISA_USER_TOP ? area_find(space, addr) : NULL;

    if (area == NULL)
        area = addr < ISA_USER_TOP ? area_grow(space, addr) : NULL;
    if (area == NULL)
        return -EFAULT;
    if ((access & ACCESS_KEYED) && !key_allows(area->key, access))
        return -EKEYREJECTED;
    if (!area_allows(area, access))
        return -EACCES;
    uint64_t *pte = pagetable_create(&space->arch, va);
    if (pte == NULL)
        return -ENOMEM;

    bool write = access & ACCESS_WRITE, writable;
    if (isa_pte_is_present(*pte)) {
        if (isa_pte_allows(*pte, access)) { /* by now: this CPU may remember what was there before */
            arch_tlb_flush_page(va);
            return 0;
        }
        if (write)
            return page_own(area, va, pte);
        if (area->prot & PROT_EXEC)
            ISA_CODE_PUBLISH(&space->arch);
        /* mprotect gave a right, perhaps back. What may be written by now stays so. */
        *pte = isa_pte_page(isa_pte_address(*pte), area_access(area, isa_pte_allows(*pte, ACCESS_WRITE)));
        arch_tlb_flush_page(va);
        return 0;
    }
    struct page *page;
    int error = page_bring(area, va, write, &page, &writable);
    if (error != 0)
        return error;
    if (__builtin_expect(*pte != 0, false) != 0) { /* somebody was here meanwhile */
        page_put(page);
        return -EAGAIN;
    }
    if (area->prot & PROT_EXEC)
        ISA_CODE_PUBLISH(&space->arch);
    page_mapped(page);
    *pte = isa_pte_page(page_phys(page), area_access(area, writable));
    space->resident_pages++;
    if (is_memory(area))
        anonymous_ahead(area, va, pte);
    else if (!write && area->object->ops->find != NULL)
        file_around(space, area, va, pte);
    return 0;
}

int space_fault(struct space *space, uaddr_t addr, unsigned access)
{
    int error;

    do {
        space_begin(space);
        error = space->is_reaped ? -EFAULT : fault_try(space, addr, access);
    } while (error == -EAGAIN);
    return error;
}

/* ---- of who shares the kernel lock: others may fill in the same entries ---- */

/* The area at `addr`, if it is memory of the program's own that may be accessed so. */
static struct area *own_memory(const struct space *space, uaddr_t addr, unsigned access)
{
    struct area *area = addr < ISA_USER_TOP ? area_first(space, addr) : NULL;

    if (area == NULL || addr < area->start || area->object != NULL || (area->prot & PROT_EXEC) ||
        !key_allows(area->key, access) || !area_allows(area, access))
        return NULL;
    return area;
}

/* Frames for the entries from *pte on, up to the first that somebody else has filled in. How many entries. */
static unsigned enter_shared(const struct area *area, uint64_t *pte, unsigned count)
{
    struct page *pages[PAGES_SHARED_MAX];
    unsigned got = page_alloc_shared(pages, count < PAGES_SHARED_MAX ? count : PAGES_SHARED_MAX), n;

    for (n = 0; n < got; n++) {
        uint64_t absent = 0, entry = isa_pte_page(page_phys(pages[n]), area_access(area, true));
        page_anonymous(pages[n])->map_count = 1;
        if (!__atomic_compare_exchange_n(&pte[n], &absent, entry, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            break;
    }
    for (unsigned left = n; left < got; left++) {
        pages[left]->map_count = 0;
        page_put_shared(pages[left]);
    }
    return n;
}

bool space_fault_shared(struct space *space, uaddr_t addr, unsigned access)
{
    uaddr_t va = addr & ~PAGE_MASK;
    struct area *area = own_memory(space, addr, access);
    uint64_t *pte = area != NULL ? pagetable_look(&space->arch, va) : NULL;
    unsigned more, n = 0;
    struct ahead ahead;

    if (space->changer != NULL || space->is_reaped || pte == NULL || __atomic_load_n(pte, __ATOMIC_RELAXED) != 0)
        return false;
    ahead = ahead_plan(area, va, pte); /* others may spoil that guess */
    pte -= ahead.before;
    ahead.pages += ahead.before;
    do {
        more = enter_shared(area, &pte[n], ahead.pages - n);
        n += more;
    } while (more == PAGES_SHARED_MAX && n < ahead.pages);
    if (n == 0)
        return false;
    __atomic_fetch_add(&space->resident_pages, n, __ATOMIC_RELAXED);
    if (n <= ahead.before)
        return false;
    *ahead.walk = walk_make(va + (n - ahead.before) * PAGE_SIZE, ahead.state);
    return true;
}

static int area_populate(struct space *space, const struct area *area, uaddr_t start, uaddr_t end)
{
    /* Private memory that can be written is made the program's own at once. */
    bool write = (area->prot & PROT_WRITE) && !area->shared;
    unsigned access = write ? ACCESS_WRITE : area->prot & PROT_EXEC ? ACCESS_EXEC : ACCESS_READ;
    unsigned pages = 0;
    int error = 0;

    if (area->locked & AREA_LOCKED_ON_FAULT)
        return 0;
    if (!key_allows(area->key, write ? ACCESS_WRITE : ACCESS_READ))
        return -EFAULT;
    for (uaddr_t at = start; at < end && error == 0; at += PAGE_SIZE) {
        const uint64_t *pte = pagetable_find(&space->arch, at);
        if (pte == NULL || !isa_pte_allows(*pte, access))
            error = space_fault(space, at, access);
        if (++pages % SPACE_TURN == 0 && wait_loop_ends(true)) /* `area` may be gone */
            error = -EINTR;
    }
    return error;
}

int space_populate(struct space *space, uaddr_t start, uaddr_t end)
{
    unsigned areas = 0;
    int error = 0;

    while (start < end && error == 0) {
        const struct area *area = area_first(space, start);
        if (area == NULL || area->start > start)
            return -ENOMEM;
        uaddr_t stop = area->end < end ? area->end : end;
        error = area_populate(space, area, start, stop);
        start = stop;
        if (++areas % SPACE_TURN_AREAS == 0 && error == 0 && wait_loop_ends(true))
            error = -EINTR;
    }
    return error;
}

/* Whether new memory of so many bytes may be given at once: no more than the space has given back, as it may never
 * touch that. */
static bool may_give_small(const struct space *space, const struct area *area, uint64_t length)
{
    return area != NULL && area->object == NULL && area->prot == (PROT_READ | PROT_WRITE) && !area->unreserved &&
           !area->grows && length < AREA_SMALL && length >> PAGE_SHIFT <= space->small_pages && may_guess(space);
}

void space_give_small(struct space *space, uaddr_t start, uint64_t length)
{
    struct area *area;

    if (fault_first_step == 0 || space->small_unmaps < SMALL_UNMAPS_SURE)
        return;
    area = area_find(space, start);
    if (!may_give_small(space, area, length))
        return;
    for (uaddr_t at = start; at < start + length; at += PAGE_SIZE, space->small_pages--) {
        uint64_t *pte = pagetable_create(&space->arch, at);
        if (pte == NULL || !ahead_give(area, at, pte))
            return;
    }
}

void space_map_ahead(struct space *space, uaddr_t addr)
{
    struct area *area = area_find(space, addr);
    uint64_t *pte = pagetable_find(&space->arch, addr);

    if (area != NULL && area->object != NULL && pte != NULL)
        file_around(space, area, addr & ~PAGE_MASK, pte);
}
