/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_alloc.c - finding free clusters, taking them and giving them back. */
#include "abi/errno.h"
#include "fs/fat32.h"

/* The end of the FAT page that `cluster` lies in, or of the volume. */
static uint32_t page_end(const struct fat_fs *fat, uint32_t cluster)
{
    uint32_t end = (cluster | (FAT_ENTRIES_PER_PAGE - 1)) + 1;

    return end < fat->cluster_end ? end : fat->cluster_end;
}

/* The first free cluster in [from, end), all in one page; or end. */
static uint32_t first_free(const uint32_t *entries, uint32_t from, uint32_t end)
{
    while (from < end && (entries[from % FAT_ENTRIES_PER_PAGE] & FAT_MASK) != FAT_FREE)
        from++;
    return from;
}

/* Links up to `want` free clusters from `start` on, which is free; all in one page. */
static uint32_t take_run(uint32_t *entries, uint32_t start, uint32_t end, uint32_t want)
{
    uint32_t at = start;

    for (;;) {
        uint32_t *entry = &entries[at % FAT_ENTRIES_PER_PAGE];
        at++;
        if (at == end || at - start == want || (entries[at % FAT_ENTRIES_PER_PAGE] & FAT_MASK) != FAT_FREE) {
            *entry = (*entry & ~FAT_MASK) | FAT_END;
            return at - start;
        }
        *entry = (*entry & ~FAT_MASK) | at;
    }
}

static void account_taken(struct fat_fs *fat, uint32_t start, uint32_t count)
{
    if (fat->free_count != FAT_UNKNOWN) /* FSInfo may have been wrong */
        fat->free_count = fat->free_count >= count ? fat->free_count - count : FAT_UNKNOWN;
    fat->next_free = start + count < fat->cluster_end ? start + count : FAT_FIRST_CLUSTER;
    fat->info_dirty = true;
}

/* Looks in [from, to). */
static int alloc_between(struct fat_fs *fat, uint32_t from, uint32_t to, uint32_t want, uint32_t *start,
                         uint32_t *count)
{
    while (from < to) {
        struct page *page;
        uint32_t end = page_end(fat, from);
        int error = fat_table_page(fat, from, &page);
        if (error != 0)
            return error;
        uint32_t *entries = page_data(page);
        *start = first_free(entries, from, end);
        if (*start < end) {
            *count = take_run(entries, *start, end, want);
            fat_table_changed(fat, *start, page);
            page_put(page);
            account_taken(fat, *start, *count);
            return 0;
        }
        page_put(page);
        from = end;
    }
    return -ENOSPC;
}

int fat_alloc(struct fat_fs *fat, uint32_t hint, uint32_t want, uint32_t *start, uint32_t *count)
{
    if (!fat_is_cluster(fat, hint))
        hint = fat->next_free;
    int error = alloc_between(fat, hint, fat->cluster_end, want, start, count);
    return error == -ENOSPC ? alloc_between(fat, FAT_FIRST_CLUSTER, hint, want, start, count) : error;
}

/* Frees the chain as long as it stays in `page`. *cluster becomes the next one. 1: the end. */
static int free_in_page(struct fat_fs *fat, uint32_t *cluster, uint32_t *entries, uint32_t *freed)
{
    uint32_t block = *cluster / FAT_ENTRIES_PER_PAGE;

    do {
        uint32_t *entry = &entries[*cluster % FAT_ENTRIES_PER_PAGE], next = *entry & FAT_MASK;
        if (next == FAT_FREE) /* a loop, or two files with the same clusters */
            return fat_damaged(fat, "a chain runs into a free cluster");
        *entry &= ~FAT_MASK;
        (*freed)++;
        if (next >= FAT_END_MIN)
            return 1;
        if (!fat_is_cluster(fat, next))
            return fat_damaged(fat, "a chain leaves the volume");
        *cluster = next;
    } while (*cluster / FAT_ENTRIES_PER_PAGE == block);
    return 0;
}

int fat_free_chain(struct fat_fs *fat, uint32_t cluster)
{
    int error = 0;

    if (!fat_is_cluster(fat, cluster))
        return fat_damaged(fat, "a chain leaves the volume");
    while (error == 0) { /* ends, as each step turns a used cluster into a free one */
        struct page *page;
        uint32_t first = cluster, freed = 0;
        error = fat_table_page(fat, cluster, &page);
        if (error != 0)
            return error;
        error = free_in_page(fat, &cluster, page_data(page), &freed);
        if (freed != 0)
            fat_table_changed(fat, first, page);
        page_put(page);
        if (fat->free_count != FAT_UNKNOWN)
            fat->free_count += freed;
        fat->info_dirty |= freed > 0;
    }
    return error < 0 ? error : 0;
}

int fat_count_free(struct fat_fs *fat)
{
    uint32_t count = 0;

    if (fat->free_count <= fat->cluster_end)
        return 0;
    for (uint32_t at = FAT_FIRST_CLUSTER, end; at < fat->cluster_end; at = end) {
        struct page *page;
        int error = fat_table_page(fat, at, &page);
        if (error != 0)
            return error;
        const uint32_t *entries = page_data(page);
        end = page_end(fat, at);
        for (uint32_t cluster = at; cluster < end; cluster++)
            count += (entries[cluster % FAT_ENTRIES_PER_PAGE] & FAT_MASK) == FAT_FREE;
        page_put(page);
    }
    fat->free_count = count;
    return 0;
}
