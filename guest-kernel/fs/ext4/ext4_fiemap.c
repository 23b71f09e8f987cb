/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fiemap.c - tells where a file lies, for FIEMAP: its blocks, what is within its inode, and its attributes. */
#include "abi/fiemap.h"
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "vfs/volume.h"

#define WITHIN_INODE (FIEMAP_EXTENT_DATA_INLINE | FIEMAP_EXTENT_NOT_ALIGNED)

/* What was written and has no place yet is told as such. */
static void hole_find(const struct ext4_inode *ei, struct ext4_run *run, struct file_extent *out)
{
    uint32_t count;

    out->is_hole = !ext4_delayed_at(ei, run->start, &count);
    if (count < run->count)
        run->count = count;
    if (!out->is_hole)
        out->flags = FIEMAP_EXTENT_DELALLOC | FIEMAP_EXTENT_UNKNOWN;
}

/* As on Linux what lies by block numbers is told to be put together from single blocks. */
static int run_find(struct ext4_inode *ei, uint64_t pos, uint64_t end, struct file_extent *out)
{
    unsigned shift = ext4_of(&ei->inode)->block_shift;
    uint64_t block = pos >> shift, count = ((end - 1) >> shift) + 1 - block;
    struct ext4_run run;
    int error = ext4_map_find(ei, (uint32_t)block, count < UINT32_MAX ? (uint32_t)count : UINT32_MAX, &run);

    if (error != 0)
        return error;
    if (run.disk != 0)
        out->flags = ei->flags & EXT4_EXTENTS_FL ? 0 : FIEMAP_EXTENT_MERGED;
    else if (run.unwritten)
        out->flags = FIEMAP_EXTENT_UNWRITTEN;
    else
        hole_find(ei, &run, out);
    out->pos = block << shift;
    out->size = (uint64_t)run.count << shift;
    out->place = (run.unwritten ? run.room : run.disk) << shift;
    return 0;
}

static int inline_find(struct ext4_inode *ei, struct file_extent *out)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_raw_inode *raw;
    struct ext4_buffer *buffer;
    int error = ext4_itable_get(e4, ext4_number(ei), &buffer, &raw);

    if (error != 0)
        return error;
    out->place = (buffer->block << e4->block_shift) + (uint64_t)((char *)raw->block - (char *)buffer->data);
    out->size = ei->inode.size < e4->inode_size ? ei->inode.size : e4->inode_size;
    out->flags = WITHIN_INODE;
    ext4_buffer_put(&e4->buffers, buffer);
    return 0;
}

/* If there are some in the inode, that is told, and not where the others are. Of the inode's own place in its block
 * Linux says nothing, and so nothing is said here. */
static int attributes_find(struct ext4_inode *ei, struct file_extent *out)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_xattr_area area;
    struct ext4_buffer *buffer;
    uint32_t fields = EXT4_OLD_INODE_SIZE + ei->extra_isize;
    int error = ext4_xattr_inside(ei, &area, &buffer);

    if (error != 0)
        return error;
    if (buffer != NULL) {
        *out = (struct file_extent){.size = e4->inode_size - fields,
                                    .place = (buffer->block << e4->block_shift) + fields,
                                    .flags = WITHIN_INODE};
        ext4_buffer_put(&e4->buffers, buffer);
    } else if (ei->xattr_block != 0) {
        *out = (struct file_extent){.size = e4->block_size, .place = ei->xattr_block << e4->block_shift};
    }
    return 0;
}

int ext4_find_extent(struct inode *inode, uint64_t pos, uint64_t end, bool attributes, struct file_extent *out)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    bool entered = volume_enter(inode->fs);
    int error;

    *out = (struct file_extent){0};
    if (attributes)
        error = attributes_find(ei, out);
    else if (ext4_inode_is_inline(ei))
        error = inline_find(ei, out);
    else
        error = run_find(ei, pos, end, out);
    volume_leave(inode->fs, entered);
    if (out->pos + out->size <= pos) /* all of it lies before */
        out->size = 0;
    return error;
}
