/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_trim.c - free clusters are given back to the disk when somebody asks for it (FITRIM).
 *
 * A cluster is free in the FAT only when nothing on the disk leads to it any more (fat32_order.c): after a crash nobody
 * has it, whichever FAT is found.
 */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/fat32.h"
#include "vfs/volume.h"

struct trim {
    struct fat_fs *fat;
    uint32_t at, end; /* clusters that are still to be looked at */
    uint32_t free;    /* in a row before `at` */
    uint64_t least;   /* in a row: shorter runs stay */
    uint64_t done;    /* clusters */
};

static int run_end(struct trim *trim)
{
    const struct fat_fs *fat = trim->fat;
    uint32_t count = trim->free, first = trim->at - count;

    trim->free = 0;
    if (count == 0 || count < trim->least)
        return 0;
    uint64_t sector = fat->data_sector + (uint64_t)(first - FAT_FIRST_CLUSTER) * fat->cluster_sectors;
    int error = blk_discard(fat->dev, sector, (uint64_t)count * fat->cluster_sectors);
    trim->done += error == 0 ? count : 0;
    return error;
}

/* As far as one page of the FAT says. */
static int trim_page(struct trim *trim)
{
    uint32_t end = (trim->at | (FAT_ENTRIES_PER_PAGE - 1)) + 1;
    struct page *page;
    int error = fat_table_page(trim->fat, trim->at, &page);

    if (error != 0)
        return error;
    const uint32_t *entries = page_data(page);
    if (end > trim->end)
        end = trim->end;
    for (; error == 0 && trim->at < end; trim->at++) {
        if ((entries[trim->at % FAT_ENTRIES_PER_PAGE] & FAT_MASK) == FAT_FREE)
            trim->free++;
        else
            error = run_end(trim);
    }
    page_put(page);
    return error;
}

/* Others have the volume in between, but not in the middle of a run, of which they might take some. 1: a signal is
 * about to end the process. */
static int trim_some(struct trim *trim)
{
    bool entered = volume_enter(&trim->fat->fs);
    int error = trim->fat->fs.device_read_only ? -EROFS : fat_commit(trim->fat);

    do {
        if (error == 0)
            error = trim_page(trim);
        if (error == 0 && wait_loop_ends(true))
            error = 1;
    } while (error == 0 && trim->free != 0 && trim->at < trim->end);
    if (error == 0)
        error = run_end(trim);
    volume_leave(&trim->fat->fs, entered);
    return error;
}

int fat_trim(struct filesystem *fs, uint64_t start, uint64_t size, uint64_t least, uint64_t *done)
{
    struct fat_fs *fat = container_of(fs, struct fat_fs, fs);
    struct trim trim = {.fat = fat, .least = least >> fat->cluster_shift};
    uint64_t first = start >> fat->cluster_shift, count = size >> fat->cluster_shift;
    int error = 0;

    *done = 0;
    if (first < FAT_FIRST_CLUSTER)
        first = FAT_FIRST_CLUSTER;
    if (first >= fat->cluster_end || count == 0)
        return -EINVAL;
    trim.at = (uint32_t)first;
    trim.end = count < fat->cluster_end - first ? (uint32_t)(first + count) : fat->cluster_end;
    while (error == 0 && trim.at < trim.end)
        error = trim_some(&trim);
    *done = trim.done << fat->cluster_shift;
    return error < 0 ? error : 0;
}
