/* SPDX-License-Identifier: Apache-2.0 */
/* mount_attr.h - what mount_setattr(2) changes of mounts. */
#ifndef GK_VFS_MOUNT_ATTR_H
#define GK_VFS_MOUNT_ATTR_H

#include "vfs/mount.h"

struct mount_change {
    uint32_t set, clear;  /* of MOUNT_FLAGS; what is in both is set */
    uint32_t propagation; /* as mount_set_propagation's type; 0: it stays */
};

/* Of the mount whose root `at` is, in its place or at the top of what a descriptor has; recursive: and of all that is
 * mounted in it. All, or (-EINVAL; -EBUSY: somebody writes where that is to end) none. */
int mount_change(const struct path *at, const struct mount_change *change, bool recursive);

#endif
