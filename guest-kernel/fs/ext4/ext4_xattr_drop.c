/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_drop.c - attributes whose inode goes (ext4 layout, "Extended Attributes"). */
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"

/* ---- all of an inode's ---- */

struct first { /* a copy, as its buffer is given back */
    unsigned index;
    size_t length;
    char name[UINT8_MAX];
};

static int note_inode(void *arg, const struct ext4_xattr_entry *entry)
{
    struct first *first = arg;

    if (entry->value_inum == 0)
        return 0;
    first->index = entry->name_index;
    first->length = entry->name_len;
    memcpy(first->name, entry->name, entry->name_len);
    return 1;
}

/* One after the other, as each is an operation. In a block that others have, too, all stays. */
static int values_drop(struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_handle handle;
    struct first first;
    int error;

    while ((error = ext4_xattr_each(ei, note_inode, &first)) == 1) {
        error = ext4_begin(e4, &handle, EXT4_CREDITS_XATTR);
        if (error != 0)
            return error;
        error = ext4_xattr_change(&handle, ei, first.index, first.name, first.length, NULL, 0, 0);
        ext4_end(&handle);
        if (error != 0)
            return error;
    }
    return error;
}

/* Values in inodes of their own stay with those that share the block. */
static void uncount_all(struct ext4_inode *ei, const struct ext4_xattr_area *area)
{
    for (const char *at = area->first; !ext4_xattr_is_last(at); at += ext4_xattr_entry_size(ext4_xattr_entry_at(at))) {
        const struct ext4_xattr_entry *entry = ext4_xattr_entry_at(at);
        if (entry->value_inum != 0)
            ext4_xattr_value_uncount(ei, entry->value_size);
    }
}

static int block_drop(struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    struct ext4_xattr_area area;
    struct ext4_buffer *buffer;
    struct ext4_handle handle;
    int error = ext4_xattr_outside(ei, &area, &buffer);

    if (error != 0 || buffer == NULL)
        return error;
    error = ext4_begin(e4, &handle, EXT4_CREDITS_XATTR);
    if (error == 0) {
        error = ext4_xattr_block_replace(&handle, ei, buffer, NULL);
        if (error == 0) {
            uncount_all(ei, &area);
            error = ext4_inode_store(&handle, ei);
        }
        ext4_end(&handle);
    }
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

static bool block_is_shared(struct ext4_inode *ei)
{
    struct ext4_xattr_area area;
    struct ext4_buffer *buffer;
    bool is_shared = false;

    if (ext4_xattr_outside(ei, &area, &buffer) == 0 && buffer != NULL)
        is_shared = ((const struct ext4_xattr_header *)buffer->data)->refcount > 1;
    ext4_buffer_put(&ext4_of(&ei->inode)->buffers, buffer);
    return is_shared;
}

int ext4_xattr_drop(struct ext4_inode *ei)
{
    struct ext4_fs *e4 = ext4_of(&ei->inode);
    bool has_values = e4->incompat & EXT4_INCOMPAT_EA_INODE;
    int error = has_values && block_is_shared(ei) ? block_drop(ei) : 0; /* first: the values are the others', too */

    if (error == 0 && has_values)
        error = values_drop(ei);
    return error == 0 ? block_drop(ei) : error;
}
