/* SPDX-License-Identifier: Apache-2.0 */
/* fs_context.c - see fs_context.h. */
#include "vfs/fs_context.h"

#include "mm/kmalloc.h"

struct fs_context *fs_context_create(const struct path *root, const struct path *cwd, uint32_t umask)
{
    struct fs_context *fs = kmalloc(sizeof(*fs));

    if (fs == NULL)
        return NULL;
    path_get(root);
    path_get(cwd);
    *fs = (struct fs_context){*root, *cwd, umask, 1};
    return fs;
}

void fs_context_put(struct fs_context *fs)
{
    if (fs == NULL || --fs->refs != 0)
        return;
    path_put(&fs->cwd);
    path_put(&fs->root);
    kfree(fs);
}
