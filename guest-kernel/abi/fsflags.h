/* SPDX-License-Identifier: Apache-2.0 */
/* fsflags.h - what a file is marked as: Linux's values (linux/fs.h), and the ioctls that ask for it. */
#ifndef GK_ABI_FSFLAGS_H
#define GK_ABI_FSFLAGS_H

#include <stdint.h>

#define FS_IOC_GETFLAGS 0x80086601u
#define FS_IOC_SETFLAGS 0x40086602u
#define FS_IOC32_GETFLAGS 0x80046601u /* of 32-bit programs; the value is the same */
#define FS_IOC32_SETFLAGS 0x40046602u
#define FS_IOC_FSGETXATTR 0x801c581fu
#define FS_IOC_FSSETXATTR 0x401c5820u

#define FS_SYNC_FL 0x8u
#define FS_IMMUTABLE_FL 0x10u
#define FS_APPEND_FL 0x20u
#define FS_NODUMP_FL 0x40u
#define FS_NOATIME_FL 0x80u
#define FS_DAX_FL 0x2000000u
#define FS_PROJINHERIT_FL 0x20000000u

/* The same as FS_IOC_FSGETXATTR has them. */
#define FS_XFLAG_IMMUTABLE 0x8u
#define FS_XFLAG_APPEND 0x10u
#define FS_XFLAG_SYNC 0x20u
#define FS_XFLAG_NOATIME 0x40u
#define FS_XFLAG_NODUMP 0x80u
#define FS_XFLAG_PROJINHERIT 0x200u
#define FS_XFLAG_DAX 0x8000u

struct fsxattr {
    uint32_t xflags, extent_size, extents, project, cow_extent_size;
    uint8_t reserved[8];
};
_Static_assert(sizeof(struct fsxattr) == 28, "struct fsxattr");

#endif
