/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_lock.c - how the VFS comes into a file system: each of its calls enters the volume (vfs/volume.h). Those for
 * data (ext4_io.c, ext4_write.c and others) and for fields of an inode (ext4_attr.c) do so themselves, for as long as
 * they need it.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "vfs/volume.h"

static int lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    bool entered = volume_enter(dir->fs);
    uint32_t number;
    int error = ext4_dir_find(ext4_inode_of(dir), name, length, &number);

    if (error == 0 && number == dir->number)
        error = ext4_inode_damaged(ext4_inode_of(dir), 0, "a directory that is in itself");
    if (error == 0)
        error = ext4_inode_get(ext4_of(dir), number, EXT4_FOR_FILES, out);
    volume_leave(dir->fs, entered);
    return error;
}

static int read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    bool entered = volume_enter(dir->fs);
    int error = ext4_read_dir(dir, pos, emit, arg);

    volume_leave(dir->fs, entered);
    return error;
}

static bool lists_by_hash(const struct inode *dir)
{
    return ext4_dir_is_ordered(ext4_inode_of(dir));
}

/* ---- names that change ---- */

/* Whether it is worth trying again. Who has the volume from before may have an operation open, and frees nothing. */
static bool retry(struct inode *dir, bool entered, int error, unsigned *tries)
{
    return entered ? ext4_room_retry(ext4_of(dir), error, tries) : ext4_blocks_retry(ext4_of(dir), error, tries);
}

/* Those who lost their last name and their last user meanwhile are freed now. Not by who has the volume from before,
 * whose operation may be open. */
static void leave_changed(struct filesystem *fs, bool entered)
{
    if (entered)
        ext4_reap(container_of(fs, struct ext4_fs, fs));
    volume_leave(fs, entered);
}

static int create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev, struct inode **out)
{
    bool entered = volume_enter(dir->fs);
    unsigned tries = 0;
    int error;

    do
        error = ext4_create(dir, name, length, mode, rdev, out);
    while (retry(dir, entered, error, &tries));
    leave_changed(dir->fs, entered);
    return error;
}

static int create_nameless(struct inode *dir, uint32_t mode, struct inode **out)
{
    bool entered = volume_enter(dir->fs);
    unsigned tries = 0;
    int error;

    do
        error = ext4_create_nameless(dir, mode, out);
    while (retry(dir, entered, error, &tries));
    leave_changed(dir->fs, entered);
    return error;
}

static int symlink(struct inode *dir, const char *name, size_t length, const char *target, struct inode **out)
{
    bool entered = volume_enter(dir->fs);
    unsigned tries = 0;
    int error;

    do
        error = ext4_symlink(dir, name, length, target, out);
    while (retry(dir, entered, error, &tries));
    leave_changed(dir->fs, entered);
    return error;
}

static int link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    bool entered = volume_enter(dir->fs);
    unsigned tries = 0;
    int error;

    do
        error = ext4_link(dir, name, length, inode);
    while (retry(dir, entered, error, &tries));
    leave_changed(dir->fs, entered);
    return error;
}

static int unlink(struct inode *dir, const char *name, size_t length, struct inode *victim)
{
    bool entered = volume_enter(dir->fs);
    unsigned tries = 0;
    int error;

    do
        error = ext4_unlink(dir, name, length, victim);
    while (retry(dir, entered, error, &tries));
    leave_changed(dir->fs, entered);
    return error;
}

static int rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                  const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    bool entered = volume_enter(old_dir->fs);
    unsigned tries = 0;
    int error;

    do
        error = ext4_rename(old_dir, old_name, old_length, new_dir, new_name, new_length, victim, flags);
    while (retry(old_dir, entered, error, &tries));
    leave_changed(old_dir->fs, entered);
    return error;
}

/* ---- links and attributes ---- */

static int64_t read_link(struct inode *inode, char *buf)
{
    bool entered = volume_enter(inode->fs);
    int64_t result = ext4_read_link(inode, buf);

    volume_leave(inode->fs, entered);
    return result;
}

static int64_t get_xattr(struct inode *inode, const char *name, void *value, size_t size)
{
    bool entered = volume_enter(inode->fs);
    int64_t result = ext4_get_xattr(inode, name, value, size);

    volume_leave(inode->fs, entered);
    return result;
}

static int64_t list_xattr(struct inode *inode, char *list, size_t size)
{
    bool entered = volume_enter(inode->fs);
    int64_t result = ext4_list_xattr(inode, list, size);

    volume_leave(inode->fs, entered);
    return result;
}

static int set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags)
{
    bool entered = volume_enter(inode->fs);
    int error = ext4_set_xattr(inode, name, value, size, flags);

    volume_leave(inode->fs, entered);
    return error;
}

static int set_acl(struct inode *inode, bool preset, struct acl *acl, uint32_t mode)
{
    bool entered = volume_enter(inode->fs);
    int error = ext4_set_acl(inode, preset, acl, mode);

    volume_leave(inode->fs, entered);
    return error;
}

#define FOR_ALL                                                                                   \
    .get_xattr = get_xattr, .list_xattr = list_xattr, .lists_acls = true, .set_xattr = set_xattr, \
    .set_attr = ext4_set_attr, .write_inode = ext4_write_inode, .blocks = ext4_inode_blocks,      \
    .release = ext4_inode_release

static const struct inode_ops dir_ops = {
    FOR_ALL,
    .sync = ext4_sync_inode,
    .find_extent = ext4_find_extent,
    .size_most = ext4_size_most,
    .set_acl = set_acl,
    .set_flags = ext4_set_flags,
    .lookup = lookup,
    .read_dir = read_dir,
    .lists_by_hash = lists_by_hash,
    .create = create,
    .create_nameless = create_nameless,
    .symlink = symlink,
    .link = link,
    .unlink = unlink,
    .rename = rename,
};
static const struct inode_ops file_ops = {FOR_ALL,
                                          .sync = ext4_sync_inode,
                                          .set_acl = set_acl,
                                          .set_flags = ext4_set_flags,
                                          .reserve = ext4_reserve,
                                          .read_pages = ext4_read_pages,
                                          .write_pages = ext4_write_pages,
                                          .map = ext4_map,
                                          .find_extent = ext4_find_extent,
                                          .size_most = ext4_size_most,
                                          .truncate = ext4_truncate,
                                          .allocate = ext4_allocate,
                                          .seek_data = ext4_seek_data,
                                          .closed = ext4_closed};
static const struct inode_ops symlink_ops = {FOR_ALL, .read_link = read_link};
static const struct inode_ops other_ops = {FOR_ALL, .set_acl = set_acl};

const struct ext4_ops ext4_lock_ops = {&dir_ops, &file_ops, &symlink_ops, &other_ops};
