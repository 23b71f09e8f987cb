/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_chain.c - which clusters a file has. A chain is walked once, as far as needed, and remembered as runs. A file
 * in more pieces than the array has room for keeps its first ones; the last element then follows the reader.
 */
#include "abi/errno.h"
#include "fs/fat32.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define FIRST_RUNS 4u

uint32_t fat_clusters_for(const struct fat_fs *fat, uint64_t size)
{
    return (uint32_t)((size + (1ull << fat->cluster_shift) - 1) >> fat->cluster_shift);
}

void fat_chain_forget(struct fat_inode *fi)
{
    kfree(fi->runs);
    fi->runs = NULL;
    fi->run_count = fi->run_slots = fi->walked = fi->last = 0;
    fi->chain_ended = false;
}

/* Room for one more run, or the last one is given up. */
static int runs_make_room(struct fat_inode *fi)
{
    uint32_t slots = fi->run_slots != 0 ? fi->run_slots * 2 : FIRST_RUNS;

    if (fi->run_count < fi->run_slots)
        return 0;
    if (slots > FAT_RUNS_MAX)
        slots = FAT_RUNS_MAX;
    if (slots == fi->run_slots) {
        fi->run_count--;
        return 0;
    }
    struct fat_run *runs = kmalloc(slots * sizeof(*runs));
    if (runs == NULL)
        return -ENOMEM;
    if (fi->run_count != 0)
        memcpy(runs, fi->runs, fi->run_count * sizeof(*runs));
    kfree(fi->runs);
    fi->runs = runs;
    fi->run_slots = slots;
    return 0;
}

/* The file's next clusters are these. */
static int runs_add(struct fat_inode *fi, uint32_t disk, uint32_t count)
{
    if (fi->run_count != 0 && disk == fi->last + 1) {
        fi->runs[fi->run_count - 1].count += count;
    } else {
        int error = runs_make_room(fi);
        if (error != 0)
            return error;
        fi->runs[fi->run_count++] = (struct fat_run){fi->walked, disk, count};
    }
    fi->walked += count;
    fi->last = disk + count - 1;
    return 0;
}

/* Walks on through the page of the FAT that the last cluster's entry is in. */
static int walk_page(struct fat_inode *fi, const uint32_t *entries, uint32_t want)
{
    struct fat_fs *fat = fat_of(&fi->inode);
    uint32_t last = fi->last, at = last, next = 0, stop = last | (FAT_ENTRIES_PER_PAGE - 1);

    if (want - fi->walked - 1 < stop - last)
        stop = last + (want - fi->walked - 1);
    while (at <= stop && (next = entries[at % FAT_ENTRIES_PER_PAGE] & FAT_MASK) == at + 1)
        at++; /* where a long file's walk spends its time */
    if (at >= fat->cluster_end)
        return fat_damaged(fat, "a chain leaves the volume");
    int error = at > last ? runs_add(fi, last + 1, at - last) : 0;
    if (error != 0 || at > stop)
        return error;
    if (next >= FAT_END_MIN) {
        fi->chain_ended = true;
        return 0;
    }
    if (!fat_is_cluster(fat, next))
        return fat_damaged(fat, "a chain leaves the volume");
    return runs_add(fi, next, 1);
}

static int walk_start(struct fat_inode *fi)
{
    struct fat_fs *fat = fat_of(&fi->inode);

    if (fi->start == 0) {
        fi->chain_ended = true;
        return 0;
    }
    return fat_is_cluster(fat, fi->start) ? runs_add(fi, fi->start, 1) : fat_damaged(fat, "a file begins outside");
}

/* Walks until `want` clusters are known or the chain ends. */
static int walk(struct fat_inode *fi, uint32_t want)
{
    struct fat_fs *fat = fat_of(&fi->inode);
    int error = fi->walked != 0 ? 0 : walk_start(fi);

    while (error == 0 && !fi->chain_ended && fi->walked < want) {
        struct page *page;
        if (fi->walked >= fat->cluster_end)
            return fat_damaged(fat, "a chain is a loop");
        error = fat_table_page(fat, fi->last, &page);
        if (error != 0)
            return error;
        error = walk_page(fi, page_data(page), want);
        page_put(page);
    }
    return error;
}

/* Gives up the last run, which has moved along too far. */
static void rewind_last(struct fat_inode *fi)
{
    const struct fat_run *run = &fi->runs[--fi->run_count - 1];

    fi->walked = run->file + run->count;
    fi->last = run->disk + run->count - 1;
    fi->chain_ended = false;
}

/* The last run that begins at or before the n-th cluster. */
static const struct fat_run *run_find(const struct fat_inode *fi, uint32_t n)
{
    uint32_t low = 0, high = fi->run_count;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (fi->runs[middle].file <= n)
            low = middle;
        else
            high = middle;
    }
    return &fi->runs[low];
}

bool fat_chain_recall(const struct fat_inode *fi, uint32_t n, uint32_t max, uint32_t *disk, uint32_t *count)
{
    if (n >= fi->walked)
        return false;
    const struct fat_run *run = run_find(fi, n);
    if (n - run->file >= run->count)
        return false;
    *disk = run->disk + (n - run->file);
    *count = run->count - (n - run->file);
    if (*count > max)
        *count = max;
    return true;
}

bool fat_chain_has(const struct fat_inode *fi, uint64_t size)
{
    return size <= FAT_FILE_SIZE_MAX && fi->chain_ended && fat_clusters_for(fat_of(&fi->inode), size) <= fi->walked;
}

int fat_chain_map(struct fat_inode *fi, uint32_t n, uint32_t max, uint32_t *disk, uint32_t *count)
{
    uint32_t want = fi->run_count < FAT_RUNS_MAX - 1 && max < UINT32_MAX - n ? n + max : n + 1;

    for (;;) {
        int error = walk(fi, want);
        if (n >= fi->walked) /* an error beyond it is not ours */
            return error != 0 ? error : -ENODATA;
        if (fat_chain_recall(fi, n, max, disk, count))
            return 0;
        rewind_last(fi);
        want = n + 1;
    }
}

int fat_chain_length(struct fat_inode *fi, uint32_t limit, uint32_t *out)
{
    int error = walk(fi, limit + 1);

    if (error == 0 && fi->walked > limit)
        error = fat_damaged(fat_of(&fi->inode), "a directory is too long");
    *out = fi->walked;
    return error;
}

/* One more piece of up to `want` clusters, after the last one if possible. */
static int grow_step(struct fat_inode *fi, uint32_t want)
{
    struct fat_fs *fat = fat_of(&fi->inode);
    uint32_t start, count;
    int error = fat_alloc(fat, fi->walked != 0 ? fi->last + 1 : 0, want, &start, &count);

    if (error != 0)
        return error;
    error = fi->walked != 0 ? fat_table_set(fat, fi->last, start) : 0;
    if (error != 0) {
        fat_free_chain(fat, start);
        return error;
    }
    if (fi->walked == 0)
        fi->start = start;
    return runs_add(fi, start, count);
}

/* The runs end with the n-th cluster, which is the last run's. */
static void runs_trim(struct fat_inode *fi, uint32_t clusters, uint32_t last)
{
    struct fat_run *run = &fi->runs[fi->run_count - 1];

    while (run->file >= clusters)
        run--;
    fi->run_count = (uint32_t)(run - fi->runs) + 1;
    run->count = clusters - run->file;
    fi->walked = clusters;
    fi->last = last;
    fi->chain_ended = true;
}

/* *rest: where what was cut off begins, or 0. */
static int chain_cut(struct fat_inode *fi, uint32_t clusters, uint32_t *rest)
{
    struct fat_fs *fat = fat_of(&fi->inode);
    uint32_t last, count, next;

    *rest = 0;
    if (clusters == 0) {
        *rest = fi->start;
        fat_chain_forget(fi);
        fi->start = 0;
        return 0;
    }
    int error = fat_chain_map(fi, clusters - 1, 1, &last, &count);
    if (error != 0)
        return error == -ENODATA ? 0 : error;
    error = fat_table_get(fat, last, &next);
    if (error != 0 || next >= FAT_END_MIN)
        return error;
    error = fat_table_set(fat, last, FAT_END);
    if (error != 0)
        return error;
    runs_trim(fi, clusters, last);
    *rest = next;
    return 0;
}

int fat_chain_cut(struct fat_inode *fi, uint32_t clusters)
{
    uint32_t rest;
    int error = chain_cut(fi, clusters, &rest);

    if (error == 0 && rest != 0)
        fat_free_later(fat_of(&fi->inode), rest);
    return error;
}

int fat_chain_grow(struct fat_inode *fi, uint32_t clusters)
{
    int error = fi->chain_ended && clusters <= fi->walked ? 0 : walk(fi, UINT32_MAX);
    uint32_t before = fi->walked, rest;
    while (error == 0 && fi->walked < clusters)
        error = grow_step(fi, clusters - fi->walked);
    if (error != 0 && fi->walked > before) { /* the new ones were never on the disk, so they are free at once */
        fat_chain_forget(fi);
        chain_cut(fi, before, &rest);
        if (rest != 0)
            fat_free_chain(fat_of(&fi->inode), rest);
    }
    return error;
}
