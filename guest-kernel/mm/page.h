/* SPDX-License-Identifier: Apache-2.0 */
/*
 * page.h - page frames.
 *
 * Every frame has a struct page in one array; the array is zero memory that the VMM gave us, so it costs nothing until
 * a frame is used. Frames are handed out in address order first (never used, hence zero), freed ones later.
 */
#ifndef GK_MM_PAGE_H
#define GK_MM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/types.h"

/* In flags: the page is the memory of those that map it and of nobody else, as no object gave it. */
#define PAGE_ANONYMOUS 0x100u
/* The same, for good: not of memory, but of a device's window (mm/window.h). */
#define PAGE_WINDOW 0x400u

struct page {
    uint32_t refs;  /* 0: free; an entry of a user's page table holds one as well */
    uint32_t flags; /* for the owner: the page cache's PAGE_DIRTY ... */
    union {
        uint32_t map_count; /* a page that programs may have: how many entries of their page tables map it */
        struct page *next_free;
        struct { /* page_link's: mm/page.c's lists of free blocks, mm/pagetable.c's of a space's tables */
            uint32_t next, previous;
        } block;
        void *owner;
    };
};

/* A zeroed frame with one reference, or NULL: memory is used up. */
struct page *page_alloc(void);
/* The same, but its contents may be anything: for a frame that will be filled completely. */
struct page *page_alloc_dirty(void);
/* 2^order frames in a row, naturally aligned, zeroed, each with one reference; order is at most 7. They may be put one
 * by one, or together, when they are at hand again as they are. */
struct page *page_alloc_order(unsigned order);
struct page *page_alloc_order_dirty(unsigned order);
void page_put_order(struct page *first, unsigned order);
/* page_alloc of up to `count` frames, at most PAGES_SHARED_MAX, and page_put, of who shares the kernel lock. How many
 * there are that can be had by a look. */
#define PAGES_SHARED_MAX 32u
unsigned page_alloc_shared(struct page **pages, unsigned count);
void page_put_shared(struct page *page);
static inline void page_get(struct page *page)
{
    page->refs++;
}
void page_put(struct page *page);      /* the last reference frees it */
void page_put_zero(struct page *page); /* the same, by who has the only one, of a frame that is zero: for page_alloc */

/* For who puts a page into a user's page table, with a reference that it has, or takes it out of there. */
static inline void page_mapped(struct page *page)
{
    page->map_count++;
}
static inline void page_unmapped(struct page *page)
{
    page->map_count--;
    page_put(page);
}

/* Whether a page that one page table maps, with a write to it refused, may just be written by that one's program.
 *
 * Others who hold it, such as a device that fills it, do so for that program: user_page_get gives out no anonymous page
 * that several map, and fork copies one that is held. A page of an object is never anybody's own. */
static inline bool page_is_exclusive(const struct page *page)
{
    return (page->flags & PAGE_ANONYMOUS) && page->map_count == 1;
}
static inline bool page_is_held(const struct page *page)
{
    return page->refs > page->map_count;
}

/* When memory runs out, reclaim(pages) is asked to free some first (page_put); it returns how many it has freed. It is
 * called from within any allocation. */
void page_set_reclaim(uint64_t (*reclaim)(uint64_t pages));

/* Memory that was kept back at boot (mm/init.h) and is of no more use, in whole pages: it is handed out when all other
 * is used up. What follows on what was given last may always be given; besides, one piece may. */
void page_give(paddr_t start, paddr_t end);

/* Its bytes through the kernel's own map, its physical address, and back. */
void *page_data(const struct page *page);
paddr_t page_phys(const struct page *page);
struct page *page_of(paddr_t pa); /* NULL: not RAM, nor of a window that is in use */

/* A short name for a page, in lists of pages, and whose it is; 0 is NULL. */
uint32_t page_link(const struct page *page);
struct page *page_linked(uint32_t link);

/* Physical memory in the kernel's own map: pa must lie in a GiB that arch_map_memory has made visible. */
void *phys_to_virt(paddr_t pa);
paddr_t virt_to_phys(const void *va); /* a kernel object: image, page or kmalloc */

/* ---- mm/window.c's ---- */

#define PAGE_TABLE_FRAMES (PAGE_SIZE / sizeof(struct page)) /* that a table has, which is a frame itself */

/* From now on the `count` frames from `base` on, which aren't memory, have a struct page if their table is there:
 * tables[i] is that of the PAGE_TABLE_FRAMES from the i-th such row on, or NULL. A table's frame has the address of the
 * first one in page_of(its address)->owner. */
void page_window(paddr_t base, uint64_t count, struct page **tables);

/* Frames that the allocator has had, and those of them that are free now. */
uint64_t page_total_count(void);
uint64_t page_free_count(void);
/* Those that have been in use at any time, which are about as many as were at once: freed ones are used again first. */
uint64_t page_touched_count(void);

#endif
