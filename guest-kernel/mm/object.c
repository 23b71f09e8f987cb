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
