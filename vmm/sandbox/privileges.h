/* SPDX-License-Identifier: Apache-2.0 */
/* privileges.h - capabilities, core files, and who may look into the process. */
#ifndef LVMM_SANDBOX_PRIVILEGES_H
#define LVMM_SANDBOX_PRIVILEGES_H

#include <stdint.h>

/* No core file, and no other process of this user looks into ours (PR_SET_DUMPABLE). 0 or -errno. */
int privileges_hide(void);

/* Gives up the capabilities, and sees to it that a program that this process or a child runs gets none, root's neither;
 * bit n of `kept`: not number n, if it is there. The bounding set stays as it is, but where securebits are locked in
 * another way. 0 or -errno. */
int privileges_drop(uint64_t kept);

#endif
