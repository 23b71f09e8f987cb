/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_slots.c - adds entries to directories and removes them. */
#include "abi/errno.h"
#include "fs/fat32.h"
#include "lib/string.h"

#define ALIASES_MAX 4096u /* guesses at a short name */
#define LONG_ORDER 0x3fu
#define LONG_CHECKSUM 13u
#define PIECES_MAX 20u

/* A short name that no other entry has. */
static int choose_alias(struct inode *dir, const struct fat_name *name, uint32_t except, uint8_t alias[11],
                        uint32_t *ghost)
{
    if (name->has_alias) {
        memcpy(alias, name->alias, 11);
        int error = fat_dir_has_alias(dir, alias, except, ghost);
        if (error <= 0)
            return error;
        if (name->is_short) /* the entry that has it would have been found by this name */
            return -EEXIST;
    }
    for (unsigned n = 1; n < ALIASES_MAX; n++) {
        fat_name_make_alias(name, n, alias);
        int error = fat_dir_has_alias(dir, alias, except, ghost);
        if (error <= 0)
            return error;
    }
    return -EEXIST;
}

/* One more cluster for the directory. What it holds is zeros, as nothing of it is valid yet. */
static int dir_grow(struct inode *dir)
{
    struct fat_inode *fi = fat_inode_of(dir);
    uint64_t size = dir->size + (1ull << fat_of(dir)->cluster_shift);

    if (size > FAT_DIR_SIZE_MAX)
        return -ENOSPC;
    uint32_t clusters = fat_clusters_for(fat_of(dir), size);
    int error = fat_chain_grow(fi, clusters);
    if (error == -ENOSPC && fat_give_back(fat_of(dir)) == 0)
        error = fat_chain_grow(fi, clusters);
    if (error != 0)
        return error;
    fat_dir_is_new(fi, false);
    dir->size = size;
    inode_mark_dirty(dir);
    return 0;
}

struct room {
    uint32_t first; /* slot */
    bool at_end;    /* it covers the end mark, so what follows may be anything */
};

static bool is_free(struct inode *dir, const struct fat_slot *slot, uint32_t n)
{
    return slot->name[0] == FAT_DELETED && !fat_removal_covers(dir, n);
}

/* The first `count` slots in a row that are free. */
static int find_room(struct inode *dir, uint32_t count, struct room *room)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_slot *slot;
    uint32_t run = 0, free = FAT_UNKNOWN; /* the first that is free */
    int error = 0;

    *room = (struct room){0, false};
    for (uint32_t n = fat_inode_of(dir)->first_room; run < count && error == 0; n++) {
        error = fat_cursor_at(&cursor, n, &slot);
        if (error == 0 && slot == NULL) {
            error = dir_grow(dir);
            room->at_end = true;
            n--; /* again */
        } else if (error == 0) {
            room->at_end |= slot->name[0] == 0;
            run = room->at_end || is_free(dir, slot, n) ? run + 1 : 0;
            room->first = n + 1 - run;
            if (run != 0 && free == FAT_UNKNOWN)
                free = n;
        }
    }
    fat_cursor_done(&cursor);
    if (error == 0)
        fat_inode_of(dir)->first_room = free == room->first ? room->first + count : free;
    return error;
}

static int put_slot(struct fat_cursor *cursor, uint32_t n, const void *bytes)
{
    struct fat_slot *slot;
    int error = fat_cursor_at(cursor, n, &slot);

    if (error != 0 || slot == NULL)
        return error != 0 ? error : -EIO;
    memcpy(slot, bytes, sizeof(*slot));
    fat_cursor_changed(cursor, n);
    return 0;
}

/* The end mark moves behind the slots that were added. */
static int put_end(struct fat_cursor *cursor, uint32_t n)
{
    struct fat_slot *slot;
    int error = fat_cursor_at(cursor, n, &slot);

    if (error == 0 && slot != NULL && slot->name[0] != 0) {
        slot->name[0] = 0;
        fat_cursor_changed(cursor, n);
    }
    return error;
}

static int put_entry(struct inode *dir, const struct fat_name *name, unsigned pieces, const struct fat_slot *entry,
                     const struct room *room)
{
    struct fat_cursor cursor = {.dir = dir};
    uint8_t piece[FAT_SLOT_SIZE];
    int error = 0;

    for (unsigned i = 0; error == 0 && i < pieces; i++) {
        fat_name_make_piece(name, pieces - 1 - i, fat_checksum(entry->name), piece);
        error = put_slot(&cursor, room->first + i, piece);
    }
    if (error == 0)
        error = put_slot(&cursor, room->first + pieces, entry);
    if (error == 0 && room->at_end)
        error = put_end(&cursor, room->first + pieces + 1);
    fat_cursor_done(&cursor);
    return error;
}

/* Whether the `count` slots up to `last` are free. */
static int has_room(struct inode *dir, uint32_t last, uint32_t count)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_slot *slot;
    int error = last + 1 >= count;

    for (uint32_t n = last + 1 - count; error > 0 && n <= last; n++) {
        error = fat_cursor_at(&cursor, n, &slot);
        error = error != 0 ? error : slot != NULL && is_free(dir, slot, n);
    }
    fat_cursor_done(&cursor);
    return error;
}

/*
 * An entry of the same name that was removed is on the disk until the next commit: after a crash there must not be two.
 * So the new one takes its place, or waits for the commit.
 */
static int take_ghosts_place(struct inode *dir, uint32_t ghost, uint32_t count, struct room *room)
{
    int error = ghost != FAT_MANY ? has_room(dir, ghost, count) : 0;

    if (error > 0) {
        *room = (struct room){ghost + 1 - count, false};
        return 0;
    }
    if (error == 0 && dir->dirty)
        error = fat_commit(fat_of(dir));
    return error != 0 ? error : find_room(dir, count, room);
}

int fat_entry_add(struct inode *dir, const struct fat_name *name, const struct fat_slot *entry, uint32_t except,
                  uint32_t *slot)
{
    struct fat_slot named = *entry;
    unsigned pieces = name->is_short ? 0 : name->pieces;
    struct room room;

    named.nt_case &= FAT_NT_MOVED;
    uint32_t ghost;
    int error = choose_alias(dir, name, except, named.name, &ghost);
    if (error == 0)
        error =
            ghost == FAT_UNKNOWN ? find_room(dir, pieces + 1, &room) : take_ghosts_place(dir, ghost, pieces + 1, &room);
    if (error == 0)
        error = put_entry(dir, name, pieces, &named, &room);
    if (error != 0)
        return error;
    *slot = room.first + pieces;
    fat_inode_of(dir)->links = 0; /* to be counted again */
    inode_mark_dirty(dir);
    return 0;
}

/* Whether slot n is the piece with this number of the name before a short entry with this checksum. */
static bool is_piece(const struct fat_slot *slot, unsigned order, uint8_t checksum)
{
    const uint8_t *bytes = (const uint8_t *)slot;

    return (slot->attributes & FAT_LONG_NAME_MASK) == FAT_LONG_NAME && bytes[0] != FAT_DELETED &&
           (bytes[0] & LONG_ORDER) == order && bytes[LONG_CHECKSUM] == checksum;
}

int fat_entry_remove(struct inode *dir, uint32_t n, struct fat_removed *was)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_slot *slot;
    int error = fat_cursor_at(&cursor, n, &slot);

    if (error == 0 && slot != NULL) {
        uint8_t checksum = fat_checksum(slot->name);
        bool more = true;
        *was = (struct fat_removed){slot->name[0], 0};
        slot->name[0] = FAT_DELETED;
        fat_cursor_changed(&cursor, n);
        for (unsigned order = 1; more && order <= PIECES_MAX && n > 0; order++) {
            error = fat_cursor_at(&cursor, --n, &slot);
            if (error != 0 || slot == NULL || !is_piece(slot, order, checksum))
                break;
            more = !(slot->name[0] & FAT_LONG_LAST);
            slot->name[0] = FAT_DELETED;
            was->pieces++;
            fat_cursor_changed(&cursor, n);
        }
    }
    fat_cursor_done(&cursor);
    fat_inode_of(dir)->links = 0;
    if (n < fat_inode_of(dir)->first_room)
        fat_inode_of(dir)->first_room = n;
    if (error == 0)
        inode_mark_dirty(dir);
    return error;
}
