/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - the reverse map at work: from an object to the page tables that have its pages. */
#include "mm/object.h"

#include "mm/mapping.h"
#include "mm/pagetable.h"

void object_unmap(struct vm_object *object, uint64_t first)
{
    uint64_t at = first << PAGE_SHIFT;

    for (struct area *area = object->areas; area != NULL; area = area->object_next) {
        uint64_t before = at > area->offset ? at - area->offset : 0; /* bytes of the area that stay */
        if (before < area->end - area->start)
            area->space->resident_pages -= pagetable_unmap(&area->space->arch, area->start + before, area->end);
    }
}

static void area_unmap_page(const struct area *area, uint64_t offset, struct page *page)
{
    uaddr_t va = area->start + (offset - area->offset);
    uint64_t *pte = pagetable_find(&area->space->arch, va);

    if (pte == NULL || !isa_pte_is_present(*pte) || page_of(isa_pte_address(*pte)) != page) /* or a copy of it */
        return;
    *pte = 0;
    arch_tlb_flush_page(va);
    area->space->resident_pages--;
    page_unmapped(page);
}

bool object_unmap_page(struct vm_object *object, uint64_t index, struct page *page)
{
    uint64_t offset = index << PAGE_SHIFT;

    for (const struct area *area = object->areas; area != NULL && page->map_count != 0; area = area->object_next)
        if (offset >= area->offset && offset - area->offset < area->end - area->start)
            area_unmap_page(area, offset, page);
    return page->map_count == 0;
}
