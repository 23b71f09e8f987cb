/* SPDX-License-Identifier: Apache-2.0 */
/* stat_collect.h - what the stat calls share. */
#ifndef GK_SYS_STAT_COLLECT_H
#define GK_SYS_STAT_COLLECT_H

#include "abi/stat.h"
#include "arch/arch.h"

#ifdef ISA_STAT_IS_X86
#define stat_user stat_x86_64
#else
#define stat_user stat_generic
#endif

struct inode;

/* Fills the ISA's struct stat. NULL: of a stream without an inode. 0 or -errno. */
int stat_collect(struct inode *inode, struct stat_user *out);

#endif
