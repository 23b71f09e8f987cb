/* SPDX-License-Identifier: Apache-2.0 */
/* mount_setattr.c - mount_setattr(2): arguments and rights. vfs/mount_attr.c does it. */
#include "sys/syscall.h"

#include "abi/stat.h"
#include "sys/mount_flags.h"
#include "sys/user.h"
#include "vfs/mount_attr.h"

#define ATTR_KNOWN (MOUNT_ATTR_SIMPLE | MOUNT_ATTR_IDMAP)
#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)

struct mount_attr {
    uint64_t set, clear, propagation, userns_fd;
};

/* Linux maps IDs by a user namespace: there are none here, so no descriptor is of one. */
static int idmap_refuse(const struct mount_attr *attr)
{
    if ((attr->clear & MOUNT_ATTR_IDMAP) || attr->userns_fd > INT32_MAX)
        return -EINVAL;
    const struct file *file = user_file(attr->userns_fd);
    return file == NULL || (file->flags & O_PATH) ? -EBADF : -EINVAL;
}

/* Which of the times it is: all three are cleared before one is set, and by nothing else. */
static int atime_change(const struct mount_attr *attr, struct mount_change *change)
{
    uint32_t atime;

    if ((attr->clear & MOUNT_ATTR__ATIME) == 0)
        return attr->set & MOUNT_ATTR__ATIME ? -EINVAL : 0;
    if ((attr->clear & MOUNT_ATTR__ATIME) != MOUNT_ATTR__ATIME || !mount_atime_of(attr->set, &atime))
        return -EINVAL;
    change->clear |= MS_NOATIME | MS_RELATIME;
    change->set |= atime;
    return 0;
}

static int change_make(const struct mount_attr *attr, struct mount_change *change)
{
    uint64_t propagation = attr->propagation;

    if ((propagation & ~(uint64_t)PROPAGATION) || (propagation & (propagation - 1)))
        return -EINVAL;
    if ((attr->set | attr->clear) & ~(uint64_t)ATTR_KNOWN)
        return -EINVAL;
    *change = (struct mount_change){
        .set = mount_flags_of(attr->set), .clear = mount_flags_of(attr->clear), .propagation = (uint32_t)propagation};
    int error = atime_change(attr, change);
    if (error == 0 && ((attr->set | attr->clear) & MOUNT_ATTR_IDMAP))
        error = idmap_refuse(attr);
    return error;
}

int64_t sys_mount_setattr(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[2];
    struct mount_attr attr;
    struct mount_change change;
    struct path at;

    if (flags & ~(AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
        return -EINVAL;
    if (arg[4] > PAGE_SIZE)
        return -E2BIG;
    if (arg[4] < sizeof(attr))
        return -EINVAL;
    int error = mounting_begin();
    if (error == 0)
        error = user_get_longer(&attr, sizeof(attr), arg[3], arg[4]);
    if (error != 0 || (attr.set | attr.clear | attr.propagation) == 0)
        return error;
    error = change_make(&attr, &change);
    if (error == 0)
        error = user_lookup_place((int)arg[0], arg[1], flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW), &at);
    if (error != 0)
        return error;
    error = mount_change(&at, &change, flags & AT_RECURSIVE);
    path_put(&at);
    return error;
}
