/* SPDX-License-Identifier: Apache-2.0 */
/* fiemap.c - where a file lies on its disk: extent by extent (Linux's iomap_fiemap), or a block (ioctl_fibmap). */
#include "sys/fiemap.h"

#include "abi/fiemap.h"
#include "core/wait.h"
#include "sys/user.h"
#include "vfs/blk.h"
#include "vfs/pagecache.h"
#include "vfs/permission.h"

#define FLAGS_KNOWN (FIEMAP_FLAG_SYNC | FIEMAP_FLAG_XATTR | FIEMAP_FLAG_CACHE)
#define EXTENTS_AT_ONCE 1024u /* before others and interrupts have their turn */

struct extents {
    struct fiemap map;
    uint64_t end; /* of what is asked for */
    uaddr_t to;   /* of the next extent */
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
    if (extents->map.extent_count != 0 && user_put(extents->to, extent)) /* else they are counted only */
        return -EFAULT;
    extents->to += sizeof(extent);
    extents->map.mapped_extents++;
    extents->is_full = extents->map.mapped_extents == extents->map.extent_count;
    return 0;
}

static int extent_add(struct extents *extents, const struct file_extent *extent)
{
    struct fiemap_extent *last = &extents->last;

    if (last->length != 0 && last->logical + last->length == extent->pos && last->flags == extent->flags &&
        last->physical + last->length == extent->place) {
        last->length += extent->size;
        return 0;
    }
    int error = extent_put(extents);
    *last = (struct fiemap_extent){
        .logical = extent->pos, .physical = extent->place, .length = extent->size, .flags = extent->flags};
    return error;
}

/* The last one of those asked for is called so, whatever the file has behind it, as Linux does. */
static int extents_walk(struct inode *inode, struct extents *extents, bool attributes)
{
    uint64_t pos = extents->map.start;
    unsigned looks = 0;
    int error = 0;

    while (error == 0 && pos < extents->end && !extents->is_full) {
        struct file_extent extent;

        error = inode->ops->find_extent(inode, pos, extents->end, attributes, &extent);
        if (error != 0 || extent.size == 0)
            break;
        if (!extent.is_hole)
            error = extent_add(extents, &extent);
        pos = extent.pos + extent.size;
        if (error == 0 && ++looks % EXTENTS_AT_ONCE == 0 && wait_loop_ends(true))
            error = -EINTR;
    }
    extents->last.flags |= FIEMAP_EXTENT_LAST;
    return error == 0 && !extents->is_full ? extent_put(extents) : error;
}

/* What is asked for, of what a file can have, and where that ends. The flags that aren't known are told. */
static int map_check(const struct inode *inode, struct fiemap *map, uint64_t *end)
{
    uint64_t most = inode->ops->size_most(inode);
    uint32_t unknown = map->flags & ~FLAGS_KNOWN;

    if (map->extent_count > FIEMAP_MAX_EXTENTS || map->length == 0)
        return -EINVAL;
    if (map->start > most)
        return -EFBIG;
    if (map->start == most) /* as Linux has it, which cuts the length first */
        return -EINVAL;
    if (unknown != 0)
        map->flags = unknown;
    *end = map->length < most - map->start ? map->start + map->length : most;
    return unknown != 0 ? -EBADR : 0;
}

/* Nothing is cut off meanwhile, or the walk would come to what isn't the file's. */
static int map_fill(struct inode *inode, struct extents *extents)
{
    bool attributes = extents->map.flags & FIEMAP_FLAG_XATTR;
    int error = extents->map.flags & FIEMAP_FLAG_SYNC ? inode_write_back(inode) : 0;

    extents->map.flags &= FIEMAP_FLAG_SYNC; /* the others are done with */
    if (error != 0)
        return error;
    mutex_lock(&inode->lock);
    error = extents_walk(inode, extents, attributes);
    mutex_unlock(&inode->lock);
    return error;
}

int fiemap_get(struct inode *inode, uaddr_t address)
{
    struct extents extents = {.to = address + sizeof(struct fiemap)};

    if (inode->ops->find_extent == NULL)
        return -EOPNOTSUPP;
    if (user_get(extents.map, address))
        return -EFAULT;
    extents.map.mapped_extents = 0;
    int error = map_check(inode, &extents.map, &extents.end);
    if (error == 0)
        error = map_fill(inode, &extents);
    return user_put(address, extents.map) ? -EFAULT : error;
}

/* ---- one block ---- */

/* Where the file's n-th block lies, in place of n; 0: nowhere. */
static int block_find(struct inode *inode, uint32_t n, int *out)
{
    struct blk_extent place;
    uint32_t size = inode_block_size(inode);
    uint64_t pos = (uint64_t)n * size;

    if (inode->ops->map == NULL)
        return -EINVAL;
    (void)inode_write_back(inode); /* what was just written gets its place; Linux passes over errors, too */
    mutex_lock(&inode->lock);
    int error = pos < inode->size ? inode->ops->map(inode, false, pos, SECTOR_SIZE, &place) : -ENODATA;
    mutex_unlock(&inode->lock);
    uint64_t block = error == 0 ? place.sector * SECTOR_SIZE / size : 0;
    if (block > INT32_MAX)
        return -ERANGE;
    *out = (int)block;
    return error == -ENODATA ? 0 : error;
}

int fiemap_block(struct inode *inode, uaddr_t address)
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
