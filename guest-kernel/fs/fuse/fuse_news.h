/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_news.h - what others change in a server's files, as programs that watch them are told (vfs/watch.h).
 *
 * The server's events (boot/abi_share.h) become those of inotify(7): of the directory, and of the file as far as it is
 * known by the name. What a program here has done itself the VFS tells, and the server's events of it are left out. The
 * server doesn't tell who opens and reads; nor does it of mappings, as inotify doesn't.
 */
#ifndef GK_FS_FUSE_FUSE_NEWS_H
#define GK_FS_FUSE_FUSE_NEWS_H

#include "fs/fuse/fuse.h"

struct lvmm_fuse_event;

/* For filesystem_ops.watched: the server is asked to tell of the directory. If it can't, all is as with a file system
 * of another machine's on Linux: programs are told what is done here. */
void fuse_news_wanted(struct inode *dir);
/* Tells of one event of a directory, while names are still known as they were before it. Waits for nothing. */
void fuse_news_tell(struct fuse_fs *fs, struct inode *dir, const struct lvmm_fuse_event *event, const char *name);
/* There are no more for now. */
void fuse_news_end(struct fuse_fs *fs);
/* Some are lost. */
void fuse_news_lost(struct fuse_fs *fs);

#endif
