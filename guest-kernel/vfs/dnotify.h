/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dnotify.h - signals to who has a directory open, of what happens to the files in it (fcntl(2), F_NOTIFY).
 *
 * What is wanted belongs to an open file and a table of descriptors, and ends when that table closes any descriptor of
 * the file, as on Linux.
 */
#ifndef GK_VFS_DNOTIFY_H
#define GK_VFS_DNOTIFY_H

#include <stdint.h>

struct file;

extern int dnotify_enabled; /* /proc/sys/fs/dir-notify-enable: 0: there is no F_NOTIFY */

/* The current process wants to be told, too, of what `wanted` says (DN_* of abi/fcntl.h), by its descriptor `fd`; of
 * nothing any more if no event is in it. `file` is borrowed, and kept open by the caller. 0; -EINVAL: there is no such
 * thing; -ENOTDIR; -ENOMEM. May wait, for memory and for who else changes the directory: 0 as well if `fd` was closed
 * meanwhile. */
int dnotify_set(struct file *file, int fd, uint32_t wanted);

#endif
