/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_kept.h - names of directories, as a listing had them: a program that lists a directory after its files were
 * learned, or lists it again, asks nobody.
 *
 * Only a directory of which the server tells (fuse_told.h) has them, and they hold until an event says that a name was
 * made, moved or taken away, or the guest does so itself. All directories have half a megabyte of names at most: those
 * that were listed longest ago go first.
 */
#ifndef GK_FS_FUSE_FUSE_KEPT_H
#define GK_FS_FUSE_FUSE_KEPT_H

#include "fs/fuse/fuse.h"

/* Keeps what one reply to FUSE_READDIRPLUS had: all of the directory, which was asked for when fs->changes was
 * `asked_at`, and the server tells of each name. It has been looked at. Without memory, nothing is kept. */
void fuse_kept_make(struct fuse_node *dir, const char *listing, size_t size, uint64_t asked_at);
/* Whether there are some that no event has taken back yet. */
bool fuse_kept_is_there(const struct fuse_node *dir);
/* Takes them from out->pos on, as a listing that ends; its bytes are the caller's until fuse_kept_return. Who goes on
 * amid them gets the others even if names have changed meanwhile, as who takes all at once does. False: there are none,
 * or they may not hold any more. */
bool fuse_kept_take(struct fuse_node *dir, struct fuse_listing *out);
void fuse_kept_return(struct fuse_node *dir, const struct fuse_listing *listing);
/* Frees those of a directory that goes. */
void fuse_kept_drop(struct fuse_node *dir);

#endif
