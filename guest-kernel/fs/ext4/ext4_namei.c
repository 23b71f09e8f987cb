/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_namei.c - names are made and removed: create, mkdir, mknod, symlink, link, unlink, rmdir.
 *
 * Each is one operation. What can fail comes first, up to the stored inodes; the entries, which are found and declared
 * by then, are changed last.
 */
#include "abi/errno.h"
#include "core/clock.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/string.h"
#include "vfs/acl.h"

/* A name comes: its directory's blocks and inode, the file's inode; a directory's first block, or a link's text. */
#define CREDITS_NAME (EXT4_CREDITS_DIR + 2 * EXT4_CREDITS_INODE + EXT4_CREDITS_ORPHAN)
#define CREDITS_NEW (CREDITS_NAME + EXT4_CREDITS_INODE_NEW + EXT4_CREDITS_INODE + EXT4_CREDITS_MAP)
#define CREDITS_ACLS (2 * EXT4_CREDITS_XATTR) /* where the directory has a list for new files */
/* A name goes: its block, both inodes; names within an inode get a block first. */
#define CREDITS_UNLINK (1 + 2 * EXT4_CREDITS_INODE + EXT4_CREDITS_ORPHAN)

static unsigned inline_credits(const struct inode *dir)
{
    return ext4_inode_is_inline(ext4_inode_of(dir)) ? EXT4_CREDITS_MAP : 0;
}

static unsigned new_credits(const struct inode *dir)
{
    return CREDITS_NEW + (inode_acl(dir, true) != NULL ? CREDITS_ACLS : 0) + inline_credits(dir);
}

struct newcomer { /* what is to be made */
    const char *name;
    size_t length;
    uint32_t mode;
    uint64_t rdev;
    const char *target; /* of a symbolic link; else NULL */
};

/* ---- something new ---- */

/* In the inode, if it fits; else in a block. */
static int text_store(struct ext4_handle *handle, struct ext4_inode *ei, const char *text)
{
    size_t length = strlen(text);
    struct ext4_buffer *buffer;
    struct ext4_run run;

    ei->inode.size = ei->disk_size = length;
    if (length < EXT4_INLINE_SIZE) {
        ei->flags &= ~(uint32_t)EXT4_EXTENTS_FL;
        memset(ei->block, 0, sizeof(ei->block));
        memcpy(ei->block, text, length);
        return ext4_inode_store(handle, ei);
    }
    int error = ext4_map_create(handle, ei, 0, 1, EXT4_MAP_META, &run);
    if (error == 0)
        error = ext4_change_new(handle, run.disk, NULL, 0, &buffer);
    if (error != 0)
        return error;
    memcpy(buffer->data, text, length);
    ext4_buffer_put(&handle->e4->buffers, buffer);
    return 0;
}

/* What a new inode begins with. */
static int content_store(struct ext4_handle *handle, const struct inode *dir, struct inode *inode,
                         const struct newcomer *new)
{
    if (S_ISDIR(inode->mode))
        return ext4_dir_init(handle, ext4_inode_of(inode), (uint32_t)dir->number);
    return new->target != NULL ? text_store(handle, ext4_inode_of(inode), new->target) : 0;
}

/* The directory as it is with the new name. */
static int dir_store(struct ext4_handle *handle, struct inode *dir, const struct inode *inode)
{
    struct ext4_undo undo = {0};

    ext4_undo_keep(&undo, dir);
    dir->mtime = dir->ctime = inode->ctime;
    if (S_ISDIR(inode->mode))
        ext4_links_add(dir);
    return ext4_undo_store(&undo, handle);
}

static int make_at(struct ext4_handle *handle, struct inode *dir, const struct newcomer *new, struct ext4_spot *spot,
                   struct inode **out)
{
    struct inode *inode;
    int error = ext4_inode_new(handle, ext4_inode_of(dir), new->mode, new->rdev, &inode);

    if (error != 0)
        return error;
    error = content_store(handle, dir, inode, new);
    if (error == 0)
        error = dir_store(handle, dir, inode);
    if (error != 0) {
        ext4_inode_unmake(handle, inode);
        return error;
    }
    ext4_spot_fill(ext4_inode_of(dir), spot, new->name, new->length, (uint32_t)inode->number, new->mode);
    *out = inode;
    return 0;
}

static int make(struct inode *dir, const struct newcomer *new, struct inode **out)
{
    struct ext4_handle handle;
    struct ext4_spot spot;
    int error = ext4_begin(ext4_of(dir), &handle, new_credits(dir));

    if (error != 0)
        return error;
    error = ext4_dir_room(&handle, ext4_inode_of(dir), new->name, new->length, &spot);
    if (error == 0) {
        error = make_at(&handle, dir, new, &spot, out);
        ext4_spot_put(&handle, &spot);
    }
    ext4_end(&handle);
    return error;
}

int ext4_create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev, struct inode **out)
{
    struct newcomer new = {name, length, mode, rdev, NULL};

    if (S_ISDIR(mode) && ext4_links_are_full(dir))
        return -EMLINK;
    return make(dir, &new, out);
}

int ext4_symlink(struct inode *dir, const char *name, size_t length, const char *target, struct inode **out)
{
    struct newcomer new = {name, length, S_IFLNK | 0777, 0, target};

    if (strlen(target) >= ext4_of(dir)->block_size)
        return -ENAMETOOLONG;
    return make(dir, &new, out);
}

int ext4_create_nameless(struct inode *dir, uint32_t mode, struct inode **out)
{
    struct ext4_handle handle;
    struct inode *inode;
    int error = dir->links == 0 ? -EPERM : ext4_begin(ext4_of(dir), &handle, new_credits(dir));

    if (error != 0)
        return error;
    error = ext4_inode_new(&handle, ext4_inode_of(dir), mode, 0, &inode);
    if (error == 0) {
        error = ext4_links_victim(&handle, inode, inode->ctime);
        if (error == 0)
            *out = inode;
        else
            ext4_inode_unmake(&handle, inode);
    }
    ext4_end(&handle);
    return error;
}

/* ---- a further name ---- */

static int link_at(struct ext4_handle *handle, struct inode *dir, struct inode *inode)
{
    struct ext4_undo undo = {0};

    ext4_undo_keep(&undo, dir);
    ext4_undo_keep(&undo, inode);
    dir->mtime = dir->ctime = inode->ctime = (int64_t)clock_realtime_ns();
    inode->links++;
    int error = ext4_undo_store(&undo, handle);
    if (error == 0 && inode->links == 1) { /* it had none */
        error = ext4_orphan_remove(handle, ext4_inode_of(inode));
        if (error == 0)
            error = ext4_inode_store(handle, ext4_inode_of(inode));
        if (error != 0)
            ext4_undo_all(&undo, handle);
    }
    return error;
}

int ext4_link(struct inode *dir, const char *name, size_t length, struct inode *inode)
{
    struct ext4_handle handle;
    struct ext4_spot spot;

    if (inode->links >= EXT4_LINKS_MAX)
        return -EMLINK;
    int error = ext4_begin(ext4_of(dir), &handle, CREDITS_NAME + inline_credits(dir));
    if (error != 0)
        return error;
    error = ext4_dir_room(&handle, ext4_inode_of(dir), name, length, &spot);
    if (error == 0) {
        error = link_at(&handle, dir, inode);
        if (error == 0)
            ext4_spot_fill(ext4_inode_of(dir), &spot, name, length, (uint32_t)inode->number, inode->mode);
        ext4_spot_put(&handle, &spot);
    }
    ext4_end(&handle);
    return error;
}

/* ---- a name goes ---- */

static int unlink_at(struct ext4_handle *handle, struct inode *dir, struct ext4_spot *spot, struct inode *victim)
{
    struct ext4_undo undo = {0};
    int64_t now = (int64_t)clock_realtime_ns();

    if (ext4_spot_entry(spot)->inode != victim->number)
        return -ENOENT;
    ext4_undo_keep(&undo, dir);
    dir->mtime = dir->ctime = now;
    if (S_ISDIR(victim->mode))
        ext4_links_drop(dir);
    int error = ext4_undo_store(&undo, handle);
    if (error != 0)
        return error;
    error = ext4_links_victim(handle, victim, now);
    if (error != 0) {
        ext4_undo_all(&undo, handle);
        return error;
    }
    ext4_spot_clear(ext4_inode_of(dir), spot);
    return 0;
}

int ext4_unlink(struct inode *dir, const char *name, size_t length, struct inode *victim)
{
    struct ext4_handle handle;
    struct ext4_spot spot;
    int error = S_ISDIR(victim->mode) ? ext4_dir_is_empty(ext4_inode_of(victim)) : 0;

    if (error == 0)
        error = ext4_begin(ext4_of(dir), &handle, CREDITS_UNLINK + inline_credits(dir));
    if (error != 0)
        return error;
    error = ext4_dir_spot(&handle, ext4_inode_of(dir), name, length, &spot);
    if (error == 0) {
        error = unlink_at(&handle, dir, &spot, victim);
        ext4_spot_put(&handle, &spot);
    }
    ext4_end(&handle);
    if (error == 0 && S_ISDIR(victim->mode))
        victim->size = 0; /* for who still has it; on the disk that changes when its blocks go */
    return error;
}
