/* SPDX-License-Identifier: Apache-2.0 */
/* xattr.c - the system calls on extended attributes: each by path, by path without following a link, by descriptor. */
#include "sys/syscall.h"

#include "mm/kmalloc.h"
#include "sys/target.h"
#include "sys/user.h"
#include "vfs/inode_xattr.h"
#include "vfs/notify.h"

enum target_kind { BY_PATH, BY_LINK, BY_DESCRIPTOR };

/* 0 or -errno; then there is nothing to put. */
static int target_get(struct target *target, enum target_kind kind, uint64_t arg)
{
    int error;

    if (kind != BY_DESCRIPTOR)
        return target_at(target, AT_FDCWD, arg, kind == BY_LINK ? AT_SYMLINK_NOFOLLOW : 0);
    error = target_of_fd(target, arg);
    if (error == 0 && target->inode == NULL) /* a stream: nothing of it to be put */
        error = -EOPNOTSUPP;
    return error;
}

/* name has XATTR_NAME_MAX + 1 bytes. */
static int name_get(char *name, uaddr_t address)
{
    int64_t length = string_from_user(name, address, XATTR_NAME_MAX + 1);

    if (length == 0 || length == -ENAMETOOLONG)
        return -ERANGE;
    return length < 0 ? (int)length : 0;
}

/* ---- set ---- */

/* A copy of the value; *out NULL: it is empty. */
static int value_get(void **out, uaddr_t address, uint64_t size)
{
    *out = NULL;
    if (size == 0)
        return 0;
    if (size > XATTR_SIZE_MAX)
        return -E2BIG;
    *out = kmalloc(size);
    if (*out == NULL)
        return -ENOMEM;
    int error = copy_from_user(*out, address, size);
    if (error != 0) {
        kfree(*out);
        *out = NULL;
    }
    return error;
}

static int set_in(struct target *target, const char *name, const void *value, size_t size, unsigned flags)
{
    int error = target_may_change(target);

    if (error == 0)
        error = vfs_set_xattr(target->inode, name, value != NULL ? value : "", size, flags);
    if (error == 0)
        notify_path(&target->path, target->inode, IN_ATTRIB);
    return error;
}

static int64_t set(enum target_kind kind, const uint64_t arg[6])
{
    char name[XATTR_NAME_MAX + 1];
    struct target target;
    void *value;
    int error;

    if ((unsigned)arg[4] & ~(XATTR_CREATE | XATTR_REPLACE))
        return -EINVAL;
    error = name_get(name, arg[1]);
    if (error == 0)
        error = value_get(&value, arg[2], arg[3]);
    if (error != 0)
        return error;
    error = target_get(&target, kind, arg[0]);
    if (error == 0) {
        error = set_in(&target, name, value, arg[3], (unsigned)arg[4]);
        target_put(&target);
    }
    kfree(value);
    return error;
}

int64_t sys_setxattr(const uint64_t arg[6])
{
    return set(BY_PATH, arg);
}

int64_t sys_lsetxattr(const uint64_t arg[6])
{
    return set(BY_LINK, arg);
}

int64_t sys_fsetxattr(const uint64_t arg[6])
{
    return set(BY_DESCRIPTOR, arg);
}

/* ---- get and list ---- */

/* What is there goes to the program: a value or, name NULL, the list. size 0: its size alone. */
static int64_t read_in(const struct target *target, const char *name, uaddr_t address, uint64_t size, uint64_t most)
{
    size_t room = size < most ? size : most;
    char *buffer = room != 0 ? kmalloc(room) : NULL;
    int64_t got;

    if (room != 0 && buffer == NULL)
        return -ENOMEM;
    got = name != NULL ? vfs_get_xattr(target->inode, name, buffer, room) : vfs_list_xattr(target->inode, buffer, room);
    if (got > 0 && room != 0 && copy_to_user(address, buffer, (size_t)got) != 0)
        got = -EFAULT;
    else if (got == -ERANGE && room == most)
        got = -E2BIG; /* there can be no larger buffer */
    kfree(buffer);
    return got;
}

static int64_t get(enum target_kind kind, const uint64_t arg[6])
{
    char name[XATTR_NAME_MAX + 1];
    struct target target;
    int error = name_get(name, arg[1]);

    if (error == 0)
        error = target_get(&target, kind, arg[0]);
    if (error != 0)
        return error;
    int64_t got = read_in(&target, name, arg[2], arg[3], XATTR_SIZE_MAX);
    target_put(&target);
    return got;
}

int64_t sys_getxattr(const uint64_t arg[6])
{
    return get(BY_PATH, arg);
}

int64_t sys_lgetxattr(const uint64_t arg[6])
{
    return get(BY_LINK, arg);
}

int64_t sys_fgetxattr(const uint64_t arg[6])
{
    return get(BY_DESCRIPTOR, arg);
}

static int64_t list(enum target_kind kind, const uint64_t arg[6])
{
    struct target target;
    int error = target_get(&target, kind, arg[0]);

    if (error != 0)
        return error;
    int64_t got = read_in(&target, NULL, arg[1], arg[2], XATTR_LIST_MAX);
    target_put(&target);
    return got;
}

int64_t sys_listxattr(const uint64_t arg[6])
{
    return list(BY_PATH, arg);
}

int64_t sys_llistxattr(const uint64_t arg[6])
{
    return list(BY_LINK, arg);
}

int64_t sys_flistxattr(const uint64_t arg[6])
{
    return list(BY_DESCRIPTOR, arg);
}

/* ---- remove ---- */

static int64_t remove(enum target_kind kind, const uint64_t arg[6])
{
    char name[XATTR_NAME_MAX + 1];
    struct target target;
    int error = name_get(name, arg[1]);

    if (error == 0)
        error = target_get(&target, kind, arg[0]);
    if (error != 0)
        return error;
    error = target_may_change(&target);
    if (error == 0)
        error = vfs_remove_xattr(target.inode, name);
    if (error == 0)
        notify_path(&target.path, target.inode, IN_ATTRIB);
    target_put(&target);
    return error;
}

int64_t sys_removexattr(const uint64_t arg[6])
{
    return remove(BY_PATH, arg);
}

int64_t sys_lremovexattr(const uint64_t arg[6])
{
    return remove(BY_LINK, arg);
}

int64_t sys_fremovexattr(const uint64_t arg[6])
{
    return remove(BY_DESCRIPTOR, arg);
}
