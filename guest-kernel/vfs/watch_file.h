/* SPDX-License-Identifier: Apache-2.0 */
/* watch_file.h - open files that tell what happens to other files (inotify(7)). */
#ifndef GK_VFS_WATCH_FILE_H
#define GK_VFS_WATCH_FILE_H

#include "vfs/vfs.h"

struct watch_group;

/* One that watches nothing yet, the user's `uid`. flags: O_NONBLOCK. 0; -EMFILE: the user has too many; -ENOMEM. */
int inotify_create(uint32_t uid, uint32_t flags, struct file **out);
/* What an open file watches, borrowed; NULL: it is of another kind. */
struct watch_group *inotify_group(const struct file *file);

#endif
