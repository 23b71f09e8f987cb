/* SPDX-License-Identifier: Apache-2.0 */
/* devpts.h - the devices of pseudo-terminals. */
#ifndef GK_FS_DEVPTS_H
#define GK_FS_DEVPTS_H

#include <stdint.h>

#include "vfs/fstype.h"

extern const struct fs_type devpts_type;

extern int devpts_max; /* so many pseudo-terminals there may be, less one: Linux's /proc/sys/kernel/pty/max */

/* Registers /dev/ptmx and what the nodes of slaves stand for. */
void devpts_register(void);
/* How many pseudo-terminals there are. */
uint32_t devpts_count(void);

#endif
