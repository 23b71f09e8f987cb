/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_journal.c - the journal of a file system: where it is, its replay at mount, its begin and end.
 *
 * It is a file (inode 8 as a rule) whose blocks never move, so they are looked up once. What it says of itself is
 * checked by jbd2_load; what is checked here is that its blocks can be a file's at all: it is written to by the block.
 */
#include "fs/ext4/ext4_journal.h"

#include "abi/errno.h"
#include "core/log.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define BLOCKS_MAX 10240000u /* of mke2fs; and what a walk along it may cost */
#define RUNS_MAX 16384u
#define RUNS_FEW 16u
#define CREDITS_MIN 256u       /* a transaction is no smaller for want of memory: what any operation needs */
#define DESC_BLOCKS_CHECKED 3u /* of groups' descriptors */

static int refuse(const struct ext4_fs *e4, const char *why)
{
    log_error("%s: ext4: its journal can't be used: %s", e4->dev->name, why);
    return -EINVAL;
}

/* ---- its blocks ---- */

static int runs_grow(struct ext4_journal *journal)
{
    unsigned room = journal->run_room != 0 ? journal->run_room * 2 : RUNS_FEW;
    struct ext4_journal_run *runs;

    if (room > RUNS_MAX)
        return refuse(journal->e4, "it is in too many pieces");
    runs = kmalloc_array(room, sizeof(*runs));
    if (runs == NULL)
        return -ENOMEM;
    if (journal->run_count != 0)
        memcpy(runs, journal->runs, journal->run_count * sizeof(*runs));
    kfree(journal->runs);
    journal->runs = runs;
    journal->run_room = room;
    return 0;
}

static int run_add(struct ext4_journal *journal, const struct ext4_run *run)
{
    if (run->disk == 0 || run->unwritten || !ext4_blocks_are_valid(journal->e4, run->disk, run->count))
        return refuse(journal->e4, "it has holes, or leads beyond the disk");
    int error = journal->run_count == journal->run_room ? runs_grow(journal) : 0;
    if (error == 0)
        journal->runs[journal->run_count++] = (struct ext4_journal_run){run->start, run->count, run->disk};
    return error;
}

static int map_read(struct ext4_journal *journal, struct ext4_inode *ei)
{
    struct ext4_run run;
    int error = 0;

    for (uint32_t block = 0; error == 0 && block < journal->blocks; block += run.count) {
        error = ext4_map_find(ei, block, journal->blocks - block, &run);
        if (error == 0)
            error = run_add(journal, &run);
    }
    return error;
}

bool ext4_journal_meets(const struct ext4_journal *journal, uint64_t block, uint64_t count)
{
    for (unsigned i = 0; i < journal->run_count; i++)
        if (journal->runs[i].disk < block + count && block < journal->runs[i].disk + journal->runs[i].count)
            return true;
    return false;
}

/* Where a group's bitmaps and inodes are; of the first ones, as that has to be quick. */
static int places_check(struct ext4_journal *journal)
{
    struct ext4_fs *e4 = journal->e4;
    uint32_t in_block = e4->block_size / e4->desc_size;
    uint32_t groups = e4->groups < DESC_BLOCKS_CHECKED * in_block ? e4->groups : DESC_BLOCKS_CHECKED * in_block;
    bool is_bad = ext4_journal_meets(journal, e4->super_block, 1 + (e4->groups + in_block - 1) / in_block);

    for (uint32_t group = 0; !is_bad && group < groups; group++) {
        struct ext4_desc desc;
        int error = ext4_group_read(e4, group, &desc);
        if (error != 0)
            return error;
        is_bad = ext4_journal_meets(journal, (uint64_t)desc.inode_table_hi << 32 | desc.inode_table_lo,
                                    e4->group_table_blocks) ||
                 ext4_journal_meets(journal, (uint64_t)desc.block_bitmap_hi << 32 | desc.block_bitmap_lo, 1) ||
                 ext4_journal_meets(journal, (uint64_t)desc.inode_bitmap_hi << 32 | desc.inode_bitmap_lo, 1);
    }
    return is_bad ? refuse(e4, "it lies where the file system's tables are") : 0;
}

static int blocks_find(struct ext4_journal *journal)
{
    struct ext4_fs *e4 = journal->e4;
    struct inode *inode;
    int error = ext4_inode_read(e4, e4->super.journal_inum, EXT4_FOR_FILES, &inode);

    if (error != 0)
        return error;
    uint64_t blocks = inode->size >> e4->block_shift;
    journal->blocks = (uint32_t)blocks;
    if (!S_ISREG(inode->mode) || ext4_inode_is_inline(ext4_inode_of(inode)))
        error = refuse(e4, "its inode isn't a file's");
    else if (blocks == 0 || blocks > BLOCKS_MAX)
        error = refuse(e4, "its size can't be right");
    else
        error = map_read(journal, ext4_inode_of(inode));
    inode_put(inode);
    return error;
}

/* ---- its life ---- */

static void journal_free(struct ext4_fs *e4)
{
    jbd2_unload(&e4->journal->jbd2);
    kfree(e4->journal->runs);
    kfree(e4->journal);
    e4->journal = NULL;
}

static int journal_load(struct ext4_fs *e4)
{
    struct ext4_journal *journal = kmalloc(sizeof(*journal));

    if (journal == NULL)
        return -ENOMEM;
    e4->journal = journal;
    journal->e4 = e4;
    int error = blocks_find(journal);
    if (error == 0) {
        uint32_t most = e4->buffers.dirty_most / 2;
        struct jbd2_setup setup = {.ops = &ext4_journal_ops,
                                   .ctx = journal,
                                   .name = e4->dev->name,
                                   .block_size = e4->block_size,
                                   .log_blocks = journal->blocks,
                                   .home_blocks = e4->blocks,
                                   .credits_most = most > CREDITS_MIN ? most : CREDITS_MIN};
        error = jbd2_load(&journal->jbd2, &setup);
    }
    return error;
}

static int replay(struct ext4_fs *e4)
{
    struct jbd2_recovery result;

    if (e4->dev->read_only) {
        log_error("%s: ext4: it was not unmounted properly, and its journal can't be replayed, as its disk can't be "
                  "written to: mount it with ro,noload",
                  e4->dev->name);
        return -EROFS;
    }
    int error = places_check(e4->journal);
    if (error == 0)
        error = jbd2_recover(&e4->journal->jbd2, &result);
    if (error == 0)
        log_info("%s: ext4: its journal was replayed: %u transactions", e4->dev->name, result.transactions);
    else
        log_error("%s: ext4: its journal can't be replayed: error %d; run e2fsck on it", e4->dev->name, -error);
    return error;
}

/* Nothing is to be replayed, as the superblock says: somebody (e2fsck, tune2fs) has decided so, and Linux, too, goes by
 * that. */
static int wipe(struct ext4_fs *e4)
{
    struct jbd2 *jbd2 = &e4->journal->jbd2;

    if (!jbd2_is_dirty(jbd2) || e4->dev->read_only)
        return 0;
    log_error("%s: ext4: its journal isn't empty, and is given up, as the superblock says that it needn't be replayed",
              e4->dev->name);
    int error = places_check(e4->journal);
    return error == 0 ? jbd2_wipe(jbd2) : error;
}

/* One that isn't here: what it has can't be known, and nothing can be written without it. */
static int without(struct ext4_fs *e4, const char *why)
{
    if (e4->incompat & EXT4_INCOMPAT_RECOVER) {
        log_error("%s: ext4: it was not unmounted properly, and %s: run e2fsck on it, or mount it with ro,noload",
                  e4->dev->name, why);
        return -EROFS;
    }
    log_error("%s: ext4: mounted read-only, as %s", e4->dev->name, why);
    e4->fs.read_only = e4->fs.device_read_only = true;
    return 0;
}

bool ext4_has_fast_commits(const struct ext4_fs *e4)
{
    return e4->journal != NULL && e4->journal->jbd2.has_fast_commits;
}

int ext4_journal_start(struct ext4_fs *e4, bool *replayed)
{
    *replayed = false;
    if (!(e4->compat & EXT4_COMPAT_HAS_JOURNAL))
        return e4->incompat & EXT4_INCOMPAT_RECOVER ? without(e4, "it has no journal to be replayed") : 0;
    if (e4->super.journal_inum == 0 && e4->super.journal_dev != 0)
        return without(e4, "its journal is on another disk");
    int error = journal_load(e4);
    if (error == 0 && (e4->incompat & EXT4_INCOMPAT_RECOVER)) {
        error = replay(e4);
        *replayed = error == 0;
    } else if (error == 0) {
        error = wipe(e4);
    }
    if (error != 0 && e4->journal != NULL)
        journal_free(e4);
    return error;
}

/* What aborted it before is the file system's from now on, and no longer the journal's. */
static int error_take_over(struct ext4_fs *e4)
{
    int recorded = jbd2_recorded_error(&e4->journal->jbd2);

    if (recorded == 0)
        return 0;
    log_error("%s: ext4: its journal was given up before, with error %d", e4->dev->name, recorded);
    ext4_super_add_error(&e4->super);
    if (e4->dev->read_only)
        return 0;
    int error = ext4_super_recovered(e4); /* the log is empty by now */
    return error == 0 ? jbd2_clear_recorded_error(&e4->journal->jbd2) : error;
}

int ext4_journal_open(struct ext4_fs *e4)
{
    if (e4->journal == NULL)
        return 0;
    int error = error_take_over(e4);
    if (error != 0 || e4->fs.read_only) {
        journal_free(e4);
        return error;
    }
    error = places_check(e4->journal);
    if (error == 0)
        error = jbd2_open_check(&e4->journal->jbd2);
    if (error == 0)
        return 0;
    journal_free(e4);
    if (error != -EOPNOTSUPP)
        return error;
    log_error("%s: ext4: mounted read-only, as its journal is of an old kind", e4->dev->name);
    e4->fs.read_only = e4->fs.device_read_only = true;
    return 0;
}

int ext4_journal_ready(struct ext4_journal *journal)
{
    unsigned with = journal->e4->has_checksums ? JBD2_WITH_CSUM : 0;

    if (journal->e4->incompat & EXT4_INCOMPAT_64BIT)
        with |= JBD2_WITH_64BIT;
    int error = jbd2_open(&journal->jbd2, with);
    journal->is_open = error == 0;
    return error;
}

int ext4_journal_release(struct ext4_journal *journal)
{
    jbd2_release(&journal->jbd2);
    journal->is_open = false;
    return jbd2_close(&journal->jbd2);
}

int ext4_journal_stop(struct ext4_fs *e4)
{
    int error = 0;

    if (e4->journal == NULL)
        return 0;
    if (e4->journal->is_open)
        error = jbd2_close(&e4->journal->jbd2);
    journal_free(e4);
    return error;
}
