/* SPDX-License-Identifier: Apache-2.0 */
/* xattr.h - extended attributes: Linux's values (linux/xattr.h, linux/limits.h). */
#ifndef GK_ABI_XATTR_H
#define GK_ABI_XATTR_H

#define XATTR_CREATE 1u
#define XATTR_REPLACE 2u

#define XATTR_NAME_MAX 255u
#define XATTR_SIZE_MAX 65536u
#define XATTR_LIST_MAX 65536u

#define XATTR_USER "user."
#define XATTR_TRUSTED "trusted."
#define XATTR_SECURITY "security."
#define XATTR_SYSTEM "system."
#define XATTR_CAPABILITY "security.capability"

#endif
