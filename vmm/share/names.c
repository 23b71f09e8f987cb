/* SPDX-License-Identifier: Apache-2.0 */
/* names.c - new files and names: tree.h's share_create and its kin. */
#include <errno.h>

#include "vmm/share/tree.h"

int share_create(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                 const struct fuse_create_in *in, struct fuse_entry_out *entry, struct fuse_open_out *open)
{
    (void)tree, (void)caller, (void)parent, (void)name, (void)in, (void)entry, (void)open;
    return -EROFS;
}

int share_mknod(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, uint32_t rdev, struct fuse_entry_out *out)
{
    (void)tree, (void)caller, (void)parent, (void)name, (void)mode, (void)rdev, (void)out;
    return -EROFS;
}

int share_mkdir(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                uint32_t mode, struct fuse_entry_out *out)
{
    (void)tree, (void)caller, (void)parent, (void)name, (void)mode, (void)out;
    return -EROFS;
}

int share_symlink(struct share_tree *tree, const struct share_caller *caller, uint64_t parent, const char *name,
                  const char *target, struct fuse_entry_out *out)
{
    (void)tree, (void)caller, (void)parent, (void)name, (void)target, (void)out;
    return -EROFS;
}

int share_link(struct share_tree *tree, uint64_t node, uint64_t parent, const char *name, struct fuse_entry_out *out)
{
    (void)tree, (void)node, (void)parent, (void)name, (void)out;
    return -EROFS;
}

int share_unlink(struct share_tree *tree, uint64_t parent, const char *name)
{
    (void)tree, (void)parent, (void)name;
    return -EROFS;
}

int share_rmdir(struct share_tree *tree, uint64_t parent, const char *name)
{
    (void)tree, (void)parent, (void)name;
    return -EROFS;
}

int share_rename(struct share_tree *tree, uint64_t parent, const char *name, uint64_t new_parent, const char *new_name,
                 uint32_t flags)
{
    (void)tree, (void)parent, (void)name, (void)new_parent, (void)new_name, (void)flags;
    return -EROFS;
}
