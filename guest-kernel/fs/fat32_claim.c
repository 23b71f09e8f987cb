/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_claim.c - whose each cluster is, for the check after a crash: a bit for each says whether a chain has it. A
 * cluster is claimed once, so that all chains together take no longer than the volume is large, whatever they look
 * like.
 */
#include "abi/errno.h"
#include "fs/fat32_check.h"
#include "lib/string.h"

#define FAT_BAD 0x0ffffff7u
#define BITS_PER_WORD 32u
/* FAT[1]: unmounted properly, and no error was seen (FAT spec, "FAT Data Structure"). */
#define CLEAN_BITS 0x0c000000u

int fat_check_at(struct inode *scratch, uint64_t n, unsigned size, struct page **page, void **out)
{
    uint64_t at = n * size;
    int error;

    if (scratch->size < at + PAGE_SIZE)
        scratch->size = at + PAGE_SIZE;
    error = pagecache_get(scratch, at >> PAGE_SHIFT, 1, page);
    if (error == 0)
        *out = (char *)page_data(*page) + (at & PAGE_MASK);
    return error;
}

/* Sets the cluster's bit. 1: it was set before. */
static int claim(struct fat_check *check, uint32_t cluster, bool set)
{
    uint32_t bit = 1u << cluster % BITS_PER_WORD;
    struct page *page;
    void *at;
    int error = fat_check_at(&check->claimed, cluster / BITS_PER_WORD, sizeof(uint32_t), &page, &at);

    if (error != 0)
        return error;
    uint32_t *word = at;
    bool was_set = *word & bit;
    if (set)
        *word |= bit;
    page_put(page);
    return was_set;
}

int fat_claim_test(struct fat_check *check, uint32_t cluster)
{
    return claim(check, cluster, false);
}

/* Takes in one cluster; *next becomes what its entry says. 1: it can't be had, and *end says why. */
static int claim_step(struct fat_check *check, uint32_t cluster, uint32_t *next, enum fat_chain_end *end)
{
    int taken, error;

    if (!fat_is_cluster(check->fat, cluster)) {
        *end = FAT_CHAIN_OUTSIDE;
        return 1;
    }
    error = fat_table_get(check->fat, cluster, next);
    if (error != 0)
        return error;
    if (*next == FAT_FREE) {
        *end = FAT_CHAIN_FREE;
        return 1;
    }
    taken = claim(check, cluster, true);
    if (taken > 0)
        *end = FAT_CHAIN_CROSSED;
    return taken;
}

int fat_claim_chain(struct fat_check *check, uint32_t start, uint32_t limit, uint32_t *count, enum fat_chain_end *end)
{
    uint32_t last = 0, at = start, next = 0;
    int result = 0;

    *count = 0;
    *end = FAT_CHAIN_SOUND;
    while (*count < limit && at < FAT_END_MIN) {
        result = claim_step(check, at, &next, end);
        if (result != 0)
            break;
        last = at;
        at = next;
        (*count)++;
    }
    if (result == 0 && at < FAT_END_MIN)
        *end = FAT_CHAIN_LONG;
    if (result < 0)
        return result;
    return *end != FAT_CHAIN_SOUND && *count > 0 && check->repair ? fat_table_set(check->fat, last, FAT_END) : 0;
}

/* ---- all clusters ---- */

/* Those of one page of the FAT. */
static int finish_page(struct fat_check *check, uint32_t from, uint32_t end, uint32_t *free)
{
    struct fat_fs *fat = check->fat;
    uint32_t before = check->clusters_freed;
    struct page *page, *bits;
    void *words;
    int error = fat_table_page(fat, from, &page);

    if (error != 0)
        return error;
    /* A page of bits begins with the first entry of a page of the FAT. */
    error = fat_check_at(&check->claimed, from / BITS_PER_WORD, sizeof(uint32_t), &bits, &words);
    uint32_t *entries = page_data(page);
    for (uint32_t at = from; error == 0 && at < end; at++) {
        uint32_t *entry = &entries[at % FAT_ENTRIES_PER_PAGE];
        const uint32_t *word = (const uint32_t *)words + (at / BITS_PER_WORD - from / BITS_PER_WORD);
        bool lost =
            !(*word & 1u << at % BITS_PER_WORD) && (*entry & FAT_MASK) != FAT_FREE && (*entry & FAT_MASK) != FAT_BAD;
        check->clusters_freed += lost;
        if (lost && check->repair)
            *entry &= ~FAT_MASK;
        *free += (*entry & FAT_MASK) == FAT_FREE;
    }
    if (error == 0)
        page_put(bits);
    if (check->repair && check->clusters_freed != before)
        fat_table_changed(fat, from, page);
    page_put(page);
    return error;
}

/* Says in FAT[1] as well that all is well: other systems look there. */
static int clean_table_mark(struct fat_fs *fat)
{
    uint32_t value;
    int error = fat_table_get(fat, 1, &value);

    return error != 0 || (value & CLEAN_BITS) == CLEAN_BITS ? error : fat_table_set(fat, 1, value | CLEAN_BITS);
}

static int table_page_read(struct fat_fs *fat, uint32_t copy, uint64_t sector, struct page *page, uint32_t size)
{
    struct blk_segment segment = {page_phys(page), size};

    return blk_transfer(fat->dev, false, fat->fat_sector + (uint64_t)copy * fat->fat_sectors + sector, &segment, 1);
}

/* Compares one page's worth of a copy with the FAT that we use; writing it writes all copies. */
static int copy_compare(struct fat_fs *fat, uint32_t copy, uint64_t index, struct page *scratch)
{
    uint64_t sector = index * (PAGE_SIZE / SECTOR_SIZE), left = fat->fat_sectors - sector;
    uint32_t size = left < PAGE_SIZE / SECTOR_SIZE ? (uint32_t)left * SECTOR_SIZE : (uint32_t)PAGE_SIZE;
    struct page *page;
    int error = pagecache_get(&fat->table, index, 1, &page);

    if (error != 0)
        return error;
    if (!(page->flags & PAGE_DIRTY)) {
        error = table_page_read(fat, copy, sector, scratch, size);
        if (error == 0 && memcmp(page_data(page), page_data(scratch), size) != 0)
            pagecache_mark_dirty(&fat->table, index, page);
    }
    page_put(page);
    return error;
}

static int copies_compare(struct fat_check *check)
{
    struct fat_fs *fat = check->fat;
    uint64_t pages = ((uint64_t)fat->fat_sectors + PAGE_SIZE / SECTOR_SIZE - 1) / (PAGE_SIZE / SECTOR_SIZE);
    struct page *scratch = page_alloc_dirty();
    int error = scratch != NULL ? 0 : -ENOMEM;

    for (uint32_t copy = 1; error == 0 && copy < fat->fat_count && fat->only_fat < 0; copy++)
        for (uint64_t index = 0; error == 0 && index < pages; index++)
            error = copy_compare(fat, copy, index, scratch);
    if (scratch != NULL)
        page_put(scratch);
    return error;
}

int fat_claim_finish(struct fat_check *check)
{
    struct fat_fs *fat = check->fat;
    uint32_t free = 0;
    int error = 0;

    for (uint32_t at = 0, end; error == 0 && at < fat->cluster_end; at = end) {
        end = (at | (FAT_ENTRIES_PER_PAGE - 1)) + 1;
        if (end > fat->cluster_end)
            end = fat->cluster_end;
        uint32_t from = at < FAT_FIRST_CLUSTER ? FAT_FIRST_CLUSTER : at;
        error = finish_page(check, from, end, &free);
    }
    if (error != 0 || !check->repair)
        return error;
    error = clean_table_mark(fat);
    if (error == 0)
        error = copies_compare(check);
    fat->info_dirty |= fat->free_count != free;
    fat->free_count = free;
    return error;
}
