/* SPDX-License-Identifier: Apache-2.0 */
/* stack.c - see stack.h. */
#include "core/stack.h"

#include "mm/page.h"

#define STACK_ORDER (14 - PAGE_SHIFT)
_Static_assert(STACK_SIZE == PAGE_SIZE << STACK_ORDER, "a stack is so many pages");

void *stack_alloc(void)
{
    struct page *page = page_alloc_order_dirty(STACK_ORDER);

    return page != NULL ? page_data(page) : NULL;
}

void stack_free(void *stack)
{
    page_put_order(page_of(virt_to_phys(stack)), STACK_ORDER);
}
