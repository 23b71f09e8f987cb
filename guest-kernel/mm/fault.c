/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - fills page tables on demand: zero pages, file pages, copies of what is written privately. */
#include "abi/errno.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/pagetable.h"
#include "mm/space.h"

static struct area *area_find(struct space *space, uaddr_t addr)
{
    struct area *area = space->last_hit;

    if (area && addr >= area->start && addr < area->end)
        return area;
    for (area = space->areas; area && area->end <= addr; area = area->next)
        ;
    if (!area || addr < area->start)
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

/* What the page table entry may grant. A private page is writable only once it is ours alone; a shared file's page only
 * after a write fault, which is how the file learns that it is dirty. W and X never stand together. */
static unsigned area_access(const struct area *area, bool writable)
{
    unsigned access = ACCESS_READ;

    if (writable && (area->prot & PROT_WRITE))
        access |= ACCESS_WRITE;
    else if (area->prot & PROT_EXEC)
        access |= ACCESS_EXEC;
    return access;
}

static int page_copy(struct page *from, struct page **out)
{
    struct page *copy = page_alloc_dirty();

    if (!copy)
        return -ENOMEM;
    memcpy(page_data(copy), page_data(from), PAGE_SIZE);
    *out = copy;
    return 0;
}

static int page_bring(struct area *area, uaddr_t va, bool write, struct page **out, bool *writable)
{
    if (!area->object) {
        *out = page_alloc();
        *writable = true;
        return *out ? 0 : -ENOMEM;
    }
    struct page *page;
    uint64_t index = (area->offset + (va - area->start)) >> PAGE_SHIFT;
    int err = area->object->ops->page(area->object, index, area->shared && write, &page);

    if (err)
        return err;
    *writable = write;
    *out = page;
    if (area->shared || !write)
        return 0;
    err = page_copy(page, out);
    page_put(page);
    return err;
}

/* A write to a page that is there, but read-only: ours alone by now, or to be copied. */
static int page_own(struct area *area, uaddr_t va, uint64_t *pte)
{
    struct page *page = page_of(isa_pte_address(*pte)), *own = page;

    if (area->shared && area->object) {
        uint64_t index = (area->offset + (va - area->start)) >> PAGE_SHIFT;
        int err = area->object->ops->page(area->object, index, true, &own);
        if (err)
            return err;
        page_put(page); /* the same page as a rule: the new reference replaces the entry's */
    } else if (page->refs > 1) {
        int err = page_copy(page, &own);
        if (err)
            return err;
        page_put(page);
    }
    *pte = isa_pte_page(page_phys(own), area_access(area, true));
    arch_tlb_flush_page(va);
    return 0;
}

int space_fault(struct space *space, uaddr_t addr, unsigned access)
{
    uaddr_t va = addr & ~PAGE_MASK;
    struct area *area = addr < ISA_USER_TOP ? area_find(space, addr) : NULL;

    if (!area)
        return -EFAULT;
    if (!area_allows(area, access))
        return -EACCES;
    uint64_t *pte = pagetable_create(&space->arch, va);
    if (!pte)
        return -ENOMEM;

    bool write = access & ACCESS_WRITE, writable;
    if (isa_pte_is_present(*pte)) {
        if (isa_pte_allows(*pte, access))
            return 0;
        if (write)
            return page_own(area, va, pte);
        /* mprotect took a right away and gave it back, or a page that was written is to be executed. */
        *pte = isa_pte_page(isa_pte_address(*pte), area_access(area, false));
        arch_tlb_flush_page(va);
        return 0;
    }
    struct page *page;
    int err = page_bring(area, va, write, &page, &writable);
    if (err)
        return err;
    *pte = isa_pte_page(page_phys(page), area_access(area, writable));
    space->resident_pages++;
    return 0;
}
