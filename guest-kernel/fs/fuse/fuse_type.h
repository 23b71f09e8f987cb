/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_type.h - the type of file systems of the host: for fs/registry.c. */
#ifndef GK_FS_FUSE_FUSE_TYPE_H
#define GK_FS_FUSE_FUSE_TYPE_H

#include "vfs/fstype.h"

extern const struct fs_type virtiofs_type;

#endif
