/* SPDX-License-Identifier: Apache-2.0 */
/*
 * window.h - what the guest has of the shares' files in its window (boot/abi_dax.h): the server's side, which opens the
 * files and asks lvmm to map them (window_link.h). Each call waits for lvmm's answer. One thread uses it, the tree's.
 */
#ifndef LVMM_SHARE_WINDOW_H
#define LVMM_SHARE_WINDOW_H

#include "vmm/share/tree.h"

struct share_window;

/* The tree and the socket stay the caller's, and live longer; a file of the tree that is copied up is mapped anew. 0 or
 * -ENOMEM. */
int share_window_create(struct share_tree *tree, int socket, struct share_window **out);
/* Nothing is unmapped by it. NULL: nothing. */
void share_window_destroy(struct share_window *window);

/* Where mappings may begin and end: multiples of 1 << that. */
uint16_t share_window_alignment(void);

/* Maps a node's file, from file_offset on, in the place of what is there. 0; -EINVAL; -ENOSPC: there are too many;
 * -EIO: lvmm doesn't answer; and what share_map_open and mmap(2) give. After an error what was there may be gone. */
int share_window_map(struct share_window *window, uint64_t id, const struct fuse_setupmapping_in *in);
/* Nothing is mapped there from now on. */
int share_window_unmap(struct share_window *window, uint64_t offset, uint64_t length);
/* Nothing is mapped at all. */
void share_window_reset(struct share_window *window);

#endif
