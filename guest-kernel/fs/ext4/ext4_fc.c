/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fc.c - the replay of fast commits: when, in which order, and what follows when it is done, or fails. */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_alloc.h"
#include "fs/ext4/ext4_fc.h"
#include "fs/ext4/ext4_journal.h"
#include "mm/kmalloc.h"
#include "vfs/icache.h"
#include "vfs/volume.h"

typedef int replay_record(struct ext4_fc *fc, const struct ext4_fc_record *record);

/* ---- records ---- */

static int orphan_keep(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    return record->tag == EXT4_FC_INODE ? ext4_fc_orphan_keep(fc, record) : 0;
}

static int keep(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    return record->tag == EXT4_FC_ADD_RANGE ? ext4_fc_range_keep(fc, record) : 0;
}

static int replay(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    switch (record->tag) {
    case EXT4_FC_ADD_RANGE:
        return ext4_fc_replay_add_range(fc, record);
    case EXT4_FC_DEL_RANGE:
        return ext4_fc_replay_del_range(fc, record);
    case EXT4_FC_CREAT:
        return ext4_fc_replay_create(fc, record);
    case EXT4_FC_LINK:
        return ext4_fc_replay_link(fc, record);
    case EXT4_FC_UNLINK:
        return ext4_fc_replay_unlink(fc, record);
    case EXT4_FC_INODE:
        return ext4_fc_replay_inode(fc, record);
    default:
        return 0;
    }
}

/* One that can't be replayed is passed over, unless it is for want of memory, of room, or of the disk. */
static int record_use(struct ext4_fc *fc, const struct ext4_fc_record *record, replay_record *use)
{
    int error = use(fc, record);

    if (fc->e4->is_dead)
        return -EUCLEAN;
    switch (error) {
    case -ENOENT:
    case -EUCLEAN:
    case -EBADMSG:
    case -ENOTEMPTY:
        fc->skipped += use == replay;
        return 0;
    default:
        return error;
    }
}

/* All that the scan found to count. They are checked again, as the disk may say something else now. */
static int records_walk(struct ext4_fc *fc, replay_record *use)
{
    struct ext4_fs *e4 = fc->e4;
    uint32_t left = e4->journal->fast.count;
    int error = 0;

    for (uint32_t index = 0; error == 0 && left != 0; index++) {
        struct ext4_fc_record record;
        uint32_t at = 0;
        int got = 1;

        error = ext4_journal_read_fast(e4->journal, index, fc->block);
        while (error == 0 && left != 0 && got == 1) {
            got = ext4_fc_record_get(e4, fc->block, &at, &record);
            if (got == 1) {
                error = record_use(fc, &record, use);
                if (error == 0)
                    error = ext4_fc_step(fc);
                left--;
            } else if (got < 0) {
                error = ext4_damaged(e4, "its fast commits aren't what they were");
            }
        }
    }
    return error;
}

/* New inodes to which no name leads, as the record of that is missing or wrong. */
static int nameless_remove(struct ext4_fc *fc)
{
    int error = 0;

    for (struct tree_node *node = tree_first(&fc->notes); error == 0 && node != NULL; node = tree_next(node)) {
        const struct ext4_fc_note *note = container_of(node, struct ext4_fc_note, node);
        struct inode *inode;
        if (!note->is_new || note->has_name)
            continue;
        error = ext4_fc_inode_get(fc, note->number, &inode);
        if (error == 0)
            error = ext4_fc_inode_remove(fc, inode);
        if (error == -ENOENT)
            error = 0;
    }
    return error;
}

/* ---- all of it ---- */

/* What had no name before the fast commits goes first, as it was to go then; but for what they give one. */
static int replay_all(struct ext4_fc *fc)
{
    struct ext4_fs *e4 = fc->e4;
    bool has_orphans = e4->super.last_orphan != 0 || (e4->ro_compat & EXT4_RO_ORPHAN_PRESENT);
    int error = has_orphans ? records_walk(fc, orphan_keep) : 0;

    if (error == 0)
        error = ext4_orphans_finish(e4);
    if (error >= 0)
        error = ext4_fc_check_dying(fc);
    if (error < 0)
        return error;
    icache_drop_idle(&e4->fs);
    error = records_walk(fc, keep);
    if (error == 0)
        error = records_walk(fc, replay);
    if (error == 0)
        error = nameless_remove(fc);
    if (error == 0)
        error = ext4_fc_bits_finish(fc);
    return error == 0 && e4->is_dead ? -EUCLEAN : error;
}

static int replay_held(struct ext4_fs *e4)
{
    struct list later;
    struct ext4_fc fc = {.e4 = e4, .block = kmalloc(e4->block_size)};
    int error = fc.block != NULL ? ext4_journal_ready(e4->journal) : -ENOMEM;

    list_init(&later);
    e4->later = &later;
    if (error == 0)
        error = replay_all(&fc);
    e4->later = NULL;
    ext4_later_drop(&later);
    ext4_fc_notes_free(&fc);
    kfree(fc.block);
    if (error == 0)
        error = ext4_journal_release(e4->journal);
    if (error == 0 && fc.skipped != 0)
        log_error("%s: ext4: %u records of fast commits could not be replayed", e4->dev->name, fc.skipped);
    return error;
}

/* The features may be others than at the scan: the log may have had a superblock. */
int ext4_fc_replay(struct ext4_fs *e4)
{
    bool read_only = e4->fs.read_only, entered = volume_enter(&e4->fs);
    int error = ext4_fc_check_features(e4);

    e4->fs.read_only = false;
    if (error == 0)
        error = replay_held(e4);
    e4->fs.read_only = read_only;
    if (error == 0) {
        icache_drop_idle(&e4->fs);
        ext4_alloc_fini(e4);
        log_info("%s: ext4: its fast commits were replayed: %u records", e4->dev->name, e4->journal->fast.count);
    } else {
        log_error("%s: ext4: the fast commits of its journal can't be replayed: error %d; run e2fsck on it, or mount "
                  "it with ro,noload",
                  e4->dev->name, -error);
    }
    filesystem_forget_dirty(&e4->fs);
    volume_leave(&e4->fs, entered);
    return error;
}
