/* SPDX-License-Identifier: Apache-2.0 */
/* mount_attr.h - what fsmount(2) and mount_setattr(2) say of a mount, with Linux's values. */
#ifndef GK_ABI_MOUNT_ATTR_H
#define GK_ABI_MOUNT_ATTR_H

#include <stdint.h>

#define MOUNT_ATTR_RDONLY 0x1u
#define MOUNT_ATTR_NOSUID 0x2u
#define MOUNT_ATTR_NODEV 0x4u
#define MOUNT_ATTR_NOEXEC 0x8u
#define MOUNT_ATTR__ATIME 0x70u /* one of the three: */
#define MOUNT_ATTR_RELATIME 0x0u
#define MOUNT_ATTR_NOATIME 0x10u
#define MOUNT_ATTR_STRICTATIME 0x20u
#define MOUNT_ATTR_NODIRATIME 0x80u
#define MOUNT_ATTR_IDMAP 0x100000u
#define MOUNT_ATTR_NOSYMFOLLOW 0x200000u

#endif
