/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h - what happens to files, as those who watch them are told (inotify(7)): from where it happens to the watches
 * of the file and of the directory that it is in.
 *
 * Where nobody watches anything a call is the look at one number. mask: one of IN_ALL_EVENTS; whether it is a directory
 * is found out here.
 */
#ifndef GK_VFS_NOTIFY_H
#define GK_VFS_NOTIFY_H

#include "vfs/dentry.h"
#include "vfs/watch.h"

/* A file that is called so in its directory: both are told. */
void notify_dentry(const struct dentry *dentry, uint32_t mask);
/* The file alone. */
void notify_inode(struct inode *inode, uint32_t mask);
/* A file by that name comes to a directory, or goes from there: the directory is told. */
void notify_name(struct inode *dir, const char *name, size_t length, const struct inode *inode, uint32_t mask);
/* The same of a file that moves, and is told so itself; `replaced`, or NULL: the file whose name that takes away. */
struct notify_move {
    struct inode *old_dir, *new_dir, *moved, *replaced;
    const char *old_name, *new_name;
    size_t old_length, new_length;
};
void notify_move(const struct notify_move *move);
/* Both halves of a move have such a number, no other move has it. */
uint32_t notify_cookie(void);
/* By the place where it was found, if it has one (mount not NULL), else the file alone. */
void notify_path(const struct path *path, struct inode *inode, uint32_t mask);

void notify_file_now(const struct file *file, uint32_t mask); /* for notify_file, and who has looked itself */
/* An open file. One without a name, such as a pipe, tells nobody, as on Linux; nor does O_PATH. */
static inline void notify_file(const struct file *file, uint32_t mask)
{
    if (__builtin_expect(watch_count != 0, false) != 0)
        notify_file_now(file, mask);
}

#endif
