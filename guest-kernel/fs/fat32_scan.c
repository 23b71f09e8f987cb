/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_scan.c - reads directories for the check after a crash: each once, in the order in which they are found (a
 * queue, as they nest deeper than a stack does), and every entry claims its clusters (fat32_claim.c). An entry's chain
 * is cut where it can't be followed or is somebody else's, and the file is as long as what is left.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/fat32_check.h"
#include "lib/string.h"

#define SIZE_OF_DOT 11u

/* ---- the queue ---- */

int fat_queue_add(struct fat_check *check, struct fat_queued directory)
{
    struct page *page;
    void *at;
    int error = fat_check_at(&check->queue, check->queue_tail, sizeof(struct fat_queued), &page, &at);

    if (error != 0)
        return error;
    *(struct fat_queued *)at = directory;
    page_put(page);
    check->queue_tail++;
    return 0;
}

int fat_queue_at(struct fat_check *check, uint32_t index, struct fat_queued *out)
{
    struct page *page;
    void *at;
    int error = fat_check_at(&check->queue, index, sizeof(struct fat_queued), &page, &at);

    if (error != 0)
        return error;
    *out = *(const struct fat_queued *)at;
    page_put(page);
    return 0;
}

int fat_queue_place(struct fat_check *check, uint32_t index, struct fat_place *out)
{
    struct fat_queued at, above;
    int error = fat_queue_at(check, index, &at);

    if (error == 0)
        error = fat_queue_at(check, at.above, &above);
    if (error == 0)
        *out = (struct fat_place){at.start, above.start};
    return error;
}

/* ---- entries ---- */

static void say(struct fat_check *check, const struct fat_slot *slot, const char *what)
{
    char name[NAME_MAX + 1];

    if (check->lines++ >= FAT_CHECK_LINES_MAX)
        return;
    name[fat_name_from_short(slot, name)] = '\0';
    log_error("%s: check: %s: %s", check->fat->dev->name, name, what);
}

static const char *chain_text(enum fat_chain_end end)
{
    static const char *const text[] = {[FAT_CHAIN_SOUND] = "shorter than it says, cut",
                                       [FAT_CHAIN_LONG] = "cut",
                                       [FAT_CHAIN_FREE] = "runs into free clusters, cut",
                                       [FAT_CHAIN_OUTSIDE] = "leaves the volume, cut",
                                       [FAT_CHAIN_CROSSED] = "runs into another file or itself, cut"};

    return text[end];
}

static void entry_set(struct fat_slot *slot, uint32_t start, uint32_t size)
{
    slot->cluster_high = (uint16_t)(start >> 16);
    slot->cluster_low = (uint16_t)start;
    slot->size = size;
}

static void slots_remove(struct fat_scan *scan, uint32_t from, uint32_t end)
{
    struct fat_slot *slot;

    scan->check->mended++;
    for (uint32_t n = from; scan->check->repair && n < end; n++) {
        if (fat_cursor_at(&scan->cursor, n, &slot) != 0 || slot == NULL)
            return;
        slot->name[0] = FAT_DELETED;
        fat_cursor_changed(&scan->cursor, n);
    }
}

static int entry_remove(struct fat_scan *scan, struct fat_slot *slot, uint32_t n, const char *what)
{
    struct fat_removed was;

    say(scan->check, slot, what);
    scan->check->entries_removed++;
    return scan->check->repair ? fat_entry_remove(scan->dir, n, &was) : 0;
}

static int check_directory(struct fat_scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    uint32_t start = fat_slot_start(slot), limit = FAT_DIR_SIZE_MAX >> check->fat->cluster_shift, count;
    enum fat_chain_end end;
    int error = fat_claim_chain(check, start, limit > 0 ? limit : 1, &count, &end);

    if (error != 0)
        return error;
    if (count == 0)
        return entry_remove(scan, slot, n, "a directory that isn't there or has another name, removed");
    if (end != FAT_CHAIN_SOUND) {
        say(check, slot, chain_text(end));
        check->files_cut++;
    }
    if (slot->size != 0) {
        check->mended++;
        entry_set(slot, start, 0);
        fat_cursor_changed(&scan->cursor, n);
    }
    return fat_queue_add(check, (struct fat_queued){start, scan->index});
}

static int check_file(struct fat_scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    uint32_t start = fat_slot_start(slot), limit = fat_clusters_for(check->fat, slot->size), count = 0;
    uint64_t room;
    enum fat_chain_end end = FAT_CHAIN_SOUND;
    int error = start != 0 ? fat_claim_chain(check, start, limit, &count, &end) : 0;

    if (error != 0)
        return error;
    room = (uint64_t)count << check->fat->cluster_shift;
    if (slot->size > room) {
        say(check, slot, chain_text(end));
        check->files_cut++;
    } else if (start == 0 || count > 0) {
        return 0; /* what its chain has beyond is freed with what nobody claims */
    }
    check->mended++;
    entry_set(slot, count > 0 ? start : 0, slot->size > room ? (uint32_t)room : slot->size);
    fat_cursor_changed(&scan->cursor, n);
    return 0;
}

int fat_scan_entry(struct fat_scan *scan, struct fat_slot *slot, uint32_t n)
{
    return slot->attributes & FAT_DIRECTORY ? check_directory(scan, slot, n) : check_file(scan, slot, n);
}

/* A new place waits until all other entries have claimed what is theirs. */
static int check_entry(struct fat_scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    bool named = fat_long_belongs(&scan->state, slot);

    if (check->moved_count == FAT_MOVED_MAX && (slot->nt_case & FAT_NT_MOVED)) { /* more than there can be */
        slot->nt_case &= (uint8_t)~FAT_NT_MOVED;
        fat_cursor_changed(&scan->cursor, n);
    }
    if (!(slot->nt_case & FAT_NT_MOVED))
        return fat_scan_entry(scan, slot, n);
    check->moved[check->moved_count++] =
        (struct fat_moved){fat_slot_start(slot),
                           scan->start,
                           n,
                           scan->index,
                           slot->attributes & FAT_DIRECTORY,
                           named || memchr(slot->name, '~', sizeof(slot->name)) == NULL,
                           false,
                           false};
    return 0;
}

/* ---- directories ---- */

void fat_scan_dots(struct fat_scan *scan, struct fat_slot *slot, uint32_t n)
{
    uint32_t want = scan->start;

    if (n > 1 || memcmp(slot->name, n == 0 ? ".          " : "..         ", SIZE_OF_DOT) != 0)
        return;
    if (n == 1)
        want = scan->parent == scan->check->fat->root_cluster ? 0 : scan->parent;
    if (fat_slot_start(slot) == want)
        return;
    scan->check->mended++;
    entry_set(slot, want, 0);
    fat_cursor_changed(&scan->cursor, n);
}

/* A long name's slots that lead to no entry are removed. */
static void pieces_end(struct fat_scan *scan, uint32_t n)
{
    if (scan->pieces_from != FAT_UNKNOWN)
        slots_remove(scan, scan->pieces_from, n);
    scan->pieces_from = FAT_UNKNOWN;
    scan->state.pieces = scan->state.left = 0;
}

static void check_piece(struct fat_scan *scan, const struct fat_slot *slot, uint32_t n)
{
    struct fat_slot copy = *slot;
    int piece;

    if (copy.name[0] & FAT_LONG_LAST) /* a new name begins: the one before has no entry */
        pieces_end(scan, n);
    piece = fat_long_step(&scan->state, (const uint8_t *)&copy, n);
    if (scan->pieces_from == FAT_UNKNOWN)
        scan->pieces_from = n;
    if (piece < 0)
        pieces_end(scan, n + 1);
}

static bool is_piece(const struct fat_slot *slot)
{
    return (slot->attributes & FAT_LONG_NAME_MASK) == FAT_LONG_NAME && slot->name[0] != FAT_DELETED;
}

static int scan_slot(struct fat_scan *scan, uint32_t n, struct fat_slot *slot, fat_entry_action *action)
{
    int error = 0;

    if (is_piece(slot)) {
        check_piece(scan, slot, n);
        return 0;
    }
    bool is_entry = slot->name[0] != FAT_DELETED && slot->name[0] != '.' && !(slot->attributes & FAT_VOLUME_ID);
    if (!is_entry || !fat_long_belongs(&scan->state, slot)) {
        pieces_end(scan, n);
        error = fat_cursor_at(&scan->cursor, n, &slot); /* it may have moved on */
    }
    if (error == 0 && is_entry)
        error = action(scan, slot, n);
    else if (error == 0 && slot->name[0] == '.' && scan->start != scan->check->fat->root_cluster)
        fat_scan_dots(scan, slot, n);
    scan->pieces_from = FAT_UNKNOWN;
    scan->state.pieces = scan->state.left = 0;
    return error;
}

int fat_scan_slots(struct fat_scan *scan, fat_entry_action *action)
{
    struct fat_slot *slot;
    int error = 0;
    uint32_t n;

    for (n = 0; error == 0; n++) {
        error = fat_cursor_at(&scan->cursor, n, &slot);
        if (error != 0 || slot == NULL || slot->name[0] == 0)
            break;
        error = scan_slot(scan, n, slot, action);
    }
    if (error == 0)
        pieces_end(scan, n);
    return error;
}

int fat_scan_in(struct fat_check *check, struct fat_place at, int (*work)(struct fat_scan *scan, void *arg), void *arg)
{
    struct fat_scan scan = {.check = check, .start = at.start, .parent = at.parent, .pieces_from = FAT_UNKNOWN};
    int error = fat_inode_dir(check->fat, at.start, &scan.dir);

    if (error != 0) /* without repair its chain is as it was found */
        return error == -EIO && !check->repair ? 0 : error;
    scan.cursor.dir = scan.dir;
    error = work(&scan, arg);
    fat_cursor_done(&scan.cursor);
    if (error == 0 && check->repair)
        error = pagecache_write_back(scan.dir);
    inode_put(scan.dir);
    return error;
}

static int scan_all(struct fat_scan *scan, void *arg)
{
    scan->index = *(const uint32_t *)arg;
    return fat_scan_slots(scan, check_entry);
}

int fat_queue_run(struct fat_check *check)
{
    int error = 0;

    while (error == 0 && check->queue_head < check->queue_tail) {
        uint32_t index = check->queue_head++;
        struct fat_place next;

        error = fat_queue_place(check, index, &next);
        if (error == 0)
            error = fat_scan_in(check, next, scan_all, &index);
    }
    return error;
}
