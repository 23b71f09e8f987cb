/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readdir.c - listing a directory: ".", "..", what the file system has, and what is mounted here.
 *
 * A position is 0 for ".", 1 for "..", 2 + the file system's own, and from MOUNTS_POS on the mounts.
 *
 * A 32-bit program's off_t may have 31 bits: of a position that is a hash it is told the first half, as on Linux. What
 * it comes back to then is the first name with that hash, while the open file goes on exactly where it was.
 */
#include "abi/errno.h"
#include "core/thread.h"
#include "lib/string.h"
#include "vfs/atime.h"
#include "vfs/notify.h"
#include "vfs/path.h"

#define FIRST_POS 2u
#define MOUNTS_POS (1ull << 62)
#define HASH_SHIFT 31u
#define HASH_FIRST 2u         /* of a 32-bit program: the first name, whatever its hash is */
#define HASH_LAST 0x7ffffffeu /* and the last hash */
#define MOUNTS_POS_32 0x7fffffffu

struct listing {
    struct file *file;
    dir_emit *emit;
    void *arg;
    bool any, full;
};

/* ---- positions of 32-bit programs ---- */

static bool is_by_hash(const struct file *file)
{
    return file->inode->ops->lists_by_hash != NULL && file->inode->ops->lists_by_hash(file->inode);
}

uint64_t directory_pos_told(const struct file *file, uint64_t pos)
{
    if (!call_is_32bit())
        return pos;
    if (pos >= MOUNTS_POS)
        return MOUNTS_POS_32;
    if (pos < FIRST_POS || !is_by_hash(file))
        return pos;
    uint64_t hash = (pos - FIRST_POS) >> HASH_SHIFT;
    if (hash < HASH_FIRST)
        return HASH_FIRST;
    return hash <= HASH_LAST ? hash : MOUNTS_POS_32; /* behind the last name */
}

uint64_t directory_pos_meant(const struct file *file, uint64_t told)
{
    if (!call_is_32bit() || told < FIRST_POS)
        return told;
    if (told == MOUNTS_POS_32)
        return MOUNTS_POS;
    if (told > HASH_LAST || !is_by_hash(file))
        return told;
    return told == HASH_FIRST ? FIRST_POS : FIRST_POS + (told << HASH_SHIFT);
}

/* ---- listing ---- */

static bool listing_add(struct listing *listing, const char *name, size_t length, uint64_t ino, unsigned type,
                        uint64_t next_pos)
{
    if (!listing->emit(listing->arg, name, length, ino, type, directory_pos_told(listing->file, next_pos))) {
        listing->full = true;
        return false;
    }
    listing->any = true;
    listing->file->pos = next_pos;
    return true;
}

/* Directories that are only there because something is mounted on them. */
static const struct dentry *point_in(const struct file *file)
{
    uint64_t n = file->pos < MOUNTS_POS ? 0 : file->pos - MOUNTS_POS;
    const struct dentry *dir = file->path.dentry;

    return dir != NULL && dir->has_points && n <= UINT32_MAX ? mount_point_in(dir, (unsigned)n) : NULL;
}

/* One of these stands where the disk has something else by that name. */
static bool is_covered(const struct file *file, const char *name, size_t length)
{
    if (file->path.dentry == NULL || !file->path.dentry->has_points)
        return false;
    struct dentry *dentry = dentry_find(file->path.dentry, name, length);
    if (dentry == NULL)
        return false;
    bool stays = dentry->stays;
    dentry_put(dentry);
    return stays;
}

static bool listing_entry(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct listing *listing = arg;

    if (is_covered(listing->file, name, length)) {
        listing->file->pos = next_pos + FIRST_POS;
        return true;
    }
    return listing_add(listing, name, length, ino, type, next_pos + FIRST_POS);
}

/* What ".." is in its file system, as Linux tells it: not what a look-up leads to from the root of a mount. */
static const struct inode *up_of(const struct file *file)
{
    return file->path.dentry != NULL ? file->path.dentry->parent->inode : file->inode;
}

static void list_dots(struct listing *listing)
{
    if (listing->file->pos == 0)
        listing_add(listing, ".", 1, listing->file->inode->number, DT_DIR, 1);
    if (listing->file->pos == 1)
        listing_add(listing, "..", 2, up_of(listing->file)->number, DT_DIR, FIRST_POS);
}

static void list_points(struct listing *listing)
{
    const struct dentry *point;

    while ((point = point_in(listing->file)) != NULL) {
        uint64_t pos = listing->file->pos < MOUNTS_POS ? MOUNTS_POS : listing->file->pos;
        if (!listing_add(listing, point->name, point->length, point->mounted->fs->root->number, DT_DIR, pos + 1))
            return;
    }
}

int file_read_dir(struct file *file, dir_emit *emit, void *arg)
{
    struct listing listing = {file, emit, arg, false, false};
    struct inode *dir = file->inode;
    int error = 0;

    if (file->flags & O_PATH)
        return -EBADF;
    if (dir == NULL || !S_ISDIR(dir->mode))
        return -ENOTDIR;
    if (dir->links == 0)
        return -ENOENT;
    if (mount_boot_waits)
        error = mount_boot();
    if (error == 0 && dir->ops->refresh != NULL)
        error = dir->ops->refresh(dir); /* what it stands for may be gone: then there aren't even dots */
    if (error != 0)
        return error;
    if (file->pos < FIRST_POS)
        list_dots(&listing);
    if (!listing.full && file->pos < MOUNTS_POS && dir->ops->read_dir != NULL) {
        mutex_lock(&dir->lock);
        error = dir->ops->read_dir(dir, file->pos - FIRST_POS, listing_entry, &listing);
        mutex_unlock(&dir->lock);
    }
    if (error == 0 && !listing.full)
        list_points(&listing);
    notify_file(file, IN_ACCESS);
    file_accessed(file);
    if (error != 0)
        return listing.any ? 0 : error;
    return listing.full && !listing.any ? -EINVAL : 0;
}

static int64_t directory_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)iter, (void)pos;
    return -EISDIR;
}

const struct file_ops file_ops_directory = {.read = directory_read, .seekable = true};
