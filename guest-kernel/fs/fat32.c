/* SPDX-License-Identifier: Apache-2.0 */
/* fat32.c - a FAT32 volume: mount, sync, figures, unmount. */
#include "fs/fat32.h"

#include "abi/errno.h"
#include "lib/log.h"
#include "mm/kmalloc.h"

#define MSDOS_SUPER_MAGIC 0x4d44
#define LONG_NAME_BYTES (255u * 6u) /* what Linux says for vfat */

static void table_release(struct inode *inode)
{
    (void)inode; /* a part of struct fat_fs */
}

const struct inode_ops fat_table_ops = {
    .read_pages = fat_table_read,
    .write_pages = fat_table_write,
    .release = table_release,
};

int fat_damaged(struct fat_fs *fat, const char *what)
{
    if (!fat->complained)
        log_error("%s: the file system is damaged: %s; fsck.fat may repair it", fat->dev->name, what);
    fat->complained = true;
    return -EIO;
}

/* Files first, as they change their directories' entries, and all of them the FAT. */
static int fat_sync(struct filesystem *fs)
{
    struct fat_fs *fat = container_of(fs, struct fat_fs, fs);
    int ret = writeback_inodes(fs, S_IFREG);
    if (!ret)
        ret = writeback_inodes(fs, S_IFDIR);
    if (!ret)
        ret = inode_write_back(&fat->table);
    if (!ret)
        ret = fat_info_write(fat);
    if (ret || !fat->marked_dirty)
        return ret;
    ret = blk_flush(fat->dev);
    if (!ret)
        ret = fat_mark_clean(fat);
    return ret ? ret : blk_flush(fat->dev);
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
    if (!fat_count_free(fat))
        out->blocks_free = fat->free_count;
}

static void fat_unmount(struct filesystem *fs)
{
    struct fat_fs *fat = container_of(fs, struct fat_fs, fs);
    pagecache_drop(&fat->table);
    list_remove(&fat->table.dirties);
    if (fat->boot)
        page_put(fat->boot);
    if (fat->info)
        page_put(fat->info);
    if (fat->zero)
        page_put(fat->zero);
    kfree(fat);
}

static const struct filesystem_ops fat_fs_ops = {fat_sync, fat_statfs, fat_unmount};

static int fat_mount(struct blk_device *dev, struct filesystem **out)
{
    struct fat_fs *fat = kmalloc(sizeof(*fat));
    if (!fat)
        return -ENOMEM;
    fat->dev = dev;
    fat->fs.ops = &fat_fs_ops;
    fat->fs.read_only = dev->read_only;
    list_init(&fat->displaced);
    inode_init(&fat->table, &fat->fs, &fat_table_ops, 0, 0);
    int ret = fat_boot_read(fat);
    if (!ret) {
        fat->table.size = (uint64_t)fat->fat_sectors * SECTOR_SIZE;
        fat->table.read_next = UINT64_MAX; /* no read-ahead at the first access: one page holds many small files */
        ret = fat_inode_root(fat, &fat->fs.root);
    }
    if (ret) {
        fat_unmount(&fat->fs);
        return ret;
    }
    *out = &fat->fs;
    return 0;
}

const struct fs_type fat32_type = {"fat32", fat_mount};
