/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readdir.c - listing a directory: ".", "..", what the file system has, and what is mounted here.
 *
 * A position is 0 for ".", 1 for "..", 2 + the file system's own, and from MOUNTS_POS on the mounts.
 */
#include "abi/errno.h"
#include "lib/string.h"
#include "vfs/path.h"

#define FIRST_POS 2u
#define MOUNTS_POS (1ull << 62)

struct listing {
    struct file *file;
    dir_emit *emit;
    void *arg;
    bool any, full;
};

static bool listing_add(struct listing *listing, const char *name, size_t length, uint64_t ino, unsigned type,
                        uint64_t next_pos)
{
    if (!listing->emit(listing->arg, name, length, ino, type, next_pos)) {
        listing->full = true;
        return false;
    }
    listing->any = true;
    listing->file->pos = next_pos;
    return true;
}

/* A directory of the disk that something is mounted on is listed with the mounts. */
static bool listing_entry(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct listing *listing = arg;

    if (mount_find(listing->file->inode, name, length) != NULL) {
        listing->file->pos = next_pos + FIRST_POS;
        return true;
    }
    return listing_add(listing, name, length, ino, type, next_pos + FIRST_POS);
}

static void list_dots(struct listing *listing)
{
    struct inode *dir = listing->file->inode, *up = dir->parent != NULL ? dir->parent : dir;

    if (dir == dir->fs->root && dir->fs->covered != NULL)
        up = dir->fs->covered->parent;
    if (listing->file->pos == 0)
        listing_add(listing, ".", 1, dir->number, DT_DIR, 1);
    if (listing->file->pos == 1)
        listing_add(listing, "..", 2, up->number, DT_DIR, FIRST_POS);
}

static void list_mounts(struct listing *listing)
{
    struct filesystem *fs;

    while ((fs = mount_in(listing->file->inode, (unsigned)(listing->file->pos - MOUNTS_POS))) != NULL) {
        const char *name = fs->covered->name;
        if (!listing_add(listing, name, strlen(name), fs->root->number, DT_DIR, listing->file->pos + 1))
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
    if (file->pos < FIRST_POS)
        list_dots(&listing);
    if (!listing.full && file->pos < MOUNTS_POS && dir->ops->read_dir != NULL)
        error = dir->ops->read_dir(dir, file->pos - FIRST_POS, listing_entry, &listing);
    if (error == 0 && !listing.full && mount_in(dir, 0) != NULL) {
        if (file->pos < MOUNTS_POS)
            file->pos = MOUNTS_POS;
        list_mounts(&listing);
    }
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
