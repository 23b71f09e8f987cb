/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_symlink.c - the text of a symbolic link: in the inode, or in one block (ext4 layout, "Symbolic Links"). */
#include "fs/ext4/ext4.h"
#include "lib/string.h"

static int read_block(struct ext4_inode *ei, char *buf)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_buffer *buffer;
    int error = ext4_map_buffer(ei, 0, &buffer);

    if (error != 0)
        return error;
    if (buffer == NULL)
        return ext4_inode_damaged(ei, 0, "a symbolic link without its text");
    memcpy(buf, buffer->data, ei->inode.size);
    ext4_buffer_put(&e4->buffers, buffer);
    return 0;
}

int64_t ext4_read_link(struct inode *inode, char *buf)
{
    struct ext4_inode *ei = ext4_inode_of(inode);
    uint64_t size = inode->size;
    int error = 0;

    if (size >= PATH_MAX || size >= ext4_of(inode)->block_size)
        return ext4_inode_damaged(ei, 0, "a symbolic link that is longer than a block");
    if (ext4_inode_is_fast_link(ei))
        memcpy(buf, ei->block, size); /* it is shorter: ext4_inode.c */
    else if (ext4_inode_is_inline(ei))
        error = ext4_inline_read(ei, 0, buf, size);
    else
        error = read_block(ei, buf);
    buf[error == 0 ? size : 0] = 0;
    return error != 0 ? error : (int64_t)strnlen(buf, size);
}
