/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fc.h - fast commits, which Linux writes behind the journal's log, and their replay (ext4 layout, "Fast
 * commits").
 *
 *   ext4_fc_scan.c   which of them count      ext4_fc.c        the replay
 *   ext4_fc_inode.c  inodes                   ext4_fc_name.c   names
 *   ext4_fc_range.c  where files' blocks lie  ext4_fc_bits.c   what is in use afterwards
 *   ext4_fc_orphan.c files that got a name
 *
 * Their area is a row of blocks with records, each a tag, a length and a value; numbers are little-endian. A record of
 * kind HEAD begins the area; each fast commit ends with a TAIL, which has the number of the transaction after which it
 * comes and a checksum. Nothing is said of bitmaps, of counts, nor of the blocks of directories and trees: who replays
 * finds those anew.
 *
 * The replay is one transaction, which the journal holds until all is done (jbd2_release): after a crash either none of
 * it is there, and the fast commits still count, or all of it. Whatever a record says is checked. One that makes no
 * sense is passed over, as by Linux.
 */
#ifndef GK_FS_EXT4_EXT4_FC_H
#define GK_FS_EXT4_EXT4_FC_H

#include "abi/errno.h"
#include "core/wait.h"
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_fc_scan.h"

#define EXT4_FC_STEPS 64u /* before others may run */

/* ---- ext4_fc.c ---- */

/* Replays those that were found when the journal was, and commits that. The journal isn't open, neither before nor
 * afterwards; inodes and what is known of groups are dropped. Errors: the fast commits still count. */
int ext4_fc_replay(struct ext4_fs *e4);

/* ---- the replay's parts ---- */

struct ext4_fc_note { /* an inode that records are about */
    struct tree_node node;
    uint32_t number;
    bool is_new;   /* its number was free */
    bool has_name; /* of a new one: a record said so */
};

struct ext4_fc {
    struct ext4_fs *e4;
    struct tree notes;
    uint8_t *block; /* of the area, that is looked at */
    uint32_t skipped, steps;
};

/* After each step of what may take long: others run now and then. -EINTR: a signal is about to end the process. */
static inline int ext4_fc_step(struct ext4_fc *fc)
{
    return ++fc->steps % EXT4_FC_STEPS == 0 && wait_loop_ends(true) ? -EINTR : 0;
}

/* ext4_fc_inode.c. Functions that replay a record return -ENOENT, -EUCLEAN, -EBADMSG and the like where it can't be,
 * and nothing has changed. */
int ext4_fc_note_get(struct ext4_fc *fc, uint32_t number, struct ext4_fc_note **out);
void ext4_fc_notes_free(struct ext4_fc *fc);
/* An inode that has links, with a reference, not in the cache. -ENOENT: there is none. */
int ext4_fc_inode_get(struct ext4_fc *fc, uint32_t number, struct inode **out);
/* -ENOMEM: one that was removed waits for memory (ext4_reap). Its number would be freed twice, by that and by who finds
 * it among those without a name. */
int ext4_fc_check_dying(const struct ext4_fc *fc);
/* The inode goes, with all it has. Takes the reference. */
int ext4_fc_inode_remove(struct ext4_fc *fc, struct inode *inode);
int ext4_fc_replay_inode(struct ext4_fc *fc, const struct ext4_fc_record *record);

/* ext4_fc_orphan.c. Before files without a name are removed: one of which this INODE record says that it has links by
 * now isn't. */
int ext4_fc_orphan_keep(struct ext4_fc *fc, const struct ext4_fc_record *record);

/* ext4_fc_name.c */
int ext4_fc_replay_create(struct ext4_fc *fc, const struct ext4_fc_record *record);
int ext4_fc_replay_link(struct ext4_fc *fc, const struct ext4_fc_record *record);
int ext4_fc_replay_unlink(struct ext4_fc *fc, const struct ext4_fc_record *record);

/* ext4_fc_range.c. Before all others: what ADD_RANGE says is in use from then on, so that it isn't given to somebody
 * else; what wasn't before is given back at the end, if nobody has it. */
int ext4_fc_range_keep(struct ext4_fc *fc, const struct ext4_fc_record *record);
int ext4_fc_replay_add_range(struct ext4_fc *fc, const struct ext4_fc_record *record);
int ext4_fc_replay_del_range(struct ext4_fc *fc, const struct ext4_fc_record *record);

/* ext4_fc_bits.c. Marks blocks, which are checked to be a file's, as in use, or as free; those of which that was
 * different are added to `changed`. No handle is open. */
int ext4_fc_bits_put(struct ext4_fs *e4, uint64_t block, uint32_t count, bool used, struct list *changed);
/* These blocks can be a file's: 0, -EUCLEAN. */
int ext4_fc_blocks_check(struct ext4_fs *e4, uint64_t block, uint32_t count);
/* What was freed is free; but what the noted inodes have is in use. */
int ext4_fc_bits_finish(struct ext4_fc *fc);

#endif
