/* SPDX-License-Identifier: Apache-2.0 */
/* inode_ioctl.c - what every regular file and directory answers to ioctl(2) (Linux's do_vfs_ioctl and file_ioctl):
 * sizes, marks, and where it lies. */
#include "sys/inode_ioctl.h"

#include "abi/fiemap.h"
#include "core/wait.h"
#include "lib/string.h"
#include "sys/user.h"
#include "vfs/blk.h"
#include "vfs/inode_flags.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

#define FIOQSIZE 0x5460u
#define FIGETBSZ 2u
#define FIONREAD 0x541bu
#define EXTENTS_AT_ONCE 1024u /* before others and interrupts have their turn */

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

/* ---- where it lies ---- */

struct extents {
    struct fiemap map;
    uaddr_t to; /* of the next extent */
    struct fiemap_extent last;
    bool is_full;
};

/* Hands over the last extent, to which nothing more is added. */
static int extent_put(struct extents *extents)
{
    const struct fiemap_extent extent = extents->last;

    extents->last.length = 0;
    if (extent.length == 0)
        return 0;
    extents->map.mapped_extents++;
    if (extents->map.extent_count == 0) /* they are counted only */
        return 0;
    int error = user_put(extents->to, extent);
    extents->to += sizeof(extent);
    extents->is_full = extents->map.mapped_extents == extents->map.extent_count;
    return error;
}

static int extent_add(struct extents *extents, uint64_t pos, const struct blk_extent *place, uint32_t flags)
{
    struct fiemap_extent *last = &extents->last;
    uint64_t physical = place->sector * SECTOR_SIZE;

    if (last->length != 0 && last->logical + last->length == pos && last->physical + last->length == physical &&
        last->flags == flags) {
        last->length += place->size;
        return 0;
    }
    int error = extent_put(extents);
    *last = (struct fiemap_extent){.logical = pos, .physical = physical, .length = place->size, .flags = flags};
    return error;
}

/* Where there is data again after a hole; 0: nowhere. */
static uint64_t data_after(struct inode *inode, uint64_t pos)
{
    int64_t next = inode->ops->seek_data != NULL ? inode->ops->seek_data(inode, pos, false) : -ENXIO;

    return next > (int64_t)pos ? (uint64_t)next : 0;
}

/* What lies at *pos, or behind a hole there: then *pos is after it. place->size 0: the hole is all that was seen. */
static int place_find(struct inode *inode, uint64_t *pos, uint64_t size, struct blk_extent *place, uint32_t *flags)
{
    *place = (struct blk_extent){.size = 0};
    *flags = 0;
    int error = inode->ops->map(inode, false, *pos, size - *pos, place);
    if (error != -ENODATA)
        return error;
    if (place->size == 0) {
        *pos = data_after(inode, *pos);
        return *pos != 0 ? 0 : -ENODATA;
    }
    if (place->sector != 0) {
        *flags = FIEMAP_EXTENT_UNWRITTEN;
        return 0;
    }
    *pos += place->size;
    place->size = 0;
    return 0;
}

static int extents_walk(struct inode *inode, struct extents *extents)
{
    uint64_t pos = extents->map.start & ~(uint64_t)(SECTOR_SIZE - 1), size = inode->size;
    uint64_t end = size - extents->map.start > extents->map.length ? extents->map.start + extents->map.length : size;
    unsigned looks = 0;
    int error = 0;

    while (error == 0 && pos < end && !extents->is_full) {
        struct blk_extent place;
        uint32_t flags;

        error = place_find(inode, &pos, size, &place, &flags);
        if (error == 0 && place.size != 0)
            error = extent_add(extents, pos, &place, flags);
        if (error == 0)
            pos += place.size;
        if (error == 0 && ++looks % EXTENTS_AT_ONCE == 0 && wait_loop_ends(true))
            error = -EINTR;
    }
    if (error == -ENODATA || pos >= size) /* it may end before its size */
        extents->last.flags |= FIEMAP_EXTENT_LAST;
    if (error == -ENODATA)
        error = 0;
    return error == 0 && !extents->is_full ? extent_put(extents) : error;
}

/* What is asked for, and the flags that aren't known are told. */
static int map_check(struct fiemap *map)
{
    uint32_t unknown = map->flags & ~FIEMAP_FLAG_SYNC;

    if (map->extent_count > FIEMAP_MAX_EXTENTS || map->length == 0)
        return -EINVAL;
    if (map->start >= INT64_MAX)
        return -EFBIG;
    if (unknown != 0)
        map->flags = unknown;
    return unknown != 0 ? -EBADR : 0;
}

/* Nothing is cut off meanwhile, or the walk would come to what isn't the file's. */
static int map_fill(struct inode *inode, struct extents *extents)
{
    int error = inode_write_back(inode);

    if (error != 0)
        return error;
    mutex_lock(&inode->lock);
    if (extents->map.start < inode->size)
        error = extents_walk(inode, extents);
    mutex_unlock(&inode->lock);
    return error;
}

static int map_get(struct inode *inode, uaddr_t address)
{
    struct extents extents = {.to = address + sizeof(struct fiemap)};

    if (inode->ops->map == NULL)
        return -EOPNOTSUPP;
    if (user_get(extents.map, address))
        return -EFAULT;
    extents.map.mapped_extents = 0;
    int error = map_check(&extents.map);
    if (error == 0)
        error = map_fill(inode, &extents);
    return user_put(address, extents.map) ? -EFAULT : error;
}

/* Where the file's n-th sector lies, in place of n; 0: nowhere (Linux's ioctl_fibmap). */
static int block_find(struct inode *inode, uint32_t n, int *out)
{
    struct blk_extent place;
    uint64_t pos = (uint64_t)n * SECTOR_SIZE;

    if (inode->ops->map == NULL)
        return -EINVAL;
    mutex_lock(&inode->lock);
    int error = pos < inode->size ? inode->ops->map(inode, false, pos, SECTOR_SIZE, &place) : -ENODATA;
    mutex_unlock(&inode->lock);
    if (error == 0 && place.sector > INT32_MAX)
        return -ERANGE;
    *out = error == 0 ? (int)place.sector : 0;
    return error == -ENODATA ? 0 : error;
}

static int block_get(struct inode *inode, uaddr_t address)
{
    int number, found = 0;

    if (!S_ISREG(inode->mode))
        return -ENOTTY;
    if (!permission_has(CAP_SYS_RAWIO))
        return -EPERM;
    if (user_get(number, address))
        return -EFAULT;
    if (number < 0)
        return -EINVAL;
    int error = block_find(inode, (uint32_t)number, &found);
    return user_put(address, found) ? -EFAULT : error;
}

/* ---- all ---- */

static int64_t size_get(const struct file *file, unsigned request, uaddr_t address)
{
    const struct inode *inode = file->inode;
    int64_t left = (int64_t)inode->size - (int64_t)file->pos, size = (int64_t)(inode->size + 511) & ~511;
    int block = PAGE_SIZE, small = left > INT32_MAX ? INT32_MAX : (int)left;

    switch (request) {
    case FIGETBSZ:
        return user_put(address, block);
    case FIOQSIZE: /* of what it has on the disk */
        return user_put(address, size);
    default:
        return S_ISREG(inode->mode) ? user_put(address, small) : -ENOTTY;
    }
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
    case FIGETBSZ:
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
        return block_get(file->inode, address);
    case FS_IOC_FIEMAP:
        return map_get(file->inode, address);
    case FITRIM:
        return trim(file->inode->fs, address);
    default:
        return -ENOTTY;
    }
}
