/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_xattr_drop.c - attributes whose inode goes, and values in inodes of their own that nobody has any more (ext4
 * layout, "Extended Attributes"). */
#include "fs/ext4/ext4_change.h"
#include "fs/ext4/ext4_xattr.h"
#include "lib/string.h"

/* ---- values in inodes of their own ---- */

int ext4_xattr_value_get(struct ext4_fs *e4, uint32_t number, struct inode **out)
{
    int error = ext4_inode_get(e4, number, EXT4_FOR_VALUES, out);

    if (error == 0 && !S_ISREG((*out)->mode)) {
        error = ext4_inode_damaged(ext4_inode_of(*out), 0, "an attribute's value that is no file");
        inode_put(*out);
    }
    return error;
}

/* In whole blocks, for each attribute that has the value. */
void ext4_xattr_value_uncount(struct ext4_inode *ei, uint64_t size)
{
    uint64_t mask = ext4_of(&ei->inode)->block_size - 1, sectors = ((size + mask) & ~mask) >> 9;

    ei->sectors -= ei->sectors < sectors ? ei->sectors : sectors;
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
