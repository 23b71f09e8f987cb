/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.h - an empty root: a name leads nowhere. */
#ifndef LVMM_SANDBOX_MOUNTS_H
#define LVMM_SANDBOX_MOUNTS_H

/* In a mount namespace of our own, and where root's rights are missing in a user namespace too. The process has one
 * thread. Folders that are open stay what they were. 0 or -errno. */
int mounts_leave(void);

/* The same in the namespace that there is, with root's rights alone: for who has nothing open that leads to a name. 0
 * or -errno, and then nothing has changed. */
int mounts_enter_empty(void);

/* Puts into *fd, which is closed, another descriptor (O_PATH) of the same folder or file, in a mount of its own that is
 * in no folder: `..` leads nowhere from there. What is mounted below is there as well. With root's rights alone. 0, or
 * -errno with *fd as it was. */
int mounts_part(int *fd);

#endif
