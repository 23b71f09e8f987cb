/* SPDX-License-Identifier: Apache-2.0 */
/* window.c - see window.h. */
#include "mm/window.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "mm/check.h"
#include "mm/page.h"

#define GIB (1ull << 30)
#define SIZE_MAX_BYTES (63 * GIB)
#define TABLE_BYTES (PAGE_TABLE_FRAMES << PAGE_SHIFT) /* of the window, for which a table has what it takes */
#define MEMORY_SHARE 64u                              /* at most one of so many frames is for tables */

static struct {
    paddr_t base;
    uint64_t size;        /* 0: there is none */
    struct page **tables; /* page_window's */
    uint64_t tables_left; /* so many more may be made */
    uint64_t gibs;        /* a bit each for those that are in the kernel's map, from base's on */
} window;

static bool is_usable(paddr_t base, uint64_t size)
{
    return window.size == 0 && size != 0 && size <= SIZE_MAX_BYTES && !(base & PAGE_MASK) && !(size & PAGE_MASK) &&
           base < ISA_RAM_TOP && size <= ISA_RAM_TOP - base && page_of(base) == NULL &&
           page_of(base + size - 1) == NULL;
}

bool window_open(paddr_t base, uint64_t size)
{
    uint64_t count = (size + TABLE_BYTES - 1) / TABLE_BYTES;
    unsigned order = 0;

    if (!is_usable(base, size))
        return false;
    while ((PAGE_SIZE << order) / sizeof(window.tables[0]) < count)
        order++;
    struct page *pages = page_alloc_order(order);
    if (pages == NULL)
        return false;
    for (unsigned i = 0; i < 1u << order; i++)
        check_count_kept();
    window.base = base;
    window.size = size;
    window.tables = page_data(pages);
    window.tables_left = page_total_count() / MEMORY_SHARE;
    page_window(base, size >> PAGE_SHIFT, window.tables);
    return true;
}

/* The GiB that begins at `start` is in the kernel's map. There may be memory in it, which is then mapped once more, as
 * it is. */
static int gib_map(paddr_t start)
{
    uint64_t bit = 1ull << (start / GIB - window.base / GIB);

    if (window.gibs & bit)
        return 0;
    struct page *table = page_alloc(); /* where the ISA needs one */
    if (table == NULL)
        return -ENOMEM;
    check_count_kept();
    arch_map_memory(start, page_phys(table));
    window.gibs |= bit;
    return 0;
}

/* The struct pages of the row of frames that begins at `start`. */
static int table_make(paddr_t start)
{
    struct page **at = &window.tables[(start - window.base) / TABLE_BYTES];

    if (*at != NULL)
        return 0;
    struct page *home = window.tables_left != 0 ? page_alloc_dirty() : NULL;
    if (home == NULL)
        return -ENOMEM;
    window.tables_left--;
    check_count_kept();
    struct page *table = page_data(home);
    for (unsigned i = 0; i < PAGE_TABLE_FRAMES; i++)
        table[i] = (struct page){.refs = 1, .flags = PAGE_WINDOW};
    home->owner = (void *)(uintptr_t)start; /* NOLINT(performance-no-int-to-ptr): page.h's */
    *at = table;
    return 0;
}

int window_prepare(paddr_t start, uint64_t size)
{
    int error = 0;

    for (paddr_t at = start & ~(GIB - 1); at < start + size && error == 0; at += GIB)
        error = gib_map(at);
    for (paddr_t at = start - (start - window.base) % TABLE_BYTES; at < start + size && error == 0; at += TABLE_BYTES)
        error = table_make(at);
    return error;
}
