/* SPDX-License-Identifier: Apache-2.0 */
/* fiemap.h - where a file lies on its disk: Linux's values (linux/fiemap.h). */
#ifndef GK_ABI_FIEMAP_H
#define GK_ABI_FIEMAP_H

#include <stdint.h>

#define FIBMAP 1u
#define FS_IOC_FIEMAP 0xc020660bu
#define FITRIM 0xc0185879u

#define FIEMAP_FLAG_SYNC 1u
#define FIEMAP_FLAG_XATTR 2u
#define FIEMAP_FLAG_CACHE 4u
#define FIEMAP_EXTENT_LAST 1u
#define FIEMAP_EXTENT_UNKNOWN 2u
#define FIEMAP_EXTENT_DELALLOC 4u
#define FIEMAP_EXTENT_NOT_ALIGNED 0x100u
#define FIEMAP_EXTENT_DATA_INLINE 0x200u
#define FIEMAP_EXTENT_UNWRITTEN 0x800u
#define FIEMAP_EXTENT_MERGED 0x1000u

struct fiemap_extent {
    uint64_t logical, physical, length; /* bytes */
    uint64_t reserved64[2];
    uint32_t flags, reserved[3];
};
_Static_assert(sizeof(struct fiemap_extent) == 56, "struct fiemap_extent");

struct fiemap { /* without the extents that follow */
    uint64_t start, length;
    uint32_t flags, mapped_extents, extent_count, reserved;
};
_Static_assert(sizeof(struct fiemap) == 32, "struct fiemap");

#define FIEMAP_MAX_EXTENTS ((uint32_t)(UINT32_MAX / sizeof(struct fiemap_extent)))

#endif
