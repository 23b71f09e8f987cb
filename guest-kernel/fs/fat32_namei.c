/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_namei.c - looking up, creating, removing and renaming. */
#include "abi/errno.h"
#include "core/clock.h"
#include "fs/fat32.h"
#include "lib/string.h"

#define DOTDOT_SLOT 1u

static int find(struct inode *dir, const char *bytes, size_t length, struct fat_name *name, struct fat_found *found)
{
    int error = fat_name_parse(name, bytes, length);

    if (error == -EINVAL) /* such a name can't be there */
        return -ENOENT;
    return error != 0 ? error : fat_dir_find(dir, name, found);
}

int fat_lookup(struct inode *dir, const char *bytes, size_t length, struct inode **out)
{
    struct fat_name name;
    struct fat_found found;
    int error = find(dir, bytes, length, &name, &found);

    return error != 0 ? error : fat_inode_get(dir, found.slot, &found.entry, out);
}

/* ---- creating ---- */

static void make_entry(struct fat_slot *entry, uint8_t attributes, uint32_t start)
{
    memset(entry, 0, sizeof(*entry));
    entry->attributes = attributes;
    fat_time_write((int64_t)clock_realtime_ns(), &entry->create_date, &entry->create_time, &entry->create_hundredths);
    entry->write_date = entry->access_date = entry->create_date;
    entry->write_time = entry->create_time;
    entry->cluster_high = (uint16_t)(start >> 16);
    entry->cluster_low = (uint16_t)start;
}

/* How ".." names its directory: the root is 0 there (FAT spec, "Directory creation"). */
static uint32_t dotdot_cluster(struct inode *parent)
{
    return parent == parent->fs->root ? 0 : fat_inode_of(parent)->start;
}

static void fill_dots(struct fat_slot *slots, struct fat_inode *fi, const struct fat_slot *entry)
{
    uint32_t up = dotdot_cluster(fi->dir);

    for (unsigned i = 0; i < 2; i++) {
        slots[i] = *entry;
        memset(slots[i].name, ' ', sizeof(slots[i].name));
        slots[i].nt_case = 0;
        slots[i].name[0] = slots[i].name[i] = '.';
    }
    slots[DOTDOT_SLOT].cluster_high = (uint16_t)(up >> 16);
    slots[DOTDOT_SLOT].cluster_low = (uint16_t)up;
}

/* A new directory's first page. Nothing of its cluster is valid, so the rest of it comes as zeros. */
static int write_dots(struct inode *dir, const struct fat_slot *entry)
{
    struct fat_inode *fi = fat_inode_of(dir);
    struct page *page;

    fi->valid = 0;
    int error = pagecache_get(dir, 0, 1, &page);
    if (error != 0)
        return error;
    fill_dots(page_data(page), fi, entry);
    pagecache_mark_dirty(dir, 0, page);
    page_put(page);
    inode_mark_dirty(dir);
    return 0;
}

/* The inode of an entry that was just added; for a directory with "." and "..". */
static int create_inode(struct inode *dir, uint32_t slot, const struct fat_slot *entry, struct inode **out)
{
    int error = fat_inode_get(dir, slot, entry, out);

    if (error != 0 || !(entry->attributes & FAT_DIRECTORY))
        return error;
    fat_dir_is_new(fat_inode_of(*out), true);
    error = write_dots(*out, entry);
    if (error != 0) {
        fat_inode_of(*out)->start = 0; /* the caller frees it */
        fat_inode_detach(fat_inode_of(*out));
        inode_put(*out);
    }
    return error;
}

int fat_create(struct inode *dir, const char *bytes, size_t length, uint32_t mode, uint64_t rdev, struct inode **out)
{
    struct fat_fs *fat = fat_of(dir);
    struct fat_name name;
    struct fat_slot entry;
    uint32_t start = 0, count, slot;
    struct fat_removed was;

    (void)rdev;
    if (!S_ISREG(mode) && !S_ISDIR(mode))
        return -EPERM;
    int error = fat_name_parse(&name, bytes, length);
    if (error == 0)
        error = fat_keep_pace(fat);
    if (error == 0 && S_ISDIR(mode))
        error = fat_alloc(fat, 0, 1, &start, &count);
    if (error == -ENOSPC && fat_give_back(fat) == 0)
        error = fat_alloc(fat, 0, 1, &start, &count);
    if (error != 0)
        return error;
    make_entry(&entry, S_ISDIR(mode) ? FAT_DIRECTORY : FAT_ARCHIVE, start);
    if (!S_ISDIR(mode) && !(mode & 0222))
        entry.attributes |= FAT_READ_ONLY;
    error = fat_entry_add(dir, &name, &entry, FAT_UNKNOWN, &slot);
    if (error == 0) {
        error = create_inode(dir, slot, &entry, out);
        if (error != 0)
            fat_entry_remove(dir, slot, &was);
    }
    if (error != 0 && start != 0)
        fat_free_chain(fat, start);
    return error;
}

/* ---- removing ---- */

/* Whether it may go: a directory is empty, and on the disk too what was renamed has left it. */
static int check_empty(struct inode *inode)
{
    int error = S_ISDIR(inode->mode) ? fat_dir_is_empty(inode) : 1;

    if (error <= 0)
        return error < 0 ? error : -ENOTEMPTY;
    return fat_inode_of(inode)->removals != 0 ? fat_commit(fat_of(inode)) : 0;
}

int fat_unlink(struct inode *dir, const char *bytes, size_t length, struct inode *victim)
{
    struct fat_inode *fi = fat_inode_of(victim);
    struct fat_removed was;

    (void)bytes, (void)length; /* the inode knows its place */
    int error = check_empty(victim);
    if (error == 0)
        error = fat_keep_pace(fat_of(dir));
    if (error == 0)
        error = fat_entry_remove(dir, fi->slot, &was);
    if (error == 0)
        fat_inode_detach(fi);
    return error;
}

/* ---- renaming ---- */

/* The entry to be written at the new place: the victim's name stays there, if there is one. */
static int take_place(struct inode *dir, const struct fat_name *name, struct inode *victim,
                      const struct fat_slot *entry, uint32_t except, uint32_t *slot)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_slot *at;

    if (victim == NULL)
        return fat_entry_add(dir, name, entry, except, slot);
    *slot = fat_inode_of(victim)->slot;
    int error = fat_cursor_at(&cursor, *slot, &at);
    if (error == 0 && at == NULL)
        error = -EIO;
    if (error == 0) {
        struct fat_slot named = *entry;
        memcpy(named.name, at->name, sizeof(named.name));
        named.nt_case = (uint8_t)(at->nt_case | FAT_NT_MOVED);
        *at = named;
        fat_inode_of(dir)->links = 0;
        fat_cursor_changed(&cursor, *slot);
        fat_inode_detach(fat_inode_of(victim));
    }
    fat_cursor_done(&cursor);
    return error;
}

/* A directory that moved has another one above it. */
static int update_dotdot(struct inode *dir, struct inode *parent)
{
    struct fat_cursor cursor = {.dir = dir};
    uint32_t up = dotdot_cluster(parent);
    struct fat_slot *slot;
    int error = fat_cursor_at(&cursor, DOTDOT_SLOT, &slot);

    if (error == 0 && slot != NULL && memcmp(slot->name, "..         ", sizeof(slot->name)) == 0) {
        slot->cluster_high = (uint16_t)(up >> 16);
        slot->cluster_low = (uint16_t)up;
        fat_cursor_changed(&cursor, DOTDOT_SLOT);
    }
    fat_cursor_done(&cursor);
    return error;
}

static int move_entry(struct inode *old_dir, const struct fat_found *found, struct inode *new_dir,
                      const struct fat_name *name, struct inode *victim)
{
    struct inode *source;
    struct fat_slot entry = found->entry;
    struct fat_removed was;
    uint32_t slot;
    int error = fat_inode_get(old_dir, found->slot, &found->entry, &source);

    if (error != 0)
        return error;
    entry.nt_case |= FAT_NT_MOVED;
    error = take_place(new_dir, name, victim, &entry, old_dir == new_dir ? found->slot : FAT_UNKNOWN, &slot);
    if (error == 0)
        error = fat_entry_remove(old_dir, found->slot, &was);
    if (error == 0)
        fat_removal_add(old_dir, found->slot, &was, new_dir, slot, victim != NULL);
    if (error == 0 && S_ISDIR(source->mode) && old_dir != new_dir)
        error = update_dotdot(source, new_dir);
    if (error == 0)
        fat_inode_move(fat_inode_of(source), new_dir, slot);
    inode_put(source);
    return error;
}

int fat_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
               const char *new_name, size_t new_length, struct inode *victim, unsigned flags)
{
    struct fat_name name;
    struct fat_found found;

    if (flags & ~(unsigned)RENAME_NOREPLACE)
        return -EINVAL;
    int error = find(old_dir, old_name, old_length, &name, &found);
    if (error == 0)
        error = fat_name_parse(&name, new_name, new_length);
    if (error == 0 && victim != NULL)
        error = check_empty(victim);
    if (error == 0)
        error = fat_removal_prepare(old_dir, found.slot);
    return error != 0 ? error : move_entry(old_dir, &found, new_dir, &name, victim);
}
