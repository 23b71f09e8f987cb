/* SPDX-License-Identifier: Apache-2.0 */
/* pagewait.c - see pagewait.h: one table of queues for all pages, as few are waited for at a time. */
#include "vfs/pagewait.h"

#include "core/log.h"
#include "core/thread.h"
#include "core/wait.h"
#include "mm/check.h"

#define QUEUES 32u /* a power of two */

static struct wait_queue queues[QUEUES];

static struct wait_queue *queue_of(const struct page *page)
{
    return &queues[(uintptr_t)page / sizeof(*page) % QUEUES];
}

void page_wait(struct page *page, uint32_t flags)
{
    if (CHECKS_ON && current_thread()->wants_no_wait != 0)
        panic("a page is waited for by who has a volume or a page");
    while (page->flags & flags)
        (void)wait_on(queue_of(page), WAIT_FOREVER, 0);
}

/* Those who wait for other pages look at theirs again. */
void page_done(struct page *page, uint32_t flags)
{
    page->flags &= ~flags;
    wait_wake_all(queue_of(page), 0);
}
