/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_dir.c - looks into directories (FAT spec, "FAT Directory Structure"). */
#include "abi/errno.h"
#include "fs/fat32.h"
#include "lib/string.h"

#define LONG_ORDER 0x3fu
#define PIECES_MAX 20u    /* of 13 units: 255 */
#define LONG_CHECKSUM 13u /* offset in a long-name slot */

/* ---- slots ---- */

int fat_cursor_at(struct fat_cursor *cursor, uint32_t n, struct fat_slot **out)
{
    uint32_t index = n / FAT_SLOTS_PER_PAGE;

    if (cursor->page == NULL || cursor->index != index) {
        fat_cursor_done(cursor);
        *out = NULL;
        if ((uint64_t)n * FAT_SLOT_SIZE >= cursor->dir->size)
            return 0;
        int error = pagecache_get(cursor->dir, index, 1, &cursor->page);
        if (error != 0) {
            cursor->page = NULL;
            return error;
        }
        cursor->index = index;
    } else if ((uint64_t)n * FAT_SLOT_SIZE >= cursor->dir->size) { /* a cluster may be smaller than a page */
        *out = NULL;
        return 0;
    }
    *out = (struct fat_slot *)page_data(cursor->page) + n % FAT_SLOTS_PER_PAGE;
    return 0;
}

void fat_cursor_done(struct fat_cursor *cursor)
{
    if (cursor->page != NULL)
        page_put(cursor->page);
    cursor->page = NULL;
}

void fat_cursor_changed(struct fat_cursor *cursor, uint32_t n)
{
    pagecache_mark_dirty(cursor->dir, n / FAT_SLOTS_PER_PAGE, cursor->page);
}

static bool is_long(const struct fat_slot *slot)
{
    return (slot->attributes & FAT_LONG_NAME_MASK) == FAT_LONG_NAME;
}

/* A file or directory, neither "." nor "..". */
static bool is_entry(const struct fat_slot *slot)
{
    return slot->name[0] != FAT_DELETED && slot->name[0] != '.' && !(slot->attributes & FAT_VOLUME_ID);
}

/* ---- long names ---- */

int fat_long_step(struct fat_long *state, const uint8_t *slot, uint32_t n)
{
    uint8_t order = slot[0] & LONG_ORDER;

    if (slot[0] & FAT_LONG_LAST) {
        *state = (struct fat_long){n, order, order, slot[LONG_CHECKSUM]};
    } else if (state->left == 0 || slot[LONG_CHECKSUM] != state->checksum) {
        order = 0;
    }
    if (order == 0 || order != state->left || order > PIECES_MAX) {
        state->pieces = state->left = 0;
        return -1;
    }
    state->left--;
    return order - 1;
}

bool fat_long_belongs(const struct fat_long *state, const struct fat_slot *slot)
{
    return state->pieces != 0 && state->left == 0 && state->checksum == fat_checksum(slot->name);
}

/* ---- finding ---- */

struct match {
    const struct fat_name *name;
    struct fat_long state;
    bool same; /* all pieces so far */
};

static void match_long(struct match *match, const uint8_t *slot, uint32_t n)
{
    int piece = fat_long_step(&match->state, slot, n);

    if (slot[0] & FAT_LONG_LAST)
        match->same = match->state.pieces == match->name->pieces;
    if (piece >= 0 && match->same)
        match->same = fat_name_is_piece(match->name, (unsigned)piece, slot);
}

/* Whether this entry is the one; in any case the long name that led to it is done with. */
static bool match_entry(struct match *match, const struct fat_slot *slot, uint32_t n, struct fat_found *out)
{
    bool by_long = match->state.pieces != 0 && match->same && fat_long_belongs(&match->state, slot);

    if (by_long || fat_name_is_short(match->name, slot)) {
        out->slot = n;
        out->first = fat_long_belongs(&match->state, slot) ? match->state.first : n;
        out->entry = *slot;
        return true;
    }
    match->state.pieces = match->state.left = 0;
    return false;
}

int fat_dir_find(struct inode *dir, const struct fat_name *name, struct fat_found *out)
{
    struct fat_cursor cursor = {.dir = dir};
    struct match match = {.name = name};
    struct fat_slot *slot;
    int error;

    for (uint32_t n = 0;; n++) {
        error = fat_cursor_at(&cursor, n, &slot);
        if (error != 0 || slot == NULL || slot->name[0] == 0) {
            error = error != 0 ? error : -ENOENT;
            break;
        }
        if (is_long(slot) && slot->name[0] != FAT_DELETED)
            match_long(&match, (const uint8_t *)slot, n);
        else if (!is_entry(slot))
            match.state.pieces = match.state.left = 0;
        else if (match_entry(&match, slot, n, out))
            break;
    }
    fat_cursor_done(&cursor);
    return error;
}

int fat_dir_has_alias(struct inode *dir, const uint8_t alias[11], uint32_t except, uint32_t *ghost)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_slot *slot;
    int error;

    if (ghost != NULL)
        *ghost = FAT_UNKNOWN;
    for (uint32_t n = 0;; n++) {
        error = fat_cursor_at(&cursor, n, &slot);
        if (error != 0 || slot == NULL || slot->name[0] == 0)
            break;
        if (slot->name[0] == alias[0] && n != except && is_entry(slot) && memcmp(slot->name, alias, 11) == 0) {
            error = 1;
            break;
        }
        if (ghost != NULL && slot->name[0] == FAT_DELETED && slot->name[1] == alias[1] &&
            memcmp(slot->name + 1, alias + 1, 10) == 0 && !is_long(slot))
            *ghost = *ghost == FAT_UNKNOWN ? n : FAT_MANY;
    }
    fat_cursor_done(&cursor);
    return error;
}

int fat_dir_is_empty(struct inode *dir)
{
    struct fat_cursor cursor = {.dir = dir};
    struct fat_slot *slot;
    int error;

    for (uint32_t n = 0;; n++) {
        error = fat_cursor_at(&cursor, n, &slot);
        if (error != 0 || slot == NULL || slot->name[0] == 0) {
            error = error != 0 ? error : 1;
            break;
        }
        if (is_entry(slot))
            break;
    }
    fat_cursor_done(&cursor);
    return error;
}

/* As Linux counts them: "." and the entry of it, and the ".." of each directory in it. */
int fat_count_links(struct inode *dir, uint32_t *out)
{
    struct fat_inode *fi = fat_inode_of(dir);
    struct fat_cursor cursor = {.dir = dir};
    struct fat_slot *slot;
    uint32_t links = 2;
    int error = 0;

    for (uint32_t n = 0; fi->links == 0; n++) {
        error = fat_cursor_at(&cursor, n, &slot);
        if (error != 0 || slot == NULL || slot->name[0] == 0)
            break;
        links += is_entry(slot) && (slot->attributes & FAT_DIRECTORY);
    }
    fat_cursor_done(&cursor);
    if (fi->links == 0)
        fi->links = error != 0 ? 0 : links;
    *out = fi->links;
    return error;
}

/* ---- listing ---- */

struct lister {
    struct inode *dir;
    dir_emit *emit;
    void *arg;
    struct fat_long state;
    uint16_t units[PIECES_MAX * FAT_PIECE_UNITS + 1];
};

static void list_long(struct lister *lister, const uint8_t *slot, uint32_t n)
{
    int piece = fat_long_step(&lister->state, slot, n);

    if (piece < 0)
        return;
    uint16_t *units = lister->units + (unsigned)piece * FAT_PIECE_UNITS;
    for (unsigned i = 0; i < FAT_PIECE_UNITS; i++)
        units[i] = (uint16_t)fat_piece_unit(slot, i);
    if (slot[0] & FAT_LONG_LAST)
        units[FAT_PIECE_UNITS] = 0;
}

uint64_t fat_place_number(const struct inode *dir, uint32_t slot)
{
    return (uint64_t)container_of(dir, const struct fat_inode, inode)->start << 16 | slot;
}

static uint64_t number_of(struct inode *dir, uint32_t n)
{
    struct fat_fs *fat = fat_of(dir);
    uint64_t number = fat_place_number(dir, n);

    if (!list_is_empty(&fat->displaced)) { /* or some open file moved there with its number */
        struct inode *inode = icache_find(&fat->fs, number);
        if (inode != NULL) {
            number = inode->number;
            inode_put(inode);
        }
    }
    return number;
}

/* False: the reader has no more room. */
static bool list_entry(struct lister *lister, const struct fat_slot *slot, uint32_t n)
{
    char name[NAME_MAX];
    size_t length = 0;

    if (fat_long_belongs(&lister->state, slot))
        length = fat_name_from_units(lister->units, PIECES_MAX * FAT_PIECE_UNITS, name);
    lister->state.pieces = lister->state.left = 0;
    if (length == 0)
        length = fat_name_from_short(slot, name);
    if (length == 0)
        return true;
    unsigned type = slot->attributes & FAT_DIRECTORY ? DT_DIR : DT_REG;
    return lister->emit(lister->arg, name, length, number_of(lister->dir, n), type, n + 1);
}

int fat_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    struct fat_cursor cursor = {.dir = dir};
    struct lister lister = {.dir = dir, .emit = emit, .arg = arg};
    struct fat_slot *slot;
    int error = 0;

    for (uint64_t n = pos; n < FAT_DIR_SIZE_MAX / FAT_SLOT_SIZE; n++) {
        error = fat_cursor_at(&cursor, (uint32_t)n, &slot);
        if (error != 0 || slot == NULL || slot->name[0] == 0)
            break;
        if (is_long(slot) && slot->name[0] != FAT_DELETED)
            list_long(&lister, (const uint8_t *)slot, (uint32_t)n);
        else if (!is_entry(slot))
            lister.state.pieces = lister.state.left = 0;
        else if (!list_entry(&lister, slot, (uint32_t)n))
            break;
    }
    fat_cursor_done(&cursor);
    return error;
}
