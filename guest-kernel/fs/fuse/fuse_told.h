/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_told.h - what needn't be asked again, as the server tells when it changes (boot/abi_share.h).
 *
 * The server has a message of ours to answer with events. Two things make what was learned from it hold now:
 *
 *   no event has taken it back: each has a moment, by fuse_fs.changes, and what was asked before it doesn't count;
 *   nothing can have happened that a program here knows of, but the server hasn't told yet (fuse_is_current). An answer
 *   to any request is proof of that, until something else comes from outside (core/news.h). So after that the next
 *   name or file that is looked at is asked for, and its answer makes the rest of what is known good again.
 *
 * What a program looks at again and again without anything from outside it sees when the server's process has run.
 */
#ifndef GK_FS_FUSE_FUSE_TOLD_H
#define GK_FS_FUSE_FUSE_TOLD_H

#include "fs/fuse/fuse.h"

#define FUSE_UNTIL_TOLD UINT64_MAX /* in place of a time */

/* From now on the server tells, if it can. Without memory, it doesn't. */
void fuse_told_begin(struct fuse_fs *fs);
/* Takes in what it has told by now: whether all that anybody here can know of is among that. */
bool fuse_is_current(struct fuse_fs *fs);

/* The error of an answer about a node, as it is. With -ESTALE others have taken the node away, and no event has told of
 * that yet: from now on nobody vouches for any name, so whoever looks once more asks. */
int fuse_doubt(struct fuse_fs *fs, int error);

/* Until when that holds which was asked for when fs->changes was `asked_at`. */
uint64_t fuse_until(const struct fuse_fs *fs, uint64_t seconds, uint32_t ns, uint64_t asked_at);
/* Whether attributes that hold until they are told of do. */
bool fuse_attr_holds(struct fuse_node *node);

/* What vouches for a name in a directory (vfs/names_told.h) that was asked for then; 0: nothing. */
uint64_t fuse_vouch(const struct fuse_node *dir, uint64_t seconds, uint64_t asked_at);
/* Whether it does now, if all is current. */
bool fuse_vouch_holds(const struct inode *dir, uint64_t vouched);
/* Whether all names of a directory, asked for when fs->changes was `asked_at`, are all that it has as far as the server
 * has told: none was made, moved or taken away since. */
bool fuse_names_hold(const struct fuse_node *dir, uint64_t asked_at);

#endif
