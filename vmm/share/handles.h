/* SPDX-License-Identifier: Apache-2.0 */
/* handles.h - the files and folders that a guest has open, by number. */
#ifndef LVMM_SHARE_HANDLES_H
#define LVMM_SHARE_HANDLES_H

#include "vmm/share/nodes.h"

struct share_listing;

struct share_handle {
    uint64_t id;
    struct share_node *node; /* held */
    int fd;                  /* -1: of the root of all */
    int layer;               /* that fd is of */
    int flags;               /* of open(2) */
    bool is_folder;
    bool drops_bits;               /* the file has setuid or setgid bits that the first write takes away */
    int flock;                     /* ro, cow: an open file that flock is done with, -1: none yet (locks.c) */
    uint64_t position;             /* a folder's, that fd is at; UINT64_MAX: not known */
    struct share_listing *listing; /* NULL: it has to be made anew */
    uint64_t used;                 /* when the listing was read last, to drop that of longest ago */
};

/* Whether there can be another one that has a descriptor. */
bool handle_has_room(const struct share_tree *tree);
/* A handle of the node with this descriptor, which it takes in any case. */
int handle_create(struct share_tree *tree, struct share_node *node, int fd, int flags, struct share_handle **out);
void handle_destroy(struct share_tree *tree, struct share_handle *handle);
/* The handle of a number. -EBADF: there is none, or not of this kind. */
int handle_find(struct share_tree *tree, uint64_t id, bool is_folder, struct share_handle **out);
/* Before any node is opened. */
void handles_init(struct share_tree *tree);
/* Closes all handles. There can be new ones afterwards. */
void handles_fini(struct share_tree *tree);
/* Whether another handle than this one is open on its node. */
bool handle_has_others(const struct share_tree *tree, const struct share_handle *handle);

#endif
