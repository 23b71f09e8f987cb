/* SPDX-License-Identifier: Apache-2.0 */
/* open_file.h - the last step of open(2), for vfs/ alone. */
#ifndef GK_VFS_OPEN_FILE_H
#define GK_VFS_OPEN_FILE_H

#include "vfs/path.h"

/* Opens what was found, or has just been made (`created`), and empties it if that is asked for. *out: one reference. */
int open_found(const struct path *path, uint32_t flags, bool created, struct file **out);

#endif
