/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers.h - how a folder of changes (`upper`, SHARE_COW) says what differs from the folder below it.
 *
 * It is overlayfs' format with attributes that users may set (mount option userxattr; Documentation/filesystems/
 * overlayfs.rst), so that Linux can mount the two folders as well:
 *   - what is there takes the place of what has the same name below, but that two folders are merged;
 *   - a name that is gone is a whiteout: a character device 0:0, or where that can't be made an empty regular file with
 *     the attribute user.overlay.whiteout, in a folder that has user.overlay.opaque "x";
 *   - a folder with user.overlay.opaque "y" isn't merged with anything.
 * Of our own is user.overlay.lvmm.origin: the number of the file of which this one is a copy, which the guest goes on
 * seeing. From a VM's first change to its end there is the folder LAYER_WORK in `upper`, in which files are made before
 * they are moved to their place: what a killed run leaves in it is cleared by the next one. All these names are hidden
 * from the guest.
 *
 * Descriptors are O_PATH ones, proc is that of /proc/self/fd. Functions return 0 or -errno.
 */
#ifndef LVMM_SHARE_LAYERS_H
#define LVMM_SHARE_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

struct statx;

#define LAYER_WORK ".lvmm-work"
#define LAYER_FILE "file" /* the changes of a share that is a single file have this name in `upper` */
#define LAYER_XATTR "user.overlay."

/* Whether it is the mark of a name that is gone. */
bool layer_is_whiteout(int proc, int fd, const struct statx *st);
/* Whether a folder hides the one below. */
bool layer_is_opaque(int proc, int fd);
int layer_set_opaque(int proc, int fd);
/* Makes a whiteout with a name that isn't there; for_dir: the folder in which it will be. */
int layer_make_whiteout(int proc, int dir, const char *name, int for_dir);
/* The file that this one is a copy of. -ENODATA. */
int layer_origin(int proc, int fd, uint64_t *dev, uint64_t *ino);
int layer_set_origin(int proc, int fd, uint64_t dev, uint64_t ino);
/* Whether the attribute is one of the format's. */
bool layer_is_own_xattr(const char *name);
/* Removes a name of whatever kind, with all that is below it. */
int layer_clear(int dir, const char *name);

#endif
