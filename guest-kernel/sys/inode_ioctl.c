/* SPDX-License-Identifier: Apache-2.0 */
/* inode_ioctl.c - what every regular file and directory answers to ioctl(2) (Linux's do_vfs_ioctl and file_ioctl):
 * sizes, marks; where it lies is sys/fiemap.c's. */
#include "sys/inode_ioctl.h"

#include "abi/fiemap.h"
#include "sys/fiemap.h"
#include "sys/user.h"
#include "vfs/blk.h"
#include "vfs/inode_flags.h"
#include "vfs/permission.h"

#define FIOQSIZE 0x5460u
#define FIONREAD 0x541bu

/* ---- what it is marked as ---- */

static const struct {
    uint32_t flag, xflag;
} flag_pairs[] = {{FS_SYNC_FL, FS_XFLAG_SYNC},
                  {FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE},
                  {FS_APPEND_FL, FS_XFLAG_APPEND},
                  {FS_NODUMP_FL, FS_XFLAG_NODUMP},
                  {FS_NOATIME_FL, FS_XFLAG_NOATIME},
                  {FS_DAX_FL, FS_XFLAG_DAX},
                  {FS_PROJINHERIT_FL, FS_XFLAG_PROJINHERIT}};

/* Of the others FS_IOC_FSSETXATTR says nothing. */
#define FLAGS_OF_PAIRS \
    (FS_SYNC_FL | FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL | FS_DAX_FL | FS_PROJINHERIT_FL)

static uint32_t xflags_of(uint32_t flags)
{
    uint32_t xflags = 0;

    for (size_t i = 0; i < sizeof(flag_pairs) / sizeof(flag_pairs[0]); i++)
        xflags |= flags & flag_pairs[i].flag ? flag_pairs[i].xflag : 0;
    return xflags;
}

static uint32_t flags_of(uint32_t *xflags)
{
    uint32_t flags = 0;

    for (size_t i = 0; i < sizeof(flag_pairs) / sizeof(flag_pairs[0]); i++) {
        flags |= *xflags & flag_pairs[i].xflag ? flag_pairs[i].flag : 0;
        *xflags &= ~flag_pairs[i].xflag;
    }
    return flags;
}

static int flags_get(const struct inode *inode, unsigned request, uaddr_t address)
{
    const struct fsxattr attributes = {.xflags = xflags_of(inode->flags)};

    if (inode->ops->set_flags == NULL)
        return -ENOTTY;
    return request == FS_IOC_GETFLAGS ? user_put(address, inode->flags) : user_put(address, attributes);
}

static int flags_set(const struct file *file, unsigned request, uaddr_t address)
{
    struct inode *inode = file->inode;
    struct fsxattr attributes;
    uint32_t flags;
    int error = request == FS_IOC_SETFLAGS ? user_get(flags, address) : user_get(attributes, address);

    if (error == 0 && file->path.mount != NULL)
        error = mount_may_write(file->path.mount);
    if (error != 0)
        return error;
    if (request == FS_IOC_FSSETXATTR) {
        flags = flags_of(&attributes.xflags);
        uint32_t others = attributes.xflags | attributes.extent_size | attributes.cow_extent_size;
        if (attributes.project != 0 || (others != 0 && !inode->fs->ignores_xflags))
            return -EOPNOTSUPP;
        flags |= inode->flags & ~FLAGS_OF_PAIRS;
    }
    error = vfs_set_flags(inode, flags);
    return error == -EOPNOTSUPP && inode->ops->set_flags == NULL ? -ENOTTY : error;
}

/* ---- all ---- */

static int64_t size_get(const struct file *file, unsigned request, uaddr_t address)
{
    const struct inode *inode = file->inode;
    int64_t left = (int64_t)inode->size - (int64_t)file->pos, size = (int64_t)(inode_sectors(inode) * SECTOR_SIZE);
    int small = left > INT32_MAX ? INT32_MAX : (int)left;

    if (request == FIOQSIZE) /* of what it has on the disk */
        return user_put(address, size);
    return S_ISREG(inode->mode) ? user_put(address, small) : -ENOTTY;
}

/* ---- free room goes back to the disk ---- */

static int64_t trim(struct filesystem *fs, uaddr_t address)
{
    struct {
        uint64_t start, size, least; /* struct fstrim_range */
    } range;

    if (fs->dev == NULL)
        return -ENOTTY;
    if (!permission_has(CAP_SYS_ADMIN))
        return -EPERM;
    if (fs->ops->trim == NULL || !fs->dev->takes_discards)
        return -EOPNOTSUPP;
    if (user_get(range, address) != 0)
        return -EFAULT;
    int error = fs->ops->trim(fs, range.start, range.size, range.least, &range.size);
    return error != 0 ? error : user_put(address, range);
}

/* What a 32-bit program asks for by another number, as a C long of it is half as long. */
static unsigned request_of_half(unsigned request)
{
    if (request == FS_IOC32_GETFLAGS)
        return FS_IOC_GETFLAGS;
    return request == FS_IOC32_SETFLAGS ? FS_IOC_SETFLAGS : request;
}

int64_t inode_ioctl(struct file *file, unsigned request, uaddr_t address)
{
    if (call_is_32bit())
        request = request_of_half(request);
    switch (request) {
    case FIOQSIZE:
    case FIONREAD:
        return size_get(file, request, address);
    case FS_IOC_GETFLAGS:
    case FS_IOC_FSGETXATTR:
        return flags_get(file->inode, request, address);
    case FS_IOC_SETFLAGS:
    case FS_IOC_FSSETXATTR:
        return flags_set(file, request, address);
    case FIBMAP:
        return fiemap_block(file->inode, address);
    case FS_IOC_FIEMAP:
        return fiemap_get(file->inode, address);
    case FITRIM:
        return trim(file->inode->fs, address);
    default:
        return -ENOTTY;
    }
}
