/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_check.c - looks over a volume that was in use when its guest ended, before anything is allocated on it.
 *
 * Every directory is read once, in the order in which they are found (a queue, as they nest deeper than a stack does),
 * and every entry claims its clusters: see fat32_claim.c. An entry's chain is cut where it can't be followed or is
 * somebody else's, and the file is as long as what is left. Clusters that nothing leads to are freed, not made files
 * of: after a crash they are what was being written, or removed. What a rename left at two places stays at the new one.
 */
#include "fs/fat32_check.h"

#include "abi/errno.h"
#include "core/log.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define LINES_MAX 10u
#define SIZE_OF_DOT 11u

struct queued { /* a directory to be looked at; as many as fit fill a page of the queue */
    uint32_t start;
    uint32_t above; /* its parent's place in the queue */
};

struct place { /* of a directory */
    uint32_t start, parent;
};

struct fat_moved { /* an entry with FAT_NT_MOVED */
    uint32_t start, dir, slot;
    uint32_t index;     /* the directory's place in the queue */
    bool is_dir, whole; /* whole: its long name is there */
    bool waits, found;  /* somebody has its clusters; that is its old place, which is gone */
};

#define MOVED_MAX (PAGE_SIZE / sizeof(struct fat_moved))

struct scan { /* one directory */
    struct fat_check *check;
    struct inode *dir;
    uint32_t start, parent;
    uint32_t index; /* its place in the queue, where entries are claimed */
    struct fat_cursor cursor;
    struct fat_long state;
    uint32_t pieces_from; /* long-name slots without their entry so far begin here; or FAT_UNKNOWN */
};

static void scratch_release(struct inode *inode)
{
    (void)inode; /* a part of struct fat_check */
}

static const struct inode_ops scratch_ops = {.release = scratch_release};

/* ---- what is said ---- */

static void say(struct fat_check *check, const struct fat_slot *slot, const char *what)
{
    char name[NAME_MAX + 1];

    if (check->lines++ >= LINES_MAX)
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

static void say_sum(const struct fat_check *check)
{
    const char *name = check->fat->dev->name;

    if (check->files_cut + check->entries_removed == 0)
        log_info("%s: was not unmounted properly; %s", name,
                 check->repair ? "it was checked" : "it is read-only: a check found nothing that is lost");
    else
        log_error("%s: was not unmounted properly; %s: %u files cut, %u entries removed%s", name,
                  check->repair ? "it was checked" : "a check would give", check->files_cut, check->entries_removed,
                  check->lines > LINES_MAX ? " (more than what is told above)" : "");
}

/* ---- entries ---- */

static uint32_t entry_start(const struct fat_slot *slot)
{
    return ((uint32_t)slot->cluster_high << 16 | slot->cluster_low) & FAT_MASK;
}

static void entry_set(struct fat_slot *slot, uint32_t start, uint32_t size)
{
    slot->cluster_high = (uint16_t)(start >> 16);
    slot->cluster_low = (uint16_t)start;
    slot->size = size;
}

static void slots_remove(struct scan *scan, uint32_t from, uint32_t end)
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

static int queue_add(struct fat_check *check, struct queued directory)
{
    struct page *page;
    void *at;
    int error = fat_check_at(&check->queue, check->queue_tail, sizeof(struct queued), &page, &at);

    if (error != 0)
        return error;
    *(struct queued *)at = directory;
    page_put(page);
    check->queue_tail++;
    return 0;
}

static int queue_at(struct fat_check *check, uint32_t index, struct queued *out)
{
    struct page *page;
    void *at;
    int error = fat_check_at(&check->queue, index, sizeof(struct queued), &page, &at);

    if (error != 0)
        return error;
    *out = *(const struct queued *)at;
    page_put(page);
    return 0;
}

static void entry_remove(struct scan *scan, struct fat_slot *slot, uint32_t n, const char *what)
{
    struct fat_removed was;

    say(scan->check, slot, what);
    scan->check->entries_removed++;
    if (scan->check->repair)
        fat_entry_remove(scan->dir, n, &was);
}

static int check_directory(struct scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    uint32_t start = entry_start(slot), limit = FAT_DIR_SIZE_MAX >> check->fat->cluster_shift, count;
    enum fat_chain_end end;
    int error = fat_claim_chain(check, start, limit > 0 ? limit : 1, &count, &end);

    if (error != 0)
        return error;
    if (count == 0) {
        entry_remove(scan, slot, n, "a directory that isn't there or has another name, removed");
        return 0;
    }
    if (end != FAT_CHAIN_SOUND) {
        say(check, slot, chain_text(end));
        check->files_cut++;
    }
    if (slot->size != 0) {
        check->mended++;
        entry_set(slot, start, 0);
        fat_cursor_changed(&scan->cursor, n);
    }
    return queue_add(check, (struct queued){start, scan->index});
}

static int check_file(struct scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    uint32_t start = entry_start(slot), limit = fat_clusters_for(check->fat, slot->size), count = 0;
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

static int check_by_kind(struct scan *scan, struct fat_slot *slot, uint32_t n)
{
    return slot->attributes & FAT_DIRECTORY ? check_directory(scan, slot, n) : check_file(scan, slot, n);
}

/* A new place waits until all other entries have claimed what is theirs. */
static int check_entry(struct scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    bool named = fat_long_belongs(&scan->state, slot);

    if (check->moved_count == MOVED_MAX && (slot->nt_case & FAT_NT_MOVED)) { /* more than there can be */
        slot->nt_case &= (uint8_t)~FAT_NT_MOVED;
        fat_cursor_changed(&scan->cursor, n);
    }
    if (!(slot->nt_case & FAT_NT_MOVED))
        return check_by_kind(scan, slot, n);
    check->moved[check->moved_count++] =
        (struct fat_moved){entry_start(slot),
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

/* "." and "..", where they are. */
static void check_dots(struct scan *scan, struct fat_slot *slot, uint32_t n)
{
    uint32_t want = scan->start;

    if (n > 1 || memcmp(slot->name, n == 0 ? ".          " : "..         ", SIZE_OF_DOT) != 0)
        return;
    if (n == 1)
        want = scan->parent == scan->check->fat->root_cluster ? 0 : scan->parent;
    if (entry_start(slot) == want)
        return;
    scan->check->mended++;
    entry_set(slot, want, 0);
    fat_cursor_changed(&scan->cursor, n);
}

/* A long name's slots that lead to no entry are removed. */
static void pieces_end(struct scan *scan, uint32_t n)
{
    if (scan->pieces_from != FAT_UNKNOWN)
        slots_remove(scan, scan->pieces_from, n);
    scan->pieces_from = FAT_UNKNOWN;
    scan->state.pieces = scan->state.left = 0;
}

static void check_piece(struct scan *scan, const struct fat_slot *slot, uint32_t n)
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

typedef int entry_action(struct scan *scan, struct fat_slot *slot, uint32_t n);

static int scan_slot(struct scan *scan, uint32_t n, struct fat_slot *slot, entry_action *action)
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
        check_dots(scan, slot, n);
    scan->pieces_from = FAT_UNKNOWN;
    scan->state.pieces = scan->state.left = 0;
    return error;
}

static int scan_slots(struct scan *scan, entry_action *action)
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

static int queue_place(struct fat_check *check, uint32_t index, struct place *out)
{
    struct queued at, above;
    int error = queue_at(check, index, &at);

    if (error == 0)
        error = queue_at(check, at.above, &above);
    if (error == 0)
        *out = (struct place){at.start, above.start};
    return error;
}

/* Opens a directory, has `work` done in it, and stores what that changed. */
static int in_directory(struct fat_check *check, struct place at, int (*work)(struct scan *scan, void *arg), void *arg)
{
    struct scan scan = {.check = check, .start = at.start, .parent = at.parent, .pieces_from = FAT_UNKNOWN};
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

static int scan_all(struct scan *scan, void *arg)
{
    scan->index = *(const uint32_t *)arg;
    return scan_slots(scan, check_entry);
}

static int queue_run(struct fat_check *check)
{
    int error = 0;

    while (error == 0 && check->queue_head < check->queue_tail) {
        uint32_t index = check->queue_head++;
        struct place next;

        error = queue_place(check, index, &next);
        if (error == 0)
            error = in_directory(check, next, scan_all, &index);
    }
    return error;
}

/* ---- what was being renamed ---- */

/* The first of `moved` that begins there too. */
static struct fat_moved *moved_find(const struct fat_check *check, uint32_t start)
{
    for (uint32_t i = 0; start != 0 && i < check->moved_count; i++)
        if (check->moved[i].start == start)
            return &check->moved[i];
    return NULL;
}

static int moved_place_work(struct scan *scan, void *arg)
{
    struct fat_slot *slot;
    const struct fat_moved *moved = arg;
    int error = fat_cursor_at(&scan->cursor, moved->slot, &slot);

    if (error != 0 || slot == NULL)
        return error != 0 ? error : -EIO;
    scan->index = moved->index;
    return check_by_kind(scan, slot, moved->slot);
}

static int moved_drop_work(struct scan *scan, void *arg)
{
    const struct fat_moved *moved = arg;
    struct fat_removed was;

    scan->check->renames++;
    return fat_entry_remove(scan->dir, moved->slot, &was);
}

static int moved_settle_work(struct scan *scan, void *arg)
{
    struct fat_slot *slot;
    const struct fat_moved *moved = arg;
    int error = fat_cursor_at(&scan->cursor, moved->slot, &slot);

    if (error == 0 && slot != NULL) {
        slot->nt_case &= (uint8_t)~FAT_NT_MOVED;
        fat_cursor_changed(&scan->cursor, moved->slot);
    }
    return error;
}

struct twin { /* where a new place stands, and what the old one says of the file */
    const struct fat_moved *moved;
    struct fat_slot old;
};

static int moved_adopt_work(struct scan *scan, void *arg)
{
    struct fat_slot *slot;
    const struct twin *twin = arg;
    int error = fat_cursor_at(&scan->cursor, twin->moved->slot, &slot);

    if (error == 0 && slot != NULL && slot->size != twin->old.size) {
        slot->size = twin->old.size;
        fat_cursor_changed(&scan->cursor, twin->moved->slot);
    }
    return error;
}

static int moved_dotdot_work(struct scan *scan, void *arg)
{
    struct fat_slot *slot;
    int error = fat_cursor_at(&scan->cursor, 1, &slot);

    (void)arg;
    if (error == 0 && slot != NULL)
        check_dots(scan, slot, 1);
    return error;
}

/* An old place goes. Its size is the one that the chain was cut to fit. */
static int drop_old(struct scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    struct fat_moved *moved = moved_find(check, entry_start(slot));
    struct twin twin = {moved, *slot};
    struct scan here = {.check = check, .dir = scan->dir, .cursor = {.dir = scan->dir}};
    struct fat_removed was;
    int error = 0;

    if (moved == NULL || !moved->waits || (slot->nt_case & FAT_NT_MOVED) ||
        moved->is_dir != !!(slot->attributes & FAT_DIRECTORY))
        return 0;
    moved->found = true;
    check->renames++;
    if (moved->dir == scan->start) { /* this very directory: its pages are being changed */
        error = moved_adopt_work(&here, &twin);
        fat_cursor_done(&here.cursor);
    } else {
        error = in_directory(check, (struct place){moved->dir, 0}, moved_adopt_work, &twin);
    }
    return error != 0 ? error : fat_entry_remove(scan->dir, n, &was);
}

static int drop_old_work(struct scan *scan, void *arg)
{
    (void)arg;
    return scan_slots(scan, drop_old);
}

/* Goes through the directories that were found once more. */
static int old_places_drop(struct fat_check *check)
{
    int error = 0;

    for (uint32_t i = 0; error == 0 && i < check->queue_tail; i++) {
        struct place next;

        error = queue_place(check, i, &next);
        if (error == 0)
            error = in_directory(check, next, drop_old_work, NULL);
    }
    for (uint32_t i = 0; error == 0 && i < check->moved_count; i++) {
        const struct fat_moved *moved = &check->moved[i];
        if (moved->waits && !moved->found) /* it was another's */
            error = in_directory(check, (struct place){moved->dir, 0}, moved_drop_work, &check->moved[i]);
        else if (moved->found && moved->is_dir)
            error = in_directory(check, (struct place){moved->start, moved->dir}, moved_dotdot_work, NULL);
    }
    return error;
}

/* Whether a directory's new place is in itself, as renames leave them: then nothing would lead to it. 1: it is. */
static int moved_is_inside(struct fat_check *check, const struct fat_moved *moved)
{
    uint32_t index = moved->index;

    for (uint32_t steps = 0; moved->is_dir && steps <= check->queue_tail; steps++) {
        const struct fat_moved *other;
        struct queued at;
        int error = queue_at(check, index, &at);

        if (error != 0 || at.start == moved->start)
            return error != 0 ? error : 1;
        if (at.start == check->fat->root_cluster)
            return 0;
        other = moved_find(check, at.start);
        index = other != NULL && other->waits ? other->index : at.above;
    }
    return 0;
}

/* One new place: alone there, or with an old one that has to go. *old: there is one. */
static int moved_resolve(struct fat_check *check, struct fat_moved *moved, bool *old)
{
    int taken = fat_is_cluster(check->fat, moved->start) ? fat_claim_test(check, moved->start) : 0;
    struct place dir = {moved->dir, 0};
    int error;

    if (taken < 0)
        return taken;
    if (taken > 0 && moved->whole && moved_find(check, moved->start) == moved) {
        int inside = moved_is_inside(check, moved);
        *old |= moved->waits = inside == 0;
        if (inside <= 0)
            return inside;
    }
    error = in_directory(check, dir, taken > 0 && check->repair ? moved_drop_work : moved_place_work, moved);
    return error != 0 ? error : queue_run(check);
}

static int moved_finish(struct fat_check *check)
{
    bool old = false;
    int error = 0;

    for (uint32_t i = 0; error == 0 && i < check->moved_count; i++) /* may find more */
        error = moved_resolve(check, &check->moved[i], &old);
    if (error != 0 || !check->repair || check->moved_count == 0)
        return error;
    if (old)
        error = old_places_drop(check);
    if (error == 0)
        error = blk_flush(check->fat->dev);
    for (uint32_t i = 0; error == 0 && i < check->moved_count; i++)
        error = in_directory(check, (struct place){check->moved[i].dir, 0}, moved_settle_work, &check->moved[i]);
    return error;
}

/* ---- all of it ---- */

static int check_root(struct fat_check *check)
{
    uint32_t limit = FAT_DIR_SIZE_MAX >> check->fat->cluster_shift, count;
    enum fat_chain_end end;
    int error = fat_claim_chain(check, check->fat->root_cluster, limit > 0 ? limit : 1, &count, &end);

    if (error == 0 && count == 0)
        error = -EIO;
    return error != 0 ? error : queue_add(check, (struct queued){check->fat->root_cluster, 0});
}

/* Directories are on the disk already: what they no longer lead to may be freed. */
static int store(struct fat_check *check)
{
    struct fat_fs *fat = check->fat;
    int error = blk_flush(fat->dev);

    if (error == 0)
        error = inode_write_back(&fat->table);
    if (error == 0)
        error = fat_info_write(fat);
    if (error == 0)
        error = blk_flush(fat->dev);
    if (error != 0)
        return error;
    fat->info_written = false;
    fat->was_dirty = false;
    error = fat_mark_clean(fat);
    return error != 0 ? error : blk_flush(fat->dev);
}

static int run(struct fat_check *check)
{
    int error = check_root(check);

    if (error == 0)
        error = queue_run(check);
    if (error == 0)
        error = moved_finish(check);
    if (error == 0)
        error = fat_claim_finish(check);
    return error == 0 && check->repair ? store(check) : error;
}

int fat_check(struct fat_fs *fat)
{
    struct fat_check *check = kmalloc(sizeof(*check));
    int error = -ENOMEM;

    if (check == NULL)
        return error;
    check->fat = fat;
    check->repair = !fat->fs.read_only;
    inode_init(&check->claimed, &fat->fs, &scratch_ops, 0, 0);
    inode_init(&check->queue, &fat->fs, &scratch_ops, 0, 0);
    check->moved = kmalloc(PAGE_SIZE);
    if (check->moved != NULL)
        error = run(check);
    if (error == 0)
        say_sum(check);
    pagecache_drop(&check->claimed);
    pagecache_drop(&check->queue);
    kfree(check->moved);
    kfree(check);
    return error;
}
