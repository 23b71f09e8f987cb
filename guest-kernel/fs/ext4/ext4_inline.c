/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_inline.c - data within an inode: first where others have block numbers, then in the value of the attribute
 * system.data (ext4 layout, "Inline Data"). */
#include "abi/errno.h"
#include "fs/ext4/ext4.h"
#include "lib/string.h"

#define DOTS_SIZE 4u /* a directory begins with the number of the one it is in, and has no entries for "." and ".." */

/* The second part: its value, in the inode, whose buffer is the caller's to put. */
static int rest_find(struct ext4_inode *ei, struct ext4_xattr_found *found)
{
    int error = ext4_xattr_find(ei, EXT4_XATTR_SYSTEM, EXT4_INLINE_NAME, sizeof(EXT4_INLINE_NAME) - 1, found);

    if (error == -ENODATA)
        return ext4_inode_damaged(ei, 0, "data in an inode, without its attribute");
    if (error == 0 && found->entry->value_inum != 0) {
        ext4_buffer_put(&ext4_of(&ei->inode)->buffers, found->buffer);
        error = ext4_inode_damaged(ei, 0, "data in an inode that are elsewhere");
    }
    return error;
}

/* What of `src`, whose bytes are those of the file from `base` on, falls into [pos, pos + size). */
static void copy_part(const char *src, size_t src_size, uint64_t base, uint64_t pos, char *dst, size_t size)
{
    uint64_t from = pos > base ? pos : base;
    uint64_t to = pos + size < base + src_size ? pos + size : base + src_size;

    if (from < to)
        memcpy(dst + (from - pos), src + (from - base), to - from);
}

int ext4_inline_read(struct ext4_inode *ei, uint64_t pos, void *dst, size_t size)
{
    struct ext4_xattr_found found;

    memset(dst, 0, size);
    if (pos >= ei->inode.size)
        return 0;
    if (size > ei->inode.size - pos) /* there may be more in the inode than the file has */
        size = ei->inode.size - pos;
    copy_part((const char *)ei->block, EXT4_INLINE_SIZE, 0, pos, dst, size);
    if (pos + size <= EXT4_INLINE_SIZE || ei->inode.size <= EXT4_INLINE_SIZE)
        return 0;
    int error = rest_find(ei, &found);
    if (error != 0)
        return error;
    copy_part(found.values + found.entry->value_offs, found.entry->value_size, EXT4_INLINE_SIZE, pos, dst, size);
    ext4_buffer_put(&ext4_of(&ei->inode)->buffers, found.buffer);
    return 0;
}

int ext4_inline_part(struct ext4_inode *ei, unsigned part, void *dst, size_t *count)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_xattr_found found;

    if (part == 0) {
        *count = EXT4_INLINE_SIZE - DOTS_SIZE;
        memcpy(dst, (const char *)ei->block + DOTS_SIZE, *count);
        return 0;
    }
    int error = rest_find(ei, &found);
    if (error != 0)
        return error;
    *count = found.entry->value_size <= e4->block_size ? found.entry->value_size : 0;
    memcpy(dst, found.values + found.entry->value_offs, *count);
    ext4_buffer_put(&e4->buffers, found.buffer);
    return 0;
}
