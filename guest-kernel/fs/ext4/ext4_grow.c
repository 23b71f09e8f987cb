/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_grow.c - a file gets blocks, whichever way it is kept where they lie. */
#include "abi/errno.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_indirect.h"
#include "lib/string.h"

int ext4_map_create_filled(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most,
                           unsigned flags, struct ext4_fill *fill, struct ext4_run *out)
{
    ei->data_tid = ext4_tid(handle);
    if (ei->flags & EXT4_EXTENTS_FL)
        return ext4_extent_create(handle, ei, block, most, flags, fill, out);
    if (flags & EXT4_MAP_UNWRITTEN)
        return -EOPNOTSUPP;
    return ext4_indirect_create(handle, ei, block, most, flags, fill, out);
}

int ext4_map_create(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t most, unsigned flags,
                    struct ext4_run *out)
{
    return ext4_map_create_filled(handle, ei, block, most, flags, NULL, out);
}

int ext4_map_written(struct ext4_handle *handle, struct ext4_inode *ei, uint32_t block, uint32_t count)
{
    if (!(ei->flags & EXT4_EXTENTS_FL))
        return 0;
    ei->data_tid = ext4_tid(handle);
    return ext4_extent_written(handle, ei, block, count);
}

void ext4_map_init(struct ext4_inode *ei)
{
    memset(ei->block, 0, sizeof(ei->block));
    ei->last.count = 0;
    ei->flags &= ~(uint32_t)EXT4_EXTENTS_FL;
    if (!(ext4_of(&ei->inode)->incompat & EXT4_INCOMPAT_EXTENTS))
        return;
    ei->flags |= EXT4_EXTENTS_FL;
    *ext4_extent_root(ei) =
        (struct ext4_extent_header){.magic = EXT4_EXTENT_MAGIC, .max = (uint16_t)ext4_extent_room(sizeof(ei->block))};
}
