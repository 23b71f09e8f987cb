/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_check.c - looks over a volume that was in use when its guest ended, before anything is allocated on it.
 *
 * Directories are read and their entries claim clusters (fat32_scan.c), then what was being renamed is looked at
 * (fat32_moved.c). Clusters that nothing leads to are freed, not made files of: after a crash they are what was being
 * written, or removed.
 */
#include "fs/fat32_check.h"

#include "abi/errno.h"
#include "core/log.h"
#include "mm/kmalloc.h"

static void scratch_release(struct inode *inode)
{
    (void)inode; /* a part of struct fat_check */
}

static const struct inode_ops scratch_ops = {.release = scratch_release};

static void say_sum(const struct fat_check *check)
{
    const char *name = check->fat->dev->name;

    if (check->files_cut + check->entries_removed == 0)
        log_info("%s: was not unmounted properly; %s", name,
                 check->repair ? "it was checked" : "it is read-only: a check found nothing that is lost");
    else
        log_error("%s: was not unmounted properly; %s: %u files cut, %u entries removed%s", name,
                  check->repair ? "it was checked" : "a check would give", check->files_cut, check->entries_removed,
                  check->lines > FAT_CHECK_LINES_MAX ? " (more than what is told above)" : "");
}

static int check_root(struct fat_check *check)
{
    uint32_t limit = FAT_DIR_SIZE_MAX >> check->fat->cluster_shift, count;
    enum fat_chain_end end;
    int error = fat_claim_chain(check, check->fat->root_cluster, limit > 0 ? limit : 1, &count, &end);

    if (error == 0 && count == 0)
        error = -EIO;
    return error != 0 ? error : fat_queue_add(check, (struct fat_queued){check->fat->root_cluster, 0});
}

/* Directories are on the disk already: what they no longer lead to may be freed. */
static int store(struct fat_check *check)
{
    struct fat_fs *fat = check->fat;
    int error = blk_flush(fat->dev);

    if (error == 0)
        error = inode_write_back(&fat->table);
    if (error == 0)
        error = fat_info_write(fat);
    if (error == 0)
        error = blk_flush(fat->dev);
    if (error != 0)
        return error;
    fat->info_written = false;
    fat->was_dirty = false;
    error = fat_mark_clean(fat);
    return error != 0 ? error : blk_flush(fat->dev);
}

static int run(struct fat_check *check)
{
    int error = check_root(check);

    if (error == 0)
        error = fat_queue_run(check);
    if (error == 0)
        error = fat_moved_finish(check);
    if (error == 0)
        error = fat_claim_finish(check);
    return error == 0 && check->repair ? store(check) : error;
}

int fat_check(struct fat_fs *fat)
{
    struct fat_check *check = kmalloc(sizeof(*check));
    int error = -ENOMEM;

    if (check == NULL)
        return error;
    check->fat = fat;
    check->repair = !fat->fs.read_only;
    inode_init(&check->claimed, &fat->fs, &scratch_ops, 0, 0);
    inode_init(&check->queue, &fat->fs, &scratch_ops, 0, 0);
    check->moved = kmalloc(PAGE_SIZE);
    if (check->moved != NULL)
        error = run(check);
    if (error == 0)
        say_sum(check);
    pagecache_drop(&check->claimed);
    pagecache_drop(&check->queue);
    kfree(check->moved);
    kfree(check);
    return error;
}
