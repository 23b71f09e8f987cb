/* SPDX-License-Identifier: Apache-2.0 */
/* mount_flags.h - a mount's attributes as the later calls have them (MOUNT_ATTR_*), and who may mount. */
#ifndef GK_SYS_MOUNT_FLAGS_H
#define GK_SYS_MOUNT_FLAGS_H

#include "abi/mount_attr.h"
#include "vfs/mount.h"

/* Those that a new mount may have. */
#define MOUNT_ATTR_SIMPLE                                                                               \
    (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME | \
     MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW)

/* Whether the caller may mount: 0 or -EPERM. */
int mounting_permitted(void);
/* The same, for who needs what is mounted from the start to be there: 0 or -errno. */
int mounting_begin(void);
/* attr as MS_*, but for MOUNT_ATTR__ATIME. */
uint32_t mount_flags_of(uint64_t attr);
/* A mount's MS_* as attributes. */
uint64_t mount_attr_of(uint32_t flags);
/* MS_* of what MOUNT_ATTR__ATIME of attr is; false: it is none. */
bool mount_atime_of(uint64_t attr, uint32_t *flags);

#endif
