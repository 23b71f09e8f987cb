/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upper_folders.h - where what a guest changes in a shared folder goes: a folder that is forgotten at the end, or one
 * that is kept.
 *
 * Forgotten ones lie in a folder of their own in TMPDIR, /var/tmp or /tmp. A process of its own removes it when nobody
 * has them open any more, however lvmm ends.
 */
#ifndef LVMM_SHARE_UPPER_FOLDERS_H
#define LVMM_SHARE_UPPER_FOLDERS_H

#include "vmm/child.h"
#include "vmm/share/tree.h"

struct share_uppers {
    unsigned end;       /* all their numbers are below */
    int folder;         /* the folder of all that are forgotten; -1: none of them */
    struct child owner; /* who removes it */
};

/* Nothing yet; `end`: all numbers that there may be are below. */
void share_uppers_init(struct share_uppers *uppers, unsigned end);
/* Makes a folder for changes that are forgotten, with the mode, the owner and the times of `like`. Returns its
 * descriptor, the caller's, or -errno: -ENOTSUP: no folder of those takes extended attributes. `number`: a higher one
 * each time. *apart: shall it be in a mount of its own (mounts_part); says then whether it is. By a process without
 * other threads. */
int share_uppers_add(struct share_uppers *uppers, unsigned number, int like, bool *apart);
/* The descriptors that were given out are closed here, and the server has ended: waits until all is gone, but not for
 * a server that hangs, nor long for a tree that is very large: it goes by itself later. There is nothing then, as after
 * share_uppers_init. */
void share_uppers_finish(struct share_uppers *uppers);

/* Opens a folder that keeps changes, made with the mode, the owner and the times of `like` if it isn't there, and locks
 * it for one run. Returns its descriptor or -errno: -EWOULDBLOCK: another lvmm has it; -ENOTSUP: it takes no extended
 * attributes. *apart: as above. */
int share_upper_open(const char *path, int like, bool *apart);

#endif
