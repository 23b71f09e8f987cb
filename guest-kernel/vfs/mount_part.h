/* SPDX-License-Identifier: Apache-2.0 */
/* mount_part.h - mounts of what lies in the root of a file system that is itself mounted nowhere: shared folders. */
#ifndef GK_VFS_MOUNT_PART_H
#define GK_VFS_MOUNT_PART_H

#include <stdbool.h>
#include <stdint.h>

struct filesystem;
struct path;

/* The file system of that type that is from `source`; it stays until mount_source_put, and longer if parts of it are
 * mounted. 0 or -errno. */
int mount_source_get(const char *type, const char *source, struct filesystem **out);
void mount_source_put(struct filesystem *fs);
/* Mounts what is called `name` in its root, with these MS_*, and shows it as being from `source`: on what is at `at`,
 * or (NULL) as the root of all. 0 or -errno; -ENOTDIR: one of them is a directory, and the other isn't. */
int mount_part(struct filesystem *fs, const char *name, const struct path *at, const char *source, uint32_t flags);
/* Whether that is a directory. 0 or -errno. */
int mount_part_is_dir(struct filesystem *fs, const char *name, bool *out);

#endif
