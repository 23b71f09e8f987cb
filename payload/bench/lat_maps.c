/* SPDX-License-Identifier: Apache-2.0 */
/* lat_maps.c - what a mapping costs beside few others, and beside many. */
#define _GNU_SOURCE
#include "lat.h"

#include <stddef.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096UL
#define FEW 20UL
#define MANY 20000UL

static char *others = MAP_FAILED;
static size_t other_bytes;

/* Pages in a row, of which no two that lie side by side allow the same. */
static int others_make(size_t count)
{
    other_bytes = count * PAGE_BYTES;
    others = mmap(NULL, other_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (others == MAP_FAILED)
        return lat_error();
    for (size_t i = 0; i < count; i += 2)
        if (mprotect(others + i * PAGE_BYTES, PAGE_BYTES, PROT_READ) != 0)
            return lat_error();
    return 0;
}

static int few_make(void)
{
    return others_make(FEW);
}

static int many_make(void)
{
    return others_make(MANY);
}

static void others_end(void)
{
    if (others != MAP_FAILED)
        munmap(others, other_bytes);
    others = MAP_FAILED;
}

/* A page wherever there is room. */
static int run_map(long n)
{
    while (n-- != 0) {
        char *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (page == MAP_FAILED)
            return lat_error();
        *(volatile char *)page = 1;
        if (munmap(page, PAGE_BYTES) != 0)
            return lat_error();
    }
    return 0;
}

/* A page among the others goes, and comes again. */
static int run_replace(long n)
{
    char *page = others + other_bytes / 2 / (2 * PAGE_BYTES) * (2 * PAGE_BYTES);

    while (n-- != 0) {
        if (munmap(page, PAGE_BYTES) != 0 ||
            mmap(page, PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != page)
            return lat_error();
        if (*(volatile char *)page != 0)
            return lat_error();
    }
    return 0;
}

const struct bench lat_maps[] = {
    {"map_among_20", run_map, few_make, others_end, 1},
    {"map_among_20000", run_map, many_make, others_end, 1},
    {"remap_among_20", run_replace, few_make, others_end, 1},
    {"remap_among_20000", run_replace, many_make, others_end, 1},
    {0},
};
