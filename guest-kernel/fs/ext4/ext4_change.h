/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_change.h - what the files of ext4 that change a file system share. ext4.h has what only reads.
 *
 *   ext4_handle.c     operations, of which all arrives on the disk or nothing
 *   ext4_unlogged.c   buffers to the disk without a journal   ext4_sync.c   sync, fsync, the flusher
 *   ext4_journal.h    the journal: ext4_journal.c, ext4_journal_io.c
 *   ext4_superblock.c the superblock is written               ext4_counts.c what is free, added up from the groups
 *   ext4_alloc.h      blocks and inodes are taken and given back
 *   ext4_orphan.c     inodes without a name                   ext4_orphan_finish.c  those that a crash left
 *   ext4_fail.c       writing ends, as something failed       ext4_reserve.c  room before a write
 *   ext4_grow.c       a file gets blocks                      ext4_cut.c    and loses them: by
 *   ext4_grow.h       ext4_grow_blocks.c,                     ext4_cut.h    ext4_cut_free.c, for these two:
 *   ext4_extent.h     trees of extents, or                    ext4_indirect.h  block numbers
 *   ext4_migrate.c    from one of these to the other
 *   ext4_store.c      inodes to their table                   ext4_birth.c  new ones, and their end
 *   ext4_attr.c       owner, permissions, times, marks        ext4_links.c  how many names there are
 *   ext4_dir.h        names come and go, in directories       ext4_inline_leave.c  data leave their inode
 *   ext4_namei.c      create, link, unlink                    ext4_rename.c rename
 *   ext4_delayed.c    room that is promised, not yet chosen   ext4_write.c  pages to sectors
 *   ext4_truncate.c   files get shorter                       ext4_fallocate.c  fallocate(2)
 *   ext4_xattr.h      extended attributes and ACLs are set    ext4_fc.h     fast commits are replayed
 *
 * Whoever changes has the volume (vfs/volume.h) from ext4_begin to ext4_end, and so is alone: a transaction is never
 * committed in the middle of an operation, and a commit never runs beside one. What was read before ext4_begin still
 * holds after it, as that waits only for the disk.
 *
 * A buffer is declared (ext4_change) and then changed, in any order of calls within the operation. Its checksum isn't
 * the changer's to compute: a `seal` does that, once, when the transaction closes (or, without a journal, before it is
 * written). Between the two the checksum in memory is old: who reads a buffer with a seal doesn't check it.
 *
 * When something fails in the middle, what was changed until then is committed with the rest. So: first find and check
 * all that is needed, then declare every buffer, then change. What fails after the first change and can't be taken back
 * is damage: ext4_fail.
 */
#ifndef GK_FS_EXT4_CHANGE_H
#define GK_FS_EXT4_CHANGE_H

#include "fs/ext4/ext4.h"

/* ---- ext4_handle.c: operations ---- */

struct ext4_handle {
    struct ext4_fs *e4;
    struct jbd2_handle jbd2; /* unused without a journal */
};

/* How many blocks an operation changes at most. They are added up, and given to ext4_begin. */
enum {
    EXT4_CREDITS_INODE = 1,                            /* its table's block: ext4_inode_store */
    EXT4_CREDITS_SUPER = 1,                            /* counts, the orphans' list */
    EXT4_CREDITS_ALLOC = 2 + EXT4_CREDITS_SUPER,       /* one call: a bitmap, a descriptor; free has one revoke more */
    EXT4_CREDITS_INODE_NEW = 4 + EXT4_CREDITS_SUPER,   /* its bitmap, that of blocks, a descriptor, the table's block */
    EXT4_CREDITS_ORPHAN = EXT4_CREDITS_SUPER + 2,      /* the inode, the one before it in the list */
    EXT4_CREDITS_TREE = 2 * EXT4_EXTENT_DEPTH_MAX + 2, /* nodes of a tree of extents that split, or of pointers */
    /* ext4_map_create, of one run, and the inode */
    EXT4_CREDITS_MAP = EXT4_CREDITS_TREE * (1 + EXT4_CREDITS_ALLOC) + EXT4_CREDITS_ALLOC + EXT4_CREDITS_INODE,
    /* ext4_dir_add: a block of entries splits, and index blocks up to the root; one or more new blocks */
    EXT4_CREDITS_DIR = 8 + 2 * EXT4_CREDITS_MAP,
    /* one attribute: the inode, ext_attr in the superblock, a block that comes or goes, or is copied; and a value in an
     * inode of its own that goes */
    EXT4_CREDITS_XATTR =
        EXT4_CREDITS_INODE + EXT4_CREDITS_SUPER + EXT4_CREDITS_ALLOC + 2 + EXT4_CREDITS_INODE + EXT4_CREDITS_ORPHAN,
};

/* An operation begins that changes up to `credits` blocks, which are no more than the journal ever takes: then it
 * begins with as many. The caller has the volume and no other handle. May commit. -EROFS: nothing can be written (any
 * more); -ENOMEM, -EIO. */
int ext4_begin(struct ext4_fs *e4, struct ext4_handle *handle, unsigned credits);
/* From here on it is going to change so many; what is left of those it asked for before is among them. -ENOSPC: end it,
 * where the file system makes sense, and begin anew. */
int ext4_extend(struct ext4_handle *handle, unsigned credits);
/* It is complete. */
void ext4_end(struct ext4_handle *handle);

/* The buffer is about to be changed; it stays in memory until it is at its place. seal: brings what depends on its
 * bytes up to date, later; NULL: nothing does. arg: seal's, buffer->seal_arg. The caller keeps its own reference.
 * -EROFS, -ENOMEM, -ENOSPC (credits): it isn't to be changed. */
int ext4_change(struct ext4_handle *handle, struct ext4_buffer *buffer, ext4_seal *seal, uint32_t arg);
/* The same, by who leaves it what it was checked as, if that is `kind`. A damaged disk may have one block as two
 * things: to all others it is one that nobody has looked over. */
int ext4_change_as(struct ext4_handle *handle, struct ext4_buffer *buffer, enum ext4_buffer_kind kind, ext4_seal *seal,
                   uint32_t arg);
/* The same for a block that was just allocated: it comes with a reference, zeroed, without being read. */
int ext4_change_new(struct ext4_handle *handle, uint64_t block, ext4_seal *seal, uint32_t arg,
                    struct ext4_buffer **out);
/* The block, one for ext4_change, was freed: no copy of it is replayed, and what is in memory of it is dropped when the
 * caller has put its reference. For ext4_blocks_free. */
int ext4_forget(struct ext4_handle *handle, uint64_t block);

/* Something went wrong in the middle of a change: a line on the log, and nothing is written any more. -EUCLEAN. */
int ext4_fail(struct ext4_fs *e4, const char *what, int error);

/* ---- ext4_unlogged.c ---- */
/* Seals and writes the buffers that are dirty, where there is no journal: 0, or the first error; then what isn't
 * written stays dirty. */
int ext4_buffers_write(struct ext4_fs *e4);

/* ---- ext4_superblock.c, ext4_counts.c ---- */
/* e4->super was or will be changed, and goes to the disk with this operation. */
int ext4_change_super(struct ext4_handle *handle);
uint64_t ext4_free_blocks_count(const struct ext4_fs *e4); /* that the superblock says are free, in blocks */
void ext4_free_blocks_add(struct ext4_fs *e4, int64_t blocks);
/* What is free is added up from the groups, as the superblock's counts are old after a crash. In memory:
 * 0, -EIO, -ENOMEM. */
int ext4_counts_sum(struct ext4_fs *e4);
/* Written by itself, while no operation is open and the journal has nothing: it is being written to from now on; all is
 * at its place, as a new mount would find it; a replay came before, so that nothing is to be replayed. 0 or -errno. */
int ext4_super_mounted(struct ext4_fs *e4);
int ext4_super_unmounted(struct ext4_fs *e4);
int ext4_super_recovered(struct ext4_fs *e4);
/* An error is counted there; the same on the disk, where nothing else changes, after the end of all writing; and those
 * that `before` has and a replayed one hasn't are kept. */
void ext4_super_add_error(struct ext4_super *super);
void ext4_super_record_error(struct ext4_fs *e4);
void ext4_super_keep_errors(struct ext4_super *super, const struct ext4_super *before);

/* ---- ext4_journal.c, ext4_sync.c ---- */
/* At mount: finds the journal, and replays it where that is due: then super and all else in memory are read anew by the
 * caller. Without one: 0. -EROFS: it can't be replayed; -EINVAL: it can't be used. A line tells. */
int ext4_journal_start(struct ext4_fs *e4, bool *replayed);
/* And whether fast commits are to be replayed, when that has been done: ext4_fc_replay. */
bool ext4_has_fast_commits(const struct ext4_fs *e4);
/* And then has it ready for writing, unless fs.read_only. Sets that, with a line, where it can't be written to. */
int ext4_journal_open(struct ext4_fs *e4);
/* Commits, brings all to its place, and frees it. Also after an error. */
int ext4_journal_stop(struct ext4_fs *e4);
/* Number of the running transaction, of which the caller's operation is a part. Without a journal: 0. */
uint32_t ext4_tid(const struct ext4_handle *handle);
/* What that transaction holds is on stable storage; without a journal: all that is dirty, and a flush. */
int ext4_commit(struct ext4_fs *e4, uint32_t tid);
/* The one that is running: what was freed by it can be taken afterwards. */
int ext4_commit_all(struct ext4_fs *e4);
/* filesystem_ops.sync */
int ext4_sync(struct filesystem *fs, bool all);
/* inode_ops.sync: pages, the inode, and what of its transaction has to be there. data_only: fdatasync(2). */
int ext4_sync_inode(struct inode *inode, bool data_only);

/* ---- ext4_balloc.c, ext4_bfree.c, ext4_room.c, ext4_freed.c, ext4_trim.c ---- */
enum {
    EXT4_BLOCKS_META = 1,     /* the file system's own: freed ones are forgotten (ext4_forget) */
    EXT4_BLOCKS_PROMISED = 2, /* they were promised: taken out of e4->promised */
    EXT4_BLOCKS_WHOLE = 4,    /* *count in a row, or -ENOSPC */
    EXT4_BLOCKS_UNUSED = 8,   /* freed by the operation that took them: others may have them at once */
};
/* Takes blocks in a row, near `goal` (0: wherever), at least 1 and at most *count: *block, *count. Their bits, the
 * group's and the superblock's counts change. EXT4_CREDITS_ALLOC each call. Blocks that an uncommitted transaction
 * freed aren't taken: -ENOSPC may be cured by ext4_commit_all, which only who has no handle can call
 * (ext4_blocks_retry). Blocks promised to others, and those kept for root, aren't taken but by those whose they are. */
int ext4_blocks_alloc(struct ext4_handle *handle, uint64_t goal, unsigned flags, uint32_t *count, uint64_t *block);
/* Gives back blocks, which may lie in several groups: credits EXT4_CREDITS_ALLOC for each group touched, and one for
 * each block with EXT4_BLOCKS_META. -EUCLEAN: they weren't in use, or are the file system's fixed ones. */
int ext4_blocks_free(struct ext4_handle *handle, uint64_t block, uint32_t count, unsigned flags);
/* Keeps `blocks` for later, without choosing them: -ENOSPC. */
int ext4_blocks_promise(struct ext4_fs *e4, uint64_t blocks);
void ext4_blocks_unpromise(struct ext4_fs *e4, uint64_t blocks);
/* How many clusters are kept for trees of extents, and how many blocks for root. */
uint64_t ext4_kept_for_trees(const struct ext4_fs *e4);
uint64_t ext4_kept_for_root(const struct ext4_fs *e4);
/* No handle is open, and that was the answer of an operation: whether it was -ENOSPC, and is worth trying again, as
 * blocks came free. *tries: 0 at first; of one operation it is so three times at most, as others may take them. */
bool ext4_blocks_retry(struct ext4_fs *e4, int error, unsigned *tries);
/* The same, for who has no inode's page either and wants blocks or an inode: what was removed, and isn't freed yet, is
 * freed first. */
bool ext4_room_retry(struct ext4_fs *e4, int error, unsigned *tries);
/* The transaction is on stable storage: what it freed can be taken (jbd2_ops.committed). */
void ext4_blocks_committed(struct ext4_fs *e4, uint32_t tid);
void ext4_alloc_fini(struct ext4_fs *e4); /* frees what these files keep in memory */
/* filesystem_ops.trim. Enters the volume. */
int ext4_trim(struct filesystem *fs, uint64_t start, uint64_t size, uint64_t least, uint64_t *done);
/* Where a new file's first blocks are best: near its inode. */
uint64_t ext4_blocks_goal(const struct ext4_inode *ei);

/* ---- ext4_ialloc.c, ext4_orphan.c, ext4_orphan_finish.c ---- */
/* A number for a new inode, near its directory, directories spread: its bit and counts change, and in its table there
 * are zeros, but for extra_isize. -ENOSPC. EXT4_CREDITS_INODE_NEW. */
int ext4_number_alloc(struct ext4_handle *handle, const struct ext4_inode *dir, uint32_t mode, uint32_t *number);
int ext4_number_free(struct ext4_handle *handle, uint32_t number, bool is_dir);
/* That number, which is free. EXT4_CREDITS_INODE_NEW, and one for each block of the table that was never used before.
 * -EUCLEAN: it isn't. */
int ext4_number_take(struct ext4_handle *handle, uint32_t number, bool is_dir);
int ext4_number_is_used(struct ext4_fs *e4, uint32_t number, bool *out);
/* It has no name any more, or is being cut: after a crash it is finished or removed. Twice is once. The caller stores
 * the inode afterwards, within the same operation. EXT4_CREDITS_ORPHAN. */
int ext4_orphan_add(struct ext4_handle *handle, struct ext4_inode *ei);
int ext4_orphan_remove(struct ext4_handle *handle, struct ext4_inode *ei);
/* At mount, when all can be written: finishes those that a crash left: how many, or -errno. */
int ext4_orphans_finish(struct ext4_fs *e4);

/* ---- ext4_grow.c (ext4_extent_change.c, ext4_indirect_change.c), ext4_cut.c ---- */
enum {
    EXT4_MAP_UNWRITTEN = 1, /* room alone: reads as zeros. Without extents: -EOPNOTSUPP */
    EXT4_MAP_PROMISED = 2,
    EXT4_MAP_META = 4, /* blocks of a directory, an attribute's value, ... */
};
/* The file's blocks from `block` on, all holes (of `most` of them: ext4_map_find says so), get blocks of the disk, as
 * many as come in a row: *out. Changes ei->block, ei->sectors and ei->last, and stores the inode.
 * EXT4_CREDITS_MAP; with ext4_extend it may take more. -ENOSPC, and all is as it was; -EFBIG. */
int ext4_map_create(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most, unsigned flags,
                    struct ext4_run *out);
/* The same of a file's data, which the caller brings to the blocks that were chosen before the file has them: so they
 * never lead to what was there before, not even when the disk fails. put: 0 or -errno, and all is as it was. */
struct ext4_fill {
    int (*put)(struct ext4_fill *fill, const struct ext4_run *run);
};
int ext4_map_create_filled(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most,
                           unsigned flags, struct ext4_fill *fill, struct ext4_run *out);
/* What was unwritten there is written from now on. EXT4_CREDITS_MAP; with ext4_extend it may take more, if it is in
 * several extents. -ENOSPC: no room for a node, or those that come first were done, and the rest is for another
 * operation. */
int ext4_map_written(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t count);
/* Takes what the file has in [first, end) away, freeing it: by several operations if need be, after each of which all
 * makes sense; no handle is open. Stores the inode. UINT32_MAX: to the end. */
int ext4_map_remove(struct ext4_inode *ei, uint32_t first, uint32_t end);
/* What is from `first` on comes `by` blocks earlier (a hole is there) or, `up`, later. Of files with extents;
 * no handle is open. */
int ext4_map_shift(struct ext4_inode *ei, uint32_t first, uint32_t by, bool up);
/* ext4_migrate.c: it keeps where its blocks lie by extents, if it did by numbers, or the other way round, as
 * FS_IOC_SETFLAGS asks. No handle is open. -EINVAL: there are no extents in this file system, or its data are in the
 * inode; -EOPNOTSUPP: it has more than fits in the inode as numbers; -ENOSPC: no room for nodes, or its map is too
 * large to be changed at once. Then all is as it was. */
int ext4_migrate(struct ext4_inode *ei);
/* An empty map, for a new file or directory: extents where the file system has them. */
void ext4_map_init(struct ext4_inode *ei);

/* ---- ext4_inline_leave.c ---- */
/* Data within the inode go to a block: a file's are written to it here, a directory's entries are in its buffer. Stores
 * the inode. EXT4_CREDITS_MAP. -ENOSPC, -ENOMEM, and all is as it was. */
int ext4_inline_leave(struct ext4_handle *handle, struct ext4_inode *ei);

/* ---- ext4_itable.c ---- */
/* ext4_itable_get, and the inode is declared to be changed. EXT4_CREDITS_INODE. */
int ext4_itable_change(struct ext4_handle *handle, uint32_t number, struct ext4_buffer **buffer,
                       struct ext4_raw_inode **out);
/* A new inode: it is zeroed but for extra_isize, declared, and not looked at; fresh: nor is the block, which was never
 * used. EXT4_CREDITS_INODE. */
int ext4_itable_new(struct ext4_handle *handle, uint32_t number, bool fresh);

/* ---- ext4_store.c, ext4_birth.c ---- */
/* The inode has so many blocks more, or less, of the disk: ei->sectors, which the caller stores. A damaged disk may
 * have said too little: it is never less than 0. */
void ext4_sectors_add(struct ext4_inode *ei, int64_t blocks);
/* All fields of the inode to its table. EXT4_CREDITS_INODE. */
int ext4_inode_store(struct ext4_handle *handle, struct ext4_inode *ei);
/* The same where it lies, declared by ext4_itable_change in the same operation. */
void ext4_inode_put_fields(struct ext4_handle *handle, struct ext4_inode *ei, struct ext4_raw_inode *raw);
/* A new inode of the caller (core/cred.h), with mode, owner, times, flags inherited from `dir`, ACLs as the VFS gave
 * them, links 1 (directories 2) and an empty map; stored, with a reference, in the cache.
 * EXT4_CREDITS_INODE_NEW + EXT4_CREDITS_INODE, and 2 * EXT4_CREDITS_XATTR where `dir` has a list for new files. */
int ext4_inode_new(struct ext4_handle *handle, struct ext4_inode *dir, uint32_t mode, uint64_t rdev,
                   struct inode **out);
/* It got a bad start, before a name leads to it: it ends with the caller's reference, which this takes, as one that was
 * unlinked does. It may have got blocks by then. EXT4_CREDITS_ORPHAN + EXT4_CREDITS_INODE. */
void ext4_inode_unmake(struct ext4_handle *handle, struct inode *inode);
/* Inodes whose last name and last reference have gone (ext4_inode_release put them on e4->dying, as it must not wait)
 * lose their blocks, attributes and numbers. For who has the volume, no handle and no inode's page. Whether there were
 * any. */
bool ext4_reap(struct ext4_fs *e4);
/* At unmount, after the last ext4_reap: forgets those that could not be freed. */
void ext4_birth_fini(struct ext4_fs *e4);

/* ---- ext4_attr.c: inode_ops, for who doesn't have the volume ---- */
int ext4_write_inode(struct inode *inode);
int ext4_set_attr(struct inode *inode, struct attr_change *change);
int ext4_set_flags(struct inode *inode, uint32_t flags);

/* ---- ext4_dir_change.c, ext4_namei.c, ext4_rename.c ---- */
/* A new directory's first block, with "." and "..". EXT4_CREDITS_MAP. */
int ext4_dir_init(struct ext4_handle *handle, struct ext4_inode *dir, uint32_t parent);
/* A name that isn't there. type: S_IF*. EXT4_CREDITS_DIR. -ENOSPC, and all is as it was. */
int ext4_dir_add(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length, uint32_t number,
                 uint32_t type);
/* The name, which is there, goes; or leads to another inode. 1 credit; EXT4_CREDITS_MAP more where names are within the
 * inode. */
int ext4_dir_remove(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length);
int ext4_dir_set(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length, uint32_t number,
                 uint32_t type);
/* 0; -ENOTEMPTY. */
int ext4_dir_is_empty(struct ext4_inode *dir);
/* inode_ops, but for the lock: see vfs.h */
int ext4_create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev, struct inode **out);
int ext4_create_nameless(struct inode *dir, uint32_t mode, struct inode **out);
int ext4_symlink(struct inode *dir, const char *name, size_t length, const char *target, struct inode **out);
int ext4_link(struct inode *dir, const char *name, size_t length, struct inode *inode);
int ext4_unlink(struct inode *dir, const char *name, size_t length, struct inode *victim);
int ext4_rename(struct inode *old_dir, const char *old_name, size_t old_length, struct inode *new_dir,
                const char *new_name, size_t new_length, struct inode *victim, unsigned flags);

/* ---- ext4_delayed.c, ext4_write.c, ext4_truncate.c, ext4_fallocate.c ---- */
/* inode_ops, for who doesn't have the volume */
int ext4_reserve(struct inode *inode, uint64_t pos, uint64_t size);
int ext4_write_pages(struct inode *inode, uint64_t index, struct page **pages, unsigned count);
int ext4_truncate(struct inode *inode, uint64_t size);
/* For who makes the file longer: what was behind its end is gone by now. */
int ext4_cut_finish(struct ext4_inode *ei);
void ext4_closed(struct inode *inode);
int ext4_allocate(struct inode *inode, uint32_t mode, uint64_t pos, uint64_t size);
/* Whether it is known at once that room is promised for all blocks from `first` up to `end`. */
bool ext4_delayed_covers(const struct ext4_inode *ei, uint64_t first, uint64_t end);
/* Whether room is promised for the file's block; *count: how long that is so, or not so. */
bool ext4_delayed_at(const struct ext4_inode *ei, uint32_t block, uint32_t *count);
/* Promises for [first, end) are taken back: no data comes there. */
void ext4_delayed_drop(struct ext4_inode *ei, uint32_t first, uint32_t end);
/* Promises for those of [first, end) that are holes: -ENOSPC, -ENOMEM. */
int ext4_delayed_add(struct ext4_inode *ei, uint32_t first, uint32_t end);
/* [first, end) is going to be placed: -ENOMEM. */
int ext4_delayed_prepare(struct ext4_inode *ei, uint32_t first, uint32_t end);
/* It has got its place, for which `taken` of e4->promised were used. */
void ext4_delayed_placed(struct ext4_inode *ei, uint32_t first, uint32_t end, uint64_t taken);
/* Some file's size on the disk is going to be `size`, which may want a feature. EXT4_CREDITS_SUPER. */
int ext4_large_file(struct ext4_handle *handle, uint64_t size);
/* How long the file can be. */
uint64_t ext4_size_most(const struct inode *inode);
/* If its data are within the inode, they get a block. No handle is open. */
int ext4_leave_inode(struct ext4_inode *ei);

/* ---- ext4_xattr_set.c, ext4_xattr_drop.c, ext4_acl_set.c ---- */
/* inode_ops, but for the lock */
int ext4_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags);
int ext4_set_acl(struct inode *inode, bool preset, struct acl *acl, uint32_t mode);
/* The inode goes: its attributes' block has one user less, values elsewhere too. No handle is open. */
int ext4_xattr_drop(struct ext4_inode *ei);
/* One attribute as a part of an operation: index is EXT4_XATTR_*, the name is what is behind its prefix; value NULL:
 * it goes. flags: XATTR_CREATE, XATTR_REPLACE. Stores the inode. EXT4_CREDITS_XATTR. -ENOSPC, -EEXIST, -ENODATA,
 * -EOPNOTSUPP: its block is shared, with values in inodes of their own; and all is as it was. */
int ext4_xattr_change(struct ext4_handle *handle, struct ext4_inode *ei, unsigned index, const char *name,
                      size_t length, const void *value, size_t size, unsigned flags);
/* The lists that a new inode got by acl_inherit go to the disk. 2 * EXT4_CREDITS_XATTR where it has any; else nothing
 * happens. */
int ext4_acls_store(struct ext4_handle *handle, struct ext4_inode *ei);
/* Its mode is going to be `mode`, which its list on the disk says from now on, too (in memory: acl_follow_mode).
 * EXT4_CREDITS_XATTR where it has one (inode_acl(inode, false)); else nothing happens. */
int ext4_acl_follow(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t mode);

#endif
