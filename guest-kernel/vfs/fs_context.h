/* SPDX-License-Identifier: Apache-2.0 */
/* fs_context.h - where a thread's paths start, and the umask (path_resolution(7), umask(2)). */
#ifndef GK_VFS_FS_CONTEXT_H
#define GK_VFS_FS_CONTEXT_H

#include "vfs/mount.h"

struct fs_context {        /* CLONE_FS shares it */
    struct path root, cwd; /* with references */
    uint32_t umask;
    uint32_t refs;
};

/* Takes references of its own. NULL: no memory. */
struct fs_context *fs_context_create(const struct path *root, const struct path *cwd, uint32_t umask);
static inline struct fs_context *fs_context_copy(const struct fs_context *fs)
{
    return fs_context_create(&fs->root, &fs->cwd, fs->umask);
}
void fs_context_put(struct fs_context *fs); /* NULL: nothing */
/* Sets one of its two paths; takes over the references of `to`. */
static inline void fs_context_set(struct path *which, const struct path *to)
{
    struct path was = *which;

    *which = *to;
    path_put(&was);
}

#endif
