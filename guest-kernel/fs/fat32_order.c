/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_order.c - the order in which changes get to the disk, so that a crash at any point costs nothing that was
 * stored before.
 *
 * A commit writes in steps, with a flush of the device between two that must not change places:
 *
 *   1  files' bytes, and what new directories (and new clusters of old ones) hold: nothing on the disk leads there yet
 *   2  the FAT, which by now only has more taken clusters than before
 *   3  directories, in which what was renamed stands at both its places
 *   4  directories, without the old places
 *   5  the FAT, without the clusters that were given up, which until then nobody was allowed to take
 *
 * So what an entry leads to is there before the entry is, and a cluster gets a new owner when nothing on the disk leads
 * to it any more. Steps without work are left out: appending to a file and fsync is 1, 2, flush, 3, flush.
 * What a crash leaves is at worst clusters that nobody has, chains longer than their file, and something at two
 * places, of which the new one carries FAT_NT_MOVED; fat32_check.c sees to those at the next mount.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/fat32.h"
#include "mm/kmalloc.h"

#define FREES_MANY 4096u

struct fat_removal { /* an entry that was renamed: its old place, and its new one */
    struct inode *dir, *new_dir;
    uint32_t slot, new_slot;
    struct fat_removed was;
    bool replaced; /* another entry, at the new place */
};

#define REMOVALS_MAX (PAGE_SIZE / sizeof(struct fat_removal))

/* ---- what was given up ---- */

void fat_free_later(struct fat_fs *fat, uint32_t start)
{
    struct fat_unused *unused = kmalloc(sizeof(*unused));

    if (unused == NULL) { /* they stay taken until a check finds them */
        fat->stays_dirty = true;
        return;
    }
    unused->start = start;
    unused->next = fat->unused;
    fat->unused = unused;
    fat->unused_count++;
}

static int unused_free(struct fat_fs *fat)
{
    int first_error = 0;

    while (fat->unused != NULL) {
        struct fat_unused *unused = fat->unused;

        fat->unused = unused->next; /* first: while this waits, others put theirs in front (fat_release) */
        fat->unused_count--;
        int error = fat_free_chain(fat, unused->start);
        if (first_error == 0)
            first_error = error;
        kfree(unused);
    }
    return first_error;
}

int fat_give_back(struct fat_fs *fat)
{
    return fat->unused != NULL ? fat_commit(fat) : -ENOSPC;
}

int fat_keep_pace(struct fat_fs *fat)
{
    return fat->unused_count >= FREES_MANY || fat->removal_count == REMOVALS_MAX ? fat_commit(fat) : 0;
}

/* ---- what was renamed ---- */

static struct fat_removal *removal_to(struct fat_fs *fat, const struct inode *dir, uint32_t slot)
{
    for (uint32_t i = 0; i < fat->removal_count; i++)
        if (fat->removals[i].new_dir == dir && fat->removals[i].new_slot == slot)
            return &fat->removals[i];
    return NULL;
}

static void removal_set_target(struct fat_removal *removal, struct inode *dir, uint32_t slot, bool replaced)
{
    inode_get(dir);
    inode_put(removal->new_dir);
    removal->new_dir = dir;
    removal->new_slot = slot;
    removal->replaced = replaced;
}

int fat_removal_prepare(struct inode *dir, uint32_t slot)
{
    struct fat_fs *fat = fat_of(dir);
    const struct fat_removal *first = removal_to(fat, dir, slot);

    if (fat->removals == NULL)
        fat->removals = kmalloc(PAGE_SIZE);
    if (fat->removals == NULL)
        return -ENOMEM;
    /* What it replaced there is on the disk, and may go only when this has arrived. */
    return first != NULL && first->replaced ? fat_commit(fat) : fat_keep_pace(fat);
}

void fat_removal_add(struct inode *dir, uint32_t slot, const struct fat_removed *was, struct inode *new_dir,
                     uint32_t new_slot, bool replaced)
{
    struct fat_fs *fat = fat_of(dir);
    struct fat_removal *first = removal_to(fat, dir, slot);

    if (first != NULL) { /* renamed twice: the place between the two was never on the disk */
        removal_set_target(first, new_dir, new_slot, replaced);
        return;
    }
    inode_get(dir);
    inode_get(new_dir);
    fat->removals[fat->removal_count++] = (struct fat_removal){dir, new_dir, slot, new_slot, *was, replaced};
    fat_inode_of(dir)->removals++;
}

bool fat_removal_covers(struct inode *dir, uint32_t slot)
{
    const struct fat_fs *fat = fat_of(dir);

    if (fat_inode_of(dir)->removals == 0)
        return false;
    for (uint32_t i = 0; i < fat->removal_count; i++) {
        const struct fat_removal *removal = &fat->removals[i];
        if (removal->dir == dir && slot <= removal->slot && slot + removal->was.pieces >= removal->slot)
            return true;
    }
    return false;
}

void fat_removals_forget(struct fat_fs *fat)
{
    while (fat->removal_count > 0) {
        const struct fat_removal *removal = &fat->removals[--fat->removal_count];
        struct inode *dir = removal->dir, *new_dir = removal->new_dir;
        struct fat_inode *fi = fat_inode_of(dir);

        fi->removals--;
        if (removal->slot - removal->was.pieces < fi->first_room)
            fi->first_room = removal->slot - removal->was.pieces;
        inode_put(dir);
        inode_put(new_dir);
    }
}

/* Makes the old place look taken, for the disk, or free, as everybody in here sees it. */
static int removal_show(const struct fat_removal *removal, bool taken)
{
    struct fat_cursor cursor = {.dir = removal->dir};
    struct fat_slot *slot;
    int error = fat_cursor_at(&cursor, removal->slot, &slot);

    if (error == 0 && slot != NULL) {
        slot->name[0] = taken ? removal->was.first_byte : FAT_DELETED;
        slot->nt_case &= (uint8_t)~FAT_NT_MOVED;
        fat_cursor_changed(&cursor, removal->slot);
    }
    for (unsigned order = 1; error == 0 && order <= removal->was.pieces; order++) {
        error = fat_cursor_at(&cursor, removal->slot - order, &slot);
        if (error != 0 || slot == NULL)
            break;
        slot->name[0] = taken ? (uint8_t)(order | (order == removal->was.pieces ? FAT_LONG_LAST : 0)) : FAT_DELETED;
        fat_cursor_changed(&cursor, removal->slot - order);
    }
    fat_cursor_done(&cursor);
    return error;
}

static int removals_show(struct fat_fs *fat, bool taken)
{
    int first_error = 0;

    for (uint32_t i = 0; i < fat->removal_count; i++) {
        int error = removal_show(&fat->removals[i], taken);
        if (first_error == 0)
            first_error = error;
    }
    return first_error;
}

/* The old places are gone from the disk: the new ones need their mark no longer. */
static int removals_settle(struct fat_fs *fat)
{
    int error = 0;

    for (uint32_t i = 0; error == 0 && i < fat->removal_count; i++) {
        struct fat_cursor cursor = {.dir = fat->removals[i].new_dir};
        struct fat_slot *slot;

        error = fat_cursor_at(&cursor, fat->removals[i].new_slot, &slot);
        if (error == 0 && slot != NULL && slot->name[0] != FAT_DELETED && slot->name[0] != 0) {
            slot->nt_case &= (uint8_t)~FAT_NT_MOVED;
            fat_cursor_changed(&cursor, fat->removals[i].new_slot);
        }
        fat_cursor_done(&cursor);
    }
    fat->unordered = true; /* the mark that all is in order comes after it */
    return error != 0 ? error : writeback_inodes(&fat->fs, S_IFDIR);
}

/* ---- new directories, and new clusters of old ones ---- */

void fat_dir_is_new(struct fat_inode *fi, bool whole)
{
    struct fat_fs *fat = fat_of(&fi->inode);

    if (!list_is_empty(&fi->grown))
        return;
    fi->fresh = whole;
    list_insert(&fat->grown, &fi->grown);
}

/* Step 1 for directories. What a new one holds can't be seen yet; an old one's new clusters become zeros. */
static int grown_write(struct fat_fs *fat)
{
    while (!list_is_empty(&fat->grown)) {
        struct fat_inode *fi = container_of(fat->grown.next, struct fat_inode, grown);

        inode_get(&fi->inode); /* clean for a moment, it might be let go of */
        int error = fi->fresh ? inode_write_back(&fi->inode) : fat_zero_until(fi, fi->inode.size);
        if (error == 0) {
            fat->unordered = true;
            fi->fresh = false;
            list_remove(&fi->grown);
        }
        inode_put(&fi->inode);
        if (error != 0)
            return error;
    }
    return 0;
}

/* ---- the steps ---- */

static int flush(struct fat_fs *fat)
{
    int error = fat->marked_dirty ? blk_flush(fat->dev) : 0; /* else nothing was written */

    if (error == 0)
        fat->unordered = false;
    return error;
}

/* What follows must not be on the disk without what was written so far. */
static int barrier(struct fat_fs *fat)
{
    return fat->unordered ? flush(fat) : 0;
}

static int table_write(struct fat_fs *fat)
{
    int error;

    if (!fat->table.dirty)
        return 0;
    error = barrier(fat);
    if (error == 0)
        error = inode_write_back(&fat->table);
    fat->unordered = true;
    return error;
}

/* Steps 1 to 3. */
static int write_added(struct fat_fs *fat)
{
    int error;

    fat->files_error = writeback_inodes(&fat->fs, S_IFREG);
    error = fat->table.dirty || writeback_first(&fat->fs, S_IFDIR) != NULL ? fat_mark_dirty(fat) : 0;

    if (error == 0)
        error = grown_write(fat);
    if (error == 0)
        error = table_write(fat);
    if (error == 0)
        error = barrier(fat);
    if (error == 0)
        error = writeback_inodes(&fat->fs, S_IFDIR);
    return error;
}

/* Steps 4 and 5; the second needs no flush after it: whoever takes these clusters comes after the next one. */
static int write_removed(struct fat_fs *fat)
{
    int error = writeback_inodes(&fat->fs, S_IFDIR);

    if (error == 0)
        error = flush(fat);
    if (error == 0)
        error = removals_settle(fat);
    if (error == 0)
        fat_removals_forget(fat);
    return error;
}

static int commit(struct fat_fs *fat)
{
    int error = removals_show(fat, true), hidden;

    if (error == 0)
        error = write_added(fat);
    hidden = removals_show(fat, false);
    if (error == 0)
        error = hidden;
    if (error == 0)
        error = flush(fat);
    if (error == 0 && fat->removal_count > 0)
        error = write_removed(fat);
    if (error == 0 && fat->unused != NULL && fat->files_error == 0) { /* else the disk's entry may still lead to them */
        error = unused_free(fat);
        if (error == 0)
            error = table_write(fat);
    }
    return error;
}

int fat_commit(struct fat_fs *fat)
{
    int error;

    if (fat->committing)
        return 0;
    fat->committing = true;
    error = commit(fat);
    fat->committing = false;
    return error;
}
