/* SPDX-License-Identifier: Apache-2.0 */
/* place.h - a place in the tree of mounts, as processes have some: vfs/path.h and vfs/mount.h say what can be done with
 * it. */
#ifndef GK_CORE_PLACE_H
#define GK_CORE_PLACE_H

struct dentry; /* vfs/dentry.h */
struct mount;  /* vfs/mount.h */

struct path { /* all zero: nowhere */
    struct mount *mount;
    struct dentry *dentry;
};

#endif
