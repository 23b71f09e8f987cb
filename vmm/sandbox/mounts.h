/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.h - an empty root: a name leads nowhere. */
#ifndef LVMM_SANDBOX_MOUNTS_H
#define LVMM_SANDBOX_MOUNTS_H

/* In a mount namespace of our own, and where root's rights are missing in a user namespace too. The process has one
 * thread. Folders that are open stay what they were. 0 or -errno. */
int mounts_leave(void);

#endif
