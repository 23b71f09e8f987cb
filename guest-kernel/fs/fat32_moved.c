/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fat32_moved.c - what was being renamed when the guest ended, for the check after a crash: what stands at two places
 * stays at the new one, which carries FAT_NT_MOVED. It is looked at when all other entries have claimed what is theirs.
 */
#include "abi/errno.h"
#include "fs/fat32_check.h"

/* Directories that are followed upwards from a new place: more than a path of PATH_MAX bytes has names. A bound, as
 * each costs a look through all that was moved. */
#define UP_MAX 4096u

/* The first of `moved` that begins there too. */
static struct fat_moved *moved_find(const struct fat_check *check, uint32_t start)
{
    for (uint32_t i = 0; start != 0 && i < check->moved_count; i++)
        if (check->moved[i].start == start)
            return &check->moved[i];
    return NULL;
}

static int moved_place_work(struct fat_scan *scan, void *arg)
{
    struct fat_slot *slot;
    const struct fat_moved *moved = arg;
    int error = fat_cursor_at(&scan->cursor, moved->slot, &slot);

    if (error != 0 || slot == NULL)
        return error != 0 ? error : -EIO;
    scan->index = moved->index;
    return fat_scan_entry(scan, slot, moved->slot);
}

static int moved_drop_work(struct fat_scan *scan, void *arg)
{
    const struct fat_moved *moved = arg;
    struct fat_removed was;

    scan->check->renames++;
    return fat_entry_remove(scan->dir, moved->slot, &was);
}

static int moved_settle_work(struct fat_scan *scan, void *arg)
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

static int moved_adopt_work(struct fat_scan *scan, void *arg)
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

static int moved_dotdot_work(struct fat_scan *scan, void *arg)
{
    struct fat_slot *slot;
    int error = fat_cursor_at(&scan->cursor, 1, &slot);

    (void)arg;
    if (error == 0 && slot != NULL)
        fat_scan_dots(scan, slot, 1);
    return error;
}

/* An old place goes. Its size is the one that the chain was cut to fit. */
static int drop_old(struct fat_scan *scan, struct fat_slot *slot, uint32_t n)
{
    struct fat_check *check = scan->check;
    struct fat_moved *moved = moved_find(check, fat_slot_start(slot));
    struct twin twin = {moved, *slot};
    struct fat_scan here = {.check = check, .dir = scan->dir, .cursor = {.dir = scan->dir}};
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
        error = fat_scan_in(check, (struct fat_place){moved->dir, 0}, moved_adopt_work, &twin);
    }
    return error != 0 ? error : fat_entry_remove(scan->dir, n, &was);
}

static int drop_old_work(struct fat_scan *scan, void *arg)
{
    (void)arg;
    return fat_scan_slots(scan, drop_old);
}

/* Goes through the directories that were found once more. */
static int old_places_drop(struct fat_check *check)
{
    int error = 0;

    for (uint32_t i = 0; error == 0 && i < check->queue_tail; i++) {
        struct fat_place next;

        error = fat_queue_place(check, i, &next);
        if (error == 0)
            error = fat_scan_in(check, next, drop_old_work, NULL);
    }
    for (uint32_t i = 0; error == 0 && i < check->moved_count; i++) {
        const struct fat_moved *moved = &check->moved[i];
        if (moved->waits && !moved->found) /* it was another's */
            error = fat_scan_in(check, (struct fat_place){moved->dir, 0}, moved_drop_work, &check->moved[i]);
        else if (moved->found && moved->is_dir)
            error = fat_scan_in(check, (struct fat_place){moved->start, moved->dir}, moved_dotdot_work, NULL);
    }
    return error;
}

/* Whether a directory's new place is in itself, as renames leave them: then nothing would lead to it. 1: it is, or it
 * isn't known, so deep is the place. */
static int moved_is_inside(struct fat_check *check, const struct fat_moved *moved)
{
    uint32_t index = moved->index;

    if (!moved->is_dir)
        return 0;
    for (uint32_t steps = 0; steps < UP_MAX; steps++) {
        const struct fat_moved *other;
        struct fat_queued at;
        int error = fat_queue_at(check, index, &at);

        if (error != 0 || at.start == moved->start)
            return error != 0 ? error : 1;
        if (at.start == check->fat->root_cluster)
            return 0;
        other = moved_find(check, at.start);
        index = other != NULL && other->waits && other->is_dir ? other->index : at.above;
    }
    return 1;
}

/* One new place: alone there, or with an old one that has to go. *old: there is one. */
static int moved_resolve(struct fat_check *check, struct fat_moved *moved, bool *old)
{
    int taken = fat_is_cluster(check->fat, moved->start) ? fat_claim_test(check, moved->start) : 0;
    struct fat_place dir = {moved->dir, 0};
    int error;

    if (taken < 0)
        return taken;
    if (taken > 0 && moved->whole && moved_find(check, moved->start) == moved) {
        int inside = moved_is_inside(check, moved);
        *old |= moved->waits = inside == 0;
        if (inside <= 0)
            return inside;
    }
    error = fat_scan_in(check, dir, taken > 0 && check->repair ? moved_drop_work : moved_place_work, moved);
    return error != 0 ? error : fat_queue_run(check);
}

int fat_moved_finish(struct fat_check *check)
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
        error = fat_scan_in(check, (struct fat_place){check->moved[i].dir, 0}, moved_settle_work, &check->moved[i]);
    return error;
}
