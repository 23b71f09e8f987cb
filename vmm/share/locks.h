/* SPDX-License-Identifier: Apache-2.0 */
/*
 * locks.h - locks of fcntl and flock. Each owner in the guest has an open file of its own on the host, whose locks are
 * those of open files (F_OFD_SETLK), so that owners keep each other out as processes of the host do. Locks of rw shares
 * are on the host's file; of ro and cow shares on a file in memory that a node has, as the host's are not to change.
 */
#ifndef LVMM_SHARE_LOCKS_H
#define LVMM_SHARE_LOCKS_H

#include "vmm/share/nodes.h"

/* Frees all. */
void locks_fini(struct share_tree *tree);

#endif
