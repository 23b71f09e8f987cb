/* SPDX-License-Identifier: Apache-2.0 */
/* xattr.h - extended attributes: Linux's values (linux/xattr.h, linux/limits.h). */
#ifndef GK_ABI_XATTR_H
#define GK_ABI_XATTR_H

#include <stdint.h>

#define XATTR_CREATE 1u
#define XATTR_REPLACE 2u

#define XATTR_NAME_MAX 255u
#define XATTR_SIZE_MAX 65536u
#define XATTR_LIST_MAX 65536u

#define XATTR_USER "user."
#define XATTR_TRUSTED "trusted."
#define XATTR_SECURITY "security."
#define XATTR_SYSTEM "system."
#define XATTR_ACL_ACCESS "system.posix_acl_access"
#define XATTR_ACL_DEFAULT "system.posix_acl_default"
#define XATTR_CAPABILITY "security.capability"

/* What that holds (struct vfs_ns_cap_data): a revision in its first word, which tells the size. */
#define CAP_REVISION_MASK 0xff000000u
#define CAP_REVISION_2 0x02000000u
#define CAP_SIZE_2 20u
#define CAP_REVISION_3 0x03000000u
#define CAP_SIZE_3 24u
#define CAP_EFFECTIVE 1u

struct cap_value {
    uint32_t revision;
    struct {
        uint32_t permitted, inheritable;
    } low, high;
    uint32_t root; /* of revision 3 */
};

#endif
