/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_kept.c - see fuse_kept.h. */
#include "fs/fuse/fuse_kept.h"

#include "fs/fuse/fuse_told.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define KEPT_MOST (512u << 10) /* bytes, of all directories */

struct fuse_kept {
    struct list link; /* in fs->kept */
    struct fuse_node *of;
    uint64_t asked_at;
    size_t size;
    char names[] __attribute__((aligned(8))); /* as FUSE_READDIR has them */
};

static size_t size_of(const struct fuse_name *name)
{
    return (sizeof(struct fuse_dirent) + name->length + 7) & ~(size_t)7;
}

static void put_in(struct fuse_node *dir, struct fuse_kept *kept)
{
    struct fuse_fs *fs = fuse_fs_of(&dir->inode);

    dir->kept = kept;
    list_insert(&fs->kept, &kept->link);
    fs->kept_bytes += kept->size;
}

static struct fuse_kept *take_out(struct fuse_node *dir)
{
    struct fuse_kept *kept = dir->kept;

    dir->kept = NULL;
    list_remove(&kept->link);
    fuse_fs_of(&dir->inode)->kept_bytes -= kept->size;
    return kept;
}

void fuse_kept_drop(struct fuse_node *dir)
{
    if (dir->kept != NULL)
        kfree(take_out(dir));
}

static void drop_oldest(struct fuse_fs *fs)
{
    while (fs->kept_bytes > KEPT_MOST)
        fuse_kept_drop(container_of(fs->kept.next, struct fuse_kept, link)->of);
}

/* ---- making ---- */

/* How many bytes the names of the listing take. */
static size_t names_size(const char *listing, size_t size)
{
    struct fuse_entry entry;
    struct fuse_name name;
    size_t at = 0, all = 0;

    while (fuse_plus_next(listing, size, &at, &name, &entry) == 1)
        all += size_of(&name);
    return all;
}

/* There is room for all of them, with zeros. */
static void names_copy(const char *listing, size_t size, char *to)
{
    struct fuse_entry entry;
    struct fuse_name name;
    size_t at = 0;

    while (fuse_plus_next(listing, size, &at, &name, &entry) == 1) {
        struct fuse_dirent dirent = {
            .ino = name.ino, .next = name.next, .length = (uint32_t)name.length, .type = name.type};
        memcpy(to, &dirent, sizeof(dirent));
        memcpy(to + sizeof(dirent), name.name, name.length);
        to += size_of(&name);
    }
}

void fuse_kept_make(struct fuse_node *dir, const char *listing, size_t size, uint64_t asked_at)
{
    size_t all = names_size(listing, size);
    struct fuse_kept *kept = kmalloc(sizeof(*kept) + all);

    if (kept == NULL)
        return;
    kept->of = dir;
    kept->asked_at = asked_at;
    kept->size = all;
    names_copy(listing, size, kept->names);
    fuse_kept_drop(dir);
    put_in(dir, kept);
    drop_oldest(fuse_fs_of(&dir->inode));
}

/* ---- use ---- */

bool fuse_kept_is_there(const struct fuse_node *dir)
{
    return dir->kept != NULL && fuse_names_hold(dir, dir->kept->asked_at);
}

/* The place of the first name behind a position. False: no name ends there. */
static bool place_of(const struct fuse_kept *kept, uint64_t pos, size_t *out)
{
    struct fuse_name name = {.next = 0};
    size_t at = 0;

    while (name.next != pos)
        if (fuse_name_next(kept->names, kept->size, &at, &name) != 1)
            return false;
    *out = at;
    return true;
}

/* Who goes on there has been told what comes before. */
static bool is_amid(const struct fuse_kept *kept, size_t at)
{
    return at != 0 && at != kept->size;
}

bool fuse_kept_take(struct fuse_node *dir, struct fuse_listing *out)
{
    size_t at;

    const bool holds = fuse_is_current(fuse_fs_of(&dir->inode)) && fuse_kept_is_there(dir);
    if (dir->kept == NULL || !place_of(dir->kept, out->pos, &at) || (!holds && !is_amid(dir->kept, at)))
        return false;
    struct fuse_kept *kept = take_out(dir);
    *out = (struct fuse_listing){
        .pos = out->pos, .asked_at = kept->asked_at, .size = kept->size, .at = at, .bytes = kept->names, .ends = true};
    return true;
}

void fuse_kept_return(struct fuse_node *dir, const struct fuse_listing *listing)
{
    struct fuse_kept *kept = container_of(listing->bytes, struct fuse_kept, names);

    if (dir->kept != NULL) /* meanwhile there are others */
        kfree(kept);
    else
        put_in(dir, kept);
    drop_oldest(fuse_fs_of(&dir->inode));
}
