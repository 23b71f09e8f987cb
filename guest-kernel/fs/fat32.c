/* SPDX-License-Identifier: Apache-2.0 */
/* fat32.c - a FAT32 volume: mount, sync, figures, unmount. */
#include "fs/fat32.h"

#include "abi/errno.h"
#include "core/log.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/volume.h"

#define MSDOS_SUPER_MAGIC 0x4d44
#define FAT_ATIME_STEP 86400000000000ll /* a day */
#define LONG_NAME_BYTES (255u * 6u)     /* what Linux says for vfat */

static void table_release(struct inode *inode)
{
    (void)inode; /* a part of struct fat_fs */
}

static const struct inode_ops fat_table_ops = {
    .read_pages = fat_table_read,
    .write_pages = fat_table_write,
    .release = table_release,
};

/* The volume stays marked as in use after fsync: the next write follows soon, as a rule. */
static int store(struct fat_fs *fat, bool all)
{
    /* One that has become read-only still gets what was dirty then, or is written by mappings that are left. */
    int error;

    fat->files_error = 0;
    error = fat->fs.device_read_only ? 0 : fat_commit(fat);

    if (error == 0 && all)
        error = fat->files_error;
    if (error != 0 || !all || !fat->marked_dirty)
        return error;
    error = fat_info_write(fat);
    if (error == 0 && (fat->unordered || fat->info_written))
        error = blk_flush(fat->dev);
    fat->info_written = false;
    if (error == 0)
        error = fat_mark_clean(fat);
    return error != 0 ? error : blk_flush(fat->dev);
}

static int fat_sync(struct filesystem *fs, bool all)
{
    bool entered = volume_enter(fs);
    int error = store(container_of(fs, struct fat_fs, fs), all);

    volume_leave(fs, entered);
    return error;
}

static void fat_let_go(struct filesystem *fs)
{
    bool entered = volume_enter(fs);

    if (fs->mounts == 0) /* else it was mounted again while this waited, and has removals of its own */
        fat_removals_forget(container_of(fs, struct fat_fs, fs));
    volume_leave(fs, entered);
}

static void fat_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    struct fat_fs *fat = container_of(fs, struct fat_fs, fs);

    *out = (struct vfs_statfs){
        .type = MSDOS_SUPER_MAGIC,
        .block_size = 1ull << fat->cluster_shift,
        .blocks = fat->cluster_end - FAT_FIRST_CLUSTER,
        .name_max = LONG_NAME_BYTES,
    };
    bool entered = volume_enter(fs);
    if (fat->unused != NULL)
        fat_commit(fat); /* failing, they count as taken */
    if (fat_count_free(fat) == 0)
        out->blocks_free = fat->free_count;
    volume_leave(fs, entered);
}

static void fat_unmount(struct filesystem *fs)
{
    struct fat_fs *fat = container_of(fs, struct fat_fs, fs);

    pagecache_drop(&fat->table);
    list_remove(&fat->table.dirties);
    if (fat->boot != NULL)
        page_put(fat->boot);
    if (fat->info != NULL)
        page_put(fat->info);
    if (fat->zero != NULL)
        page_put(fat->zero);
    while (fat->unused != NULL) { /* after an error */
        struct fat_unused *unused = fat->unused;
        fat->unused = unused->next;
        kfree(unused);
    }
    kfree(fat->removals);
    kfree(fat);
}

static const struct filesystem_ops fat_fs_ops = {
    .sync = fat_sync, .statfs = fat_statfs, .let_go = fat_let_go, .trim = fat_trim, .unmount = fat_unmount};

/* Nothing may be allocated on a volume of which it isn't known what is free. */
static void look_over(struct fat_fs *fat)
{
    uint32_t mark;
    int error = fat_table_get(fat, 1, &mark);

    if (error == 0 && (mark & FAT_UNMOUNTED) && !fat->was_dirty)
        return;
    if (error == 0)
        error = fat_check(fat);
    fat->fs.device_read_only |= error != 0 || fat->fs.read_only; /* nothing was mended */
    if (error == 0 || fat->fs.read_only)
        return;
    log_error("%s: was not unmounted properly and can't be checked: error %d; it is mounted read-only", fat->dev->name,
              -error);
    fat->fs.read_only = true;
    pagecache_drop(&fat->table); /* what it had mended so far */
    list_remove(&fat->table.dirties);
    fat->marked_dirty = fat->info_dirty = false;
    fat->free_count = FAT_UNKNOWN;
}

static int fat_mount(struct blk_device *dev, const char *options, struct filesystem **out)
{
    bool read_only = options != NULL && (strcmp(options, "ro") == 0 || strncmp(options, "ro,", 3) == 0);

    if (options != NULL && *options != 0 && !read_only)
        return -EINVAL;
    struct fat_fs *fat = kmalloc(sizeof(*fat));

    if (fat == NULL)
        return -ENOMEM;
    fat->dev = dev;
    fat->fs.ops = &fat_fs_ops;
    fat->dir_ops = &fat_dir_ops;
    fat->file_ops = &fat_file_ops;
    fat->fs.device_read_only = dev->read_only;
    fat->fs.block_size = SECTOR_SIZE;
    fat->fs.read_only = dev->read_only || read_only;
    fat->fs.names_fold = true;
    fat->fs.atime_step = FAT_ATIME_STEP;
    list_init(&fat->displaced);
    list_init(&fat->grown);
    inode_init(&fat->table, &fat->fs, &fat_table_ops, 0, 0);
    int error = fat_boot_read(fat);
    if (error == 0) {
        fat->table.size = (uint64_t)fat->fat_sectors * SECTOR_SIZE;
        fat->table.read_next = UINT64_MAX; /* no read-ahead at the first access: one page holds many small files */
        look_over(fat);
        fat->fs.stat_block_size = 1u << fat->cluster_shift;
        fat->fs.inodes = 0; /* of files: the table is none, and the check's are gone */
        error = fat_inode_root(fat, &fat->fs.root);
    }
    if (error != 0) {
        fat_unmount(&fat->fs);
        return error;
    }
    *out = &fat->fs;
    return 0;
}

const struct fs_type fat32_type = {.name = "vfat", .needs_device = true, .mount = fat_mount};
