/* SPDX-License-Identifier: Apache-2.0 */
/* maps.c - torture's memory: mappings of all kinds, each page of which has words that are known. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "torture.h"

#define MAPS 8u
#define MOST_PAGES 12u

static struct map {
    char *at;
    unsigned pages;
    uint64_t stamp; /* what its pages have, with the page's number */
    unsigned first; /* number of the first page */
    int prot;
} maps[MAPS];

static size_t bytes(unsigned pages)
{
    return pages * (size_t)page_size();
}

static volatile uint64_t *word_of(const struct map *map, unsigned page, unsigned which)
{
    return (uint64_t *)(map->at + bytes(page) + (which == 0 ? 0 : bytes(1) - 8));
}

static uint64_t value_of(const struct map *map, unsigned page)
{
    return map->stamp + map->first + page;
}

static void map_fill(const struct map *map)
{
    for (unsigned i = 0; i < map->pages; i++)
        *word_of(map, i, 0) = *word_of(map, i, 1) = value_of(map, i);
}

static void map_check(const struct map *map)
{
    if (!(map->prot & PROT_READ))
        return;
    for (unsigned i = 0; i < map->pages; i++)
        for (unsigned which = 0; which < 2; which++)
            if (*word_of(map, i, which) != value_of(map, i))
                wrong("a word of memory", (long)(*word_of(map, i, which) - map->stamp));
}

void maps_check(void)
{
    for (unsigned i = 0; i < MAPS; i++)
        map_check(&maps[i]);
}

static void map_end(struct map *map)
{
    if (map->pages != 0 && munmap(map->at, bytes(map->pages)) != 0)
        wrong("munmap", map->pages);
    map->pages = 0;
}

/* Anonymous, of a file in memory, or of one on the disk; shared ones are never written to again, as others have them.
 */
static void map_make(struct map *map)
{
    int file = -1, flags = any(3) == 0 ? MAP_SHARED : MAP_PRIVATE;
    unsigned kind = any(4);

    map_end(map);
    map->pages = 1 + any(MOST_PAGES);
    map->stamp = chance_next(&chance);
    map->first = 0;
    map->prot = PROT_READ | PROT_WRITE;
    if (kind == 0)
        file = memfd_create("torture", MFD_CLOEXEC);
    else if (kind == 1)
        file = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file != -1 && ftruncate(file, (off_t)bytes(map->pages)) != 0)
        wrong("ftruncate", file);
    map->at = mmap(NULL, bytes(map->pages), map->prot, flags | (file == -1 ? MAP_ANONYMOUS : 0), file, 0);
    if (map->at == MAP_FAILED)
        wrong("mmap", map->pages);
    map_fill(map);
    if (file != -1 && flags == MAP_SHARED) {
        uint64_t last = 0;

        if (pread(file, &last, sizeof(last), (off_t)bytes(map->pages) - 8) != sizeof(last) ||
            last != value_of(map, map->pages - 1))
            wrong("the file's last word", (long)(last - map->stamp));
    }
    if (file != -1)
        close(file);
    if (flags == MAP_SHARED) { /* from now on the same for all */
        mprotect(map->at, bytes(map->pages), PROT_READ);
        map->prot = PROT_READ;
    }
}

static void map_rewrite(struct map *map)
{
    if (!(map->prot & PROT_WRITE))
        return;
    map->stamp = chance_next(&chance);
    map_fill(map);
}

static void map_protect(struct map *map)
{
    static const int prots[] = {PROT_NONE, PROT_READ};
    int prot = prots[any(2)];

    if (mprotect(map->at, bytes(map->pages), prot) != 0)
        wrong("mprotect", prot);
    if (any(2) == 0 && mprotect(map->at, bytes(map->pages), map->prot) == 0)
        return;
    map->prot = prot;
}

/* One end goes. */
static void map_cut(struct map *map)
{
    unsigned pages = 1 + any(map->pages);

    if (any(2) == 0) {
        munmap(map->at + bytes(map->pages - pages), bytes(pages));
    } else {
        munmap(map->at, bytes(pages));
        map->at += bytes(pages);
        map->first += pages;
    }
    map->pages -= pages;
}

static void map_move(struct map *map)
{
    unsigned pages = 1 + any(map->pages);
    char *room, *at;

    if (any(2) == 0) { /* to a place of our choice */
        room = mmap(NULL, bytes(pages), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        at = mremap(map->at, bytes(map->pages), bytes(pages), MREMAP_MAYMOVE | MREMAP_FIXED, room);
        if (at != room)
            wrong("mremap", pages);
    } else {
        at = mremap(map->at, bytes(map->pages), bytes(pages), 0);
        if (at != map->at)
            wrong("mremap in place", pages);
    }
    map->at = at;
    map->pages = pages;
}

void maps_change(void)
{
    static void (*const things[])(struct map *) = {map_make, map_rewrite, map_rewrite, map_protect,
                                                   map_cut,  map_move,    map_end};
    struct map *map = &maps[any(MAPS)];

    if (map->pages == 0)
        map_make(map);
    else
        things[any(sizeof(things) / sizeof(things[0]))](map);
    if (map->pages != 0)
        map_check(map);
}
