/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_inode.c - values in inodes of their own (feature ea_inode), of which some may be those of several
 * attributes.
 */
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"

int ext4_xattr_value_get(struct ext4_fs *e4, uint32_t number, struct inode **out)
{
    int error = ext4_inode_get(e4, number, EXT4_FOR_VALUES, out);

    if (error == 0 && !S_ISREG((*out)->mode)) {
        error = ext4_inode_damaged(ext4_inode_of(*out), 0, "an attribute's value that is no file");
        inode_put(*out);
    }
    return error;
}

/* How many have it is where other inodes have a version; more than 32 bits of it are where ctime is, and don't occur.
 */
int ext4_xattr_value_leave(struct ext4_handle *handle, struct inode *value)
{
    struct ext4_inode *ei = ext4_inode_of(value);
    struct ext4_buffer *buffer;
    struct ext4_raw_inode *raw;
    int error = ext4_itable_change(handle, ext4_number(ei), &buffer, &raw);

    if (error != 0)
        return error;
    uint32_t users = raw->version;
    if (users != 0)
        raw->version--;
    ext4_buffer_put(&handle->e4->buffers, buffer);
    if (users == 0)
        return ext4_inode_damaged(ei, 0, "an attribute's value that nobody has");
    if (users > 1)
        return 0;
    value->links = 0;
    error = ext4_orphan_add(handle, ei);
    return error == 0 ? ext4_inode_store(handle, ei) : error;
}
