/* SPDX-License-Identifier: Apache-2.0 */
/* inode_xattr.c - extended attributes: who may see and change which (Linux's xattr_permission, and its capabilities).
 */
#include "vfs/inode_xattr.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "lib/string.h"
#include "vfs/inode_flags.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

/* What security.capability holds: a revision in its first word, which tells the size. */
#define CAP_REVISION_MASK 0xff000000u
#define CAP_REVISION_2 0x02000000u
#define CAP_SIZE_2 20u
#define CAP_REVISION_3 0x03000000u
#define CAP_SIZE_3 24u

static bool is_of(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static int user_check(const struct inode *inode, unsigned wanted)
{
    bool writes = wanted & MAY_WRITE;

    if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode))
        return writes ? -EPERM : -ENODATA;
    if (S_ISDIR(inode->mode) && (inode->mode & S_ISVTX) && writes && !permission_owns(inode))
        return -EPERM;
    return permission(inode, wanted);
}

static int name_check(const struct inode *inode, const char *name, unsigned wanted)
{
    if ((wanted & MAY_WRITE) && inode_is_kept(inode))
        return -EPERM;
    if (is_of(name, XATTR_SECURITY) || is_of(name, XATTR_SYSTEM))
        return 0;
    if (is_of(name, XATTR_TRUSTED)) {
        if (permission_has(CAP_SYS_ADMIN))
            return 0;
        return wanted & MAY_WRITE ? -EPERM : -ENODATA;
    }
    return is_of(name, XATTR_USER) ? user_check(inode, wanted) : permission(inode, wanted);
}

int64_t vfs_get_xattr(struct inode *inode, const char *name, void *value, size_t size)
{
    int error = name_check(inode, name, MAY_READ);

    if (error != 0)
        return error;
    return inode->ops->get_xattr != NULL ? inode->ops->get_xattr(inode, name, value, size) : -EOPNOTSUPP;
}

int64_t vfs_list_xattr(struct inode *inode, char *list, size_t size)
{
    return inode->ops->list_xattr != NULL ? inode->ops->list_xattr(inode, list, size) : 0;
}

/* Whether a change of security.* is the caller's to make. */
static int security_check(const char *name)
{
    unsigned capability = strcmp(name, XATTR_CAPABILITY) == 0 ? CAP_SETFCAP : CAP_SYS_ADMIN;

    return !is_of(name, XATTR_SECURITY) || permission_has(capability) ? 0 : -EPERM;
}

static int capability_check(const void *value, size_t size)
{
    uint32_t revision;

    if (size != CAP_SIZE_2 && size != CAP_SIZE_3)
        return -EINVAL;
    memcpy(&revision, value, sizeof(revision));
    if ((revision & CAP_REVISION_MASK) != (size == CAP_SIZE_2 ? CAP_REVISION_2 : CAP_REVISION_3))
        return -EINVAL;
    return permission_has(CAP_SETFCAP) ? 0 : -EPERM;
}

static int change(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags)
{
    int error = name_check(inode, name, MAY_WRITE);

    if (error == 0)
        error = security_check(name);
    if (error != 0)
        return error;
    if (inode->ops->set_xattr == NULL)
        return -EOPNOTSUPP;
    error = inode->ops->set_xattr(inode, name, value, size, flags);
    if (error == 0) {
        inode->ctime = (int64_t)clock_realtime_ns();
        inode_mark_dirty(inode);
    }
    return error;
}

int vfs_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags)
{
    int error = size != 0 && strcmp(name, XATTR_CAPABILITY) == 0 ? capability_check(value, size) : 0;

    if (error != 0)
        return error;
    mutex_lock(&inode->lock);
    error = change(inode, name, value, size, flags);
    mutex_unlock(&inode->lock);
    return error;
}

int vfs_remove_xattr(struct inode *inode, const char *name)
{
    mutex_lock(&inode->lock);
    int error = change(inode, name, NULL, 0, XATTR_REPLACE);
    mutex_unlock(&inode->lock);
    return error;
}
