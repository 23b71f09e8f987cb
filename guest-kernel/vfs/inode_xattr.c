/* SPDX-License-Identifier: Apache-2.0 */
/* inode_xattr.c - extended attributes: who may see and change which (Linux's xattr_permission, and its capabilities).
 */
#include "vfs/inode_xattr.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/acl.h"
#include "vfs/inode_flags.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

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

/* ---- lists of who may do what, which aren't attributes for the file system (vfs/acl.h) ---- */

static const char *const acl_names[] = {XATTR_ACL_ACCESS, XATTR_ACL_DEFAULT}; /* by `preset` */

static bool is_acl(const char *name, bool *preset)
{
    *preset = strcmp(name, XATTR_ACL_DEFAULT) == 0;
    return *preset || strcmp(name, XATTR_ACL_ACCESS) == 0;
}

static int64_t acl_get(const struct inode *inode, bool preset, void *value, size_t size)
{
    const struct acl *acl = inode_acl(inode, preset);

    if (inode->ops->set_acl == NULL || inode->fs->ignores_acls)
        return -EOPNOTSUPP;
    return acl != NULL ? acl_print(acl, value, size) : -ENODATA;
}

/* In Linux's order (set_posix_acl). */
static int acl_may_be_set(const struct inode *inode, bool preset, const struct acl *acl)
{
    if (inode_is_kept(inode))
        return -EPERM;
    if (inode->ops->set_acl == NULL || inode->fs->ignores_acls)
        return -EOPNOTSUPP;
    if (preset && !S_ISDIR(inode->mode))
        return acl != NULL ? -EACCES : 0;
    if (!permission_owns(inode))
        return -EPERM;
    return acl != NULL ? acl_check(acl) : 0;
}

/* Takes the list over, or frees it. One that says no more than a mode does isn't kept. */
static int acl_set(struct inode *inode, bool preset, struct acl *acl)
{
    int error = acl_may_be_set(inode, preset, acl);
    uint32_t mode = inode->mode;
    int64_t old_ctime = inode->ctime;

    if (error == 0 && !preset && acl != NULL && acl_to_mode(acl, &mode)) {
        kfree(acl);
        acl = NULL;
    }
    if (error == 0 && !preset && !permission_in_group(inode->gid) && !permission_has(CAP_FSETID))
        mode &= ~S_ISGID;
    if (error == 0) {
        inode->ctime = (int64_t)clock_realtime_ns();
        if (!preset || S_ISDIR(mode))
            error = inode->ops->set_acl(inode, preset, acl, mode);
        if (error == 0)
            inode_mark_dirty(inode);
    }
    if (error != 0) {
        inode->ctime = old_ctime;
        kfree(acl);
    }
    return error;
}

static int acl_set_value(struct inode *inode, bool preset, const void *value, size_t size)
{
    struct acl *acl;
    int error = acl_parse(value, size, &acl);

    if (error != 0)
        return error;
    mutex_lock(&inode->lock);
    error = acl_set(inode, preset, acl);
    mutex_unlock(&inode->lock);
    return error;
}

/* The names of those that there are: bytes, or -ERANGE. */
static int64_t acl_list(const struct inode *inode, char *list, size_t size)
{
    size_t done = 0;

    for (unsigned preset = 0; preset < 2; preset++) {
        size_t length = strlen(acl_names[preset]) + 1;

        if (inode_acl(inode, preset != 0) == NULL || acl_is_unread(inode))
            continue;
        if (size != 0 && size - done < length)
            return -ERANGE;
        if (size != 0)
            memcpy(list + done, acl_names[preset], length);
        done += length;
    }
    return (int64_t)done;
}

/* ---- all ---- */

int64_t vfs_get_xattr(struct inode *inode, const char *name, void *value, size_t size)
{
    bool preset;
    int error = name_check(inode, name, MAY_READ);

    /* By a file system that only shows them, or that has to say why it can't. */
    bool is_kept_so = (inode->ops->set_acl == NULL && !S_ISLNK(inode->mode)) || acl_is_unread(inode);
    if (is_acl(name, &preset) && !is_kept_so)
        return acl_get(inode, preset, value, size);
    if (error != 0)
        return error;
    return inode->ops->get_xattr != NULL ? inode->ops->get_xattr(inode, name, value, size) : -EOPNOTSUPP;
}

int64_t vfs_list_xattr(struct inode *inode, char *list, size_t size)
{
    int64_t done = inode->ops->lists_acls ? 0 : acl_list(inode, list, size), more;

    if (done < 0 || inode->ops->list_xattr == NULL)
        return done;
    if (size == 0)
        more = inode->ops->list_xattr(inode, NULL, 0);
    else
        more = inode->ops->list_xattr(inode, list + done, size - (size_t)done);
    if (size != 0 && size == (size_t)done && more > 0) /* without room it was asked for the size alone */
        more = -ERANGE;
    return more < 0 ? more : done + more;
}

/* Whether a change of security.* is the caller's to make. */
static int security_check(const char *name)
{
    unsigned capability = strcmp(name, XATTR_CAPABILITY) == 0 ? CAP_SETFCAP : CAP_SYS_ADMIN;

    return !is_of(name, XATTR_SECURITY) || permission_has(capability) ? 0 : -EPERM;
}

/* *out: the value that is kept, of *size bytes. One of revision 3 for this user name space's root, of which there is no
 * other, reads as revision 2 on Linux. */
static int capability_check(const void *value, size_t *size, struct cap_value *out)
{
    if (*size != CAP_SIZE_2 && *size != CAP_SIZE_3)
        return -EINVAL;
    memcpy(out, value, *size);
    if ((out->revision & CAP_REVISION_MASK) != (*size == CAP_SIZE_2 ? CAP_REVISION_2 : CAP_REVISION_3))
        return -EINVAL;
    if (*size == CAP_SIZE_3 && out->root == 0) {
        out->revision = CAP_REVISION_2 | (out->revision & CAP_EFFECTIVE);
        *size = CAP_SIZE_2;
    }
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
    if (error == 0 && strcmp(name, XATTR_CAPABILITY) == 0)
        inode->has_capabilities = value != NULL;
    if (error == 0) {
        inode->ctime = (int64_t)clock_realtime_ns();
        inode_mark_dirty(inode);
    }
    return error;
}

int vfs_set_xattr(struct inode *inode, const char *name, const void *value, size_t size, unsigned flags)
{
    struct cap_value capabilities;
    bool preset;

    if (size != 0 && strcmp(name, XATTR_CAPABILITY) == 0) {
        int error = capability_check(value, &size, &capabilities);
        if (error != 0)
            return error;
        value = &capabilities;
    }
    if (is_acl(name, &preset))
        return acl_set_value(inode, preset, value, size);
    mutex_lock(&inode->lock);
    int error = change(inode, name, value, size, flags);
    mutex_unlock(&inode->lock);
    return error;
}

int vfs_remove_xattr(struct inode *inode, const char *name)
{
    bool preset;

    if (is_acl(name, &preset))
        return acl_set_value(inode, preset, NULL, 0);
    mutex_lock(&inode->lock);
    int error = change(inode, name, NULL, 0, XATTR_REPLACE);
    mutex_unlock(&inode->lock);
    return error;
}
