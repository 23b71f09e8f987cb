/* SPDX-License-Identifier: Apache-2.0 */
/* open_file.h - open files, for the rest of vmm/share. */
#ifndef LVMM_SHARE_OPEN_FILE_H
#define LVMM_SHARE_OPEN_FILE_H

#include "vmm/share/handles.h"

/* What share_open does, of a node. */
int file_open(struct share_tree *tree, struct share_node *node, uint32_t asked_for, struct fuse_open_out *out);
/* A handle of a node with this descriptor, which it takes in any case; mode: the file's. */
int file_adopt(struct share_tree *tree, struct share_node *node, int fd, int flags, uint32_t mode,
               struct fuse_open_out *out);
/* What counts of flags that a guest gives: -EINVAL if they are none. */
int file_flags(uint32_t flags);
/* Opens the node's upper-most layer for the caller, if it is a regular file: nothing else is ever opened. */
int file_open_node(struct share_tree *tree, struct share_node *node, int flags);
/* The descriptor of an open file, of the node's upper-most layer. */
int file_fd(struct share_tree *tree, struct share_handle *handle);
/* The same by the handle's number, with the handle. -EBADF. */
int file_of(struct share_tree *tree, uint64_t id, struct share_handle **out);

#endif
