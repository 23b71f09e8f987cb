/* SPDX-License-Identifier: Apache-2.0 */
/* mount_hidden.c - see mount_hidden.h. */
#include "vfs/mount_hidden.h"

#include "abi/errno.h"
#include "vfs/mount_tree.h"

int mount_hidden(const struct fs_type *type, struct mount **out)
{
    struct filesystem *fs;
    int error = filesystem_make(type, NULL, NULL, &fs);

    if (error != 0)
        return error;
    *out = mount_create(fs, fs->root_dentry, type->name, 0);
    if (*out == NULL) {
        (void)filesystem_end(fs);
        return -ENOMEM;
    }
    return 0;
}
