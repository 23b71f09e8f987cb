/* SPDX-License-Identifier: Apache-2.0 */
/* do_apply.h - takes a change over into the folder that it is about. */
#ifndef LVMM_DO_APPLY_H
#define LVMM_DO_APPLY_H

#include "vmm/share/tree.h"

/* A file takes its place at once, whole. Set-id bits, device files, FIFOs and sockets are left out, and what makes git
 * run commands: hooks and settings of a repository. Folders stay open to their owner. 0, or -errno after a message. */
int do_apply(int lower, int upper, enum share_change change, const char *path);

/* All changes are there: a folder that its owner can't change gets the mode that it is to have. 0. */
int do_apply_mode(int lower, int upper, enum share_change change, const char *path);

#endif
