/* SPDX-License-Identifier: Apache-2.0 */
/* object.c - the reverse map at work: from an object to the page tables that have its pages. */
#include "mm/object.h"

#include "core/wait.h"
#include "mm/mapping.h"
#include "mm/pagetable.h"
#include "mm/tlb.h"

/* Bytes of the area in front of the page at `index` of its object. */
static uint64_t bytes_before(const struct area *area, uint64_t index)
{
    uint64_t size = area->end - area->start, first = area->offset >> PAGE_SHIFT;

    return index <= first ? 0 : index - first < size >> PAGE_SHIFT ? (index - first) << PAGE_SHIFT : size;
}

void object_unmap(struct vm_object *object, uint64_t first, uint64_t end)
{
    for (struct area *area = object->areas; area != NULL; area = area->object_next) {
        uint64_t from = bytes_before(area, first), to = bytes_before(area, end);
        if (from < to)
            space_pages_left(area->space,
                             pagetable_unmap_at_once(&area->space->arch, area->start + from, area->start + to));
    }
}

#define UNMAP_STEP 1024u   /* pages of an area, most of which may be missing */
#define UNMAP_LOOKS 1024u  /* at so many steps, or */
#define UNMAP_COPIES 4096u /* with so many pages: then others have a turn */

/* What lies between area->gone_to and `to`. How many pages there were. */
static uint64_t area_unmap(struct area *area, uint64_t to)
{
    uint64_t from_byte = bytes_before(area, area->gone_to), to_byte = bytes_before(area, to), pages = 0;

    if (from_byte < to_byte) {
        pages = pagetable_unmap_at_once(&area->space->arch, area->start + from_byte, area->start + to_byte);
        space_pages_left(area->space, pages);
    }
    area->gone_to = to;
    return pages;
}

/* True: there is more. Areas whose pages are gone already are stepped over. *found: so many pages were there, more. */
static bool unmap_some(struct vm_object *object, uint64_t first, uint64_t *found)
{
    uint64_t looks = 0, copies = 0;

    for (struct area *area = object->areas; area != NULL; area = area->object_next) {
        uint64_t start = area->offset >> PAGE_SHIFT, end = start + ((area->end - area->start) >> PAGE_SHIFT);

        if (area->gone_to < first || area->gone_to < start)
            area->gone_to = first > start ? first : start;
        while (area->gone_to < end) {
            uint64_t to = end - area->gone_to < UNMAP_STEP ? end : area->gone_to + UNMAP_STEP, pages;
            if (looks >= UNMAP_LOOKS || copies >= UNMAP_COPIES)
                return true;
            pages = area_unmap(area, to);
            copies += pages;
            *found += pages;
            looks++;
        }
    }
    return false;
}

/* A fork or a move in turns of its own takes pages from an area that isn't done to one that is: so where others had
 * turns, and there was anything to take, all are looked at once more. */
void object_unmap_in_turns(struct vm_object *object, uint64_t first)
{
    uint64_t found;
    bool others_came;

    do {
        found = 0;
        others_came = false;
        for (struct area *area = object->areas; area != NULL; area = area->object_next)
            area->gone_to = first;
        while (unmap_some(object, first, &found)) {
            others_came = true;
            (void)wait_loop_ends(true);
        }
    } while (others_came && found != 0);
}

static uaddr_t address_in(const struct area *area, uint64_t offset)
{
    return area->start + (offset - area->offset);
}

/* The entry of the page at `offset` of the area's object. NULL: the area doesn't map it, or has a copy of it. */
static uint64_t *entry_of(const struct area *area, uint64_t offset, const struct page *page)
{
    if (offset < area->offset || offset - area->offset >= area->end - area->start)
        return NULL;
    uint64_t *pte = pagetable_find(&area->space->arch, address_in(area, offset));
    return pte != NULL && isa_pte_is_present(*pte) && page_of(isa_pte_address(*pte)) == page ? pte : NULL;
}

static void area_unmap_page(const struct area *area, uint64_t offset, struct page *page)
{
    uint64_t *pte = entry_of(area, offset, page);

    if (pte == NULL)
        return;
    *pte = 0;
    tlb_forget_page(&area->space->arch, address_in(area, offset));
    space_pages_left(area->space, 1);
    page_unmapped(page);
}

bool object_unmap_page(struct vm_object *object, uint64_t index, struct page *page)
{
    uint64_t offset = index << PAGE_SHIFT;

    for (const struct area *area = object->areas; area != NULL && page->map_count != 0; area = area->object_next)
        area_unmap_page(area, offset, page);
    return page->map_count == 0;
}

static void area_protect_page(const struct area *area, uint64_t offset, const struct page *page)
{
    uint64_t *pte = entry_of(area, offset, page);

    if (pte == NULL || !isa_pte_allows(*pte, ACCESS_WRITE))
        return;
    *pte = isa_pte_read_only(*pte);
    tlb_forget_page(&area->space->arch, address_in(area, offset));
}

void object_protect_page(struct vm_object *object, uint64_t index, const struct page *page)
{
    uint64_t offset = index << PAGE_SHIFT;

    for (const struct area *area = object->areas; area != NULL; area = area->object_next)
        area_protect_page(area, offset, page);
}

bool object_page_is_locked(const struct vm_object *object, uint64_t index, const struct page *page)
{
    for (const struct area *area = object->areas; area != NULL; area = area->object_next)
        if (area->locked != 0 && entry_of(area, index << PAGE_SHIFT, page) != NULL)
            return true;
    return false;
}
