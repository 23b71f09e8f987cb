/* SPDX-License-Identifier: Apache-2.0 */
/* remote.c - see remote.h. */
#include "mm/remote.h"

#include "lib/string.h"
#include "mm/area.h"
#include "mm/fault.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/usercopy.h"

#define SHARE_ONE 4096u

/* The kernel's view of a user address, whose page is brought in; NULL: it can't be had. Good until the thread waits. */
static char *view_of(struct space *space, uaddr_t addr, unsigned access)
{
    const struct area *area = addr < space->top ? area_first(space, addr) : NULL;
    const uint64_t *pte;

    if (area == NULL || area->start > addr)
        return NULL;
    pte = pagetable_find(&space->arch, addr);
    if (pte == NULL || !isa_pte_allows(*pte, access)) {
        if (usercopy_fault(space, addr, access) != 0)
            return NULL;
        pte = pagetable_find(&space->arch, addr);
    }
    return (char *)phys_to_virt(isa_pte_address(*pte)) + (addr & PAGE_MASK);
}

/* Whether the address is of a private area that the program only reads. */
static bool may_be_forced(const struct space *space, uaddr_t addr)
{
    const struct area *area = addr < space->top ? area_first(space, addr) : NULL;

    return area != NULL && area->start <= addr && !area->shared && !(area->prot & PROT_WRITE) &&
           (area->max_prot & PROT_WRITE);
}

/* The same for a write to such an area, as Linux's FOLL_FORCE: to a copy of its own. To bring the page in may wait, and
 * what is mapped there by then may be a file that is for reading only: nothing waits after the second look. */
static char *view_forced(struct space *space, uaddr_t addr)
{
    if (!may_be_forced(space, addr) || view_of(space, addr, ACCESS_READ) == NULL || !may_be_forced(space, addr) ||
        fault_own(space, addr) != 0)
        return NULL;
    return view_of(space, addr, ACCESS_READ);
}

size_t space_copy(struct space *space, uaddr_t addr, void *kernel, size_t size, enum space_access access)
{
    bool write = access != SPACE_READ;
    char *at = kernel;
    size_t done = 0;

    while (done < size) {
        size_t step = PAGE_SIZE - ((addr + done) & PAGE_MASK);
        char *view = view_of(space, addr + done, write ? ACCESS_WRITE : ACCESS_READ);

        if (view == NULL && access == SPACE_FORCE)
            view = view_forced(space, addr + done);
        if (view == NULL)
            break;
        if (step > size - done)
            step = size - done;
        memcpy(write ? view : at + done, write ? at + done : view, step);
        done += step;
    }
    return done;
}

static void pages_count(void *arg, uint64_t *table, unsigned first, unsigned last, uaddr_t base)
{
    struct area_pages *out = arg;

    (void)base;
    for (unsigned i = pagetable_used(table, first, last); i < last; i = pagetable_used(table, i + 1, last)) {
        const struct page *page = page_of(isa_pte_address(table[i]));
        uint64_t share;

        out->resident++;
        if (page == NULL) /* the kernel's own, as the vDSO's */
            continue;
        share = page->map_count > 1 ? SHARE_ONE / page->map_count : SHARE_ONE;
        out->share_sum += share;
        out->shared += page->map_count > 1;
        if (!(page->flags & PAGE_ANONYMOUS))
            continue;
        out->anonymous++;
        out->anonymous_share_sum += share;
        out->shared_anonymous += page->map_count > 1;
    }
}

void area_count_pages(const struct area *area, struct area_pages *out)
{
    *out = (struct area_pages){0};
    pagetable_walk_in_turns(&area->space->arch, area->start, area->end, pages_count, out);
}
