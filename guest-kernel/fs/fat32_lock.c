/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_lock.c - how the VFS comes into a volume: each of its calls has the volume's mutex (vfs/volume.h).
 *
 * What it guards here: the FAT, directories, chains in memory, and what a commit has to know. Reading a file needs it
 * only to follow a chain further than it is known (fat32_io.c), a write only for more clusters.
 */
#include "fs/fat32.h"
#include "vfs/pagecache.h"
#include "vfs/volume.h"

/* ---- names ---- */

static int lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    bool entered = volume_enter(dir->fs);
    int error = fat_lookup(dir, name, length, out);

    volume_leave(dir->fs, entered);
    return error;
}

static int create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev, struct inode **out)
{
    bool entered = volume_enter(dir->fs);
    int error = fat_create(dir, name, length, mode, rdev, out);

    volume_leave(dir->fs, entered);
    return error;
}

static int unlink(struct inode *dir, const char *name, size_t length, struct inode *victim)
{
    bool entered = volume_enter(dir->fs);
    int error = fat_unlink(dir, name, length, victim);

    volume_leave(dir->fs, entered);
    return error;
}

static int rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                  const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    bool entered = volume_enter(old_dir->fs);
    int error = fat_rename(old_dir, old_name, old_length, new_dir, new_name, new_length, victim, flags);

    volume_leave(old_dir->fs, entered);
    return error;
}

static int read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    bool entered = volume_enter(dir->fs);
    int error = fat_read_dir(dir, pos, emit, arg);

    volume_leave(dir->fs, entered);
    return error;
}

static int count_links(struct inode *dir, uint32_t *out)
{
    bool entered = volume_enter(dir->fs);
    int error = fat_count_links(dir, out);

    volume_leave(dir->fs, entered);
    return error;
}

/* ---- files ---- */

static int truncate(struct inode *inode, uint64_t size)
{
    bool entered = volume_enter(inode->fs);
    int error = fat_truncate(inode, size);

    volume_leave(inode->fs, entered);
    return error;
}

static int allocate(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size)
{
    direct_wait(inode);
    if (pos + size > inode->size)
        pagecache_grow(inode); /* may wait for a page: before the volume */
    bool entered = volume_enter(inode->fs);
    int error = fat_allocate(inode, mode, pos, size);

    volume_leave(inode->fs, entered);
    return error;
}

/* Most writes find that the file has the room. */
static int reserve(struct inode *inode, uint64_t pos, uint64_t size)
{
    if (pos + size <= inode->size || fat_chain_has(fat_inode_of(inode), pos + size))
        return 0;
    bool entered = volume_enter(inode->fs);
    int error = fat_reserve(inode, pos + size);

    volume_leave(inode->fs, entered);
    return error;
}

static int write_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count)
{
    bool entered = volume_enter(inode->fs);
    int error = fat_write_pages(inode, index, pages, count);

    volume_leave(inode->fs, entered);
    return error;
}

static int write_inode(struct inode *inode)
{
    bool entered = volume_enter(inode->fs);
    int error = fat_write_inode(inode);

    volume_leave(inode->fs, entered);
    return error;
}

const struct inode_ops fat_file_ops = {
    .set_attr = fat_set_attr,
    .truncate = truncate,
    .reserve = reserve,
    .allocate = allocate,
    .read_pages = fat_read_pages,
    .write_pages = write_pages,
    .write_inode = write_inode,
    .map = fat_map,
    .release = fat_release,
};

const struct inode_ops fat_dir_ops = {
    .lookup = lookup,
    .create = create,
    .unlink = unlink,
    .rename = rename,
    .read_dir = read_dir,
    .count_links = count_links,
    .set_attr = fat_set_attr,
    .read_pages = fat_read_pages,
    .write_pages = write_pages,
    .write_inode = write_inode,
    .release = fat_release,
};
