/* SPDX-License-Identifier: Apache-2.0 */
/* open_shared.h - opening and closing regular files that are in memory, while other CPUs share the kernel lock
 * (core/klock.h): by who alone has the table of descriptors. */
#ifndef GK_VFS_OPEN_SHARED_H
#define GK_VFS_OPEN_SHARED_H

#include "vfs/fdtable.h"
#include "vfs/path.h"

/* open(2) of what was found (path_look_shared). False: not by this way, and nothing was done. *fd: it, or -errno. */
bool open_found_shared(struct fdtable *table, const struct path *path, uint32_t flags, int64_t *fd);
/* close(2). False: not by this way. */
bool close_shared(struct fdtable *table, int fd);

#endif
