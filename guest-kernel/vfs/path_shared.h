/* SPDX-License-Identifier: Apache-2.0 */
/* path_shared.h - the way to a file while other CPUs share the kernel lock (core/klock.h): by names that are in memory,
 * without links, ".." and what a file system wants to be asked for. */
#ifndef GK_VFS_PATH_SHARED_H
#define GK_VFS_PATH_SHARED_H

#include "vfs/path.h"

/* What is there by that name, borrowed until the lock's share is given up: *out, and 0; or -errno as path_lookup.
 * False: the way isn't one of those. */
bool path_look_shared(const struct path *base, const char *name, struct path *out, int *error);

#endif
