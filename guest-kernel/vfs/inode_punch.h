/* SPDX-License-Identifier: Apache-2.0 */
/* inode_punch.h - holes that are made by a file's mapping: madvise(2) with MADV_REMOVE. */
#ifndef GK_VFS_INODE_PUNCH_H
#define GK_VFS_INODE_PUNCH_H

#include "mm/object.h"

/* vm_object_ops.punch of an inode's: as fallocate(2) with FALLOC_FL_PUNCH_HOLE, and with its errors. */
int inode_object_punch(struct vm_object *object, uint64_t first, uint64_t end);

#endif
