/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_list.c - listing a directory from end to end (ext4 layout, "Directory Entries"). */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

/* Entries that begin at `base` in the directory. Where the position isn't an entry's beginning any more, it goes on
 * with the next one. What follows a damaged one is passed over. */
static int list_entries(struct ext4_listing *listing, const void *data, size_t size, uint64_t base, uint64_t block)
{
    size_t offset = 0;
    int error = 0;

    while (error == 0 && !listing->full && offset < size) {
        const struct ext4_dirent *entry = ext4_dir_entry(listing->dir, data, size, offset, block);
        if (entry == NULL)
            break;
        if (base + offset >= listing->pos)
            error = ext4_list_entry(listing, entry, base + offset + entry->rec_len, block);
        offset += entry->rec_len;
    }
    return error;
}

static int inline_list(struct ext4_listing *listing)
{
    void *data = kmalloc(ext4_of(&listing->dir->inode)->block_size);
    int error = data != NULL ? 0 : -ENOMEM;
    uint64_t base = 0;

    for (unsigned part = 0; error == 0 && !listing->full && part < EXT4_INLINE_PARTS; part++) {
        size_t size = 0;
        error = ext4_inline_part(listing->dir, part, data, &size);
        if (error == 0)
            error = list_entries(listing, data, size, base, 0);
        base += size;
    }
    kfree(data);
    return error;
}

/* A block whose checksum is wrong is passed over, as on Linux: the names in others can be listed. */
static int list_block(struct ext4_listing *listing, uint64_t *block)
{
    struct ext4_fs *e4 = ext4_of(&listing->dir->inode);
    struct ext4_buffer *buffer;
    int error = ext4_dir_block(listing->dir, (uint32_t)*block, EXT4_BUFFER_UNCHECKED, &buffer);

    if (error == 0 && buffer == NULL) {
        *block = (uint64_t)listing->dir->last.start + listing->dir->last.count;
        return 0;
    }
    if (error == 0) {
        error = list_entries(listing, buffer->data, e4->block_size, *block << e4->block_shift, buffer->block);
        ext4_buffer_put(&e4->buffers, buffer);
    }
    ++*block;
    return error == -EBADMSG ? 0 : error;
}

static int linear_list(struct ext4_listing *listing)
{
    const struct ext4_inode *dir = listing->dir;
    unsigned block_shift = ext4_of(&dir->inode)->block_shift;
    uint64_t block = listing->pos >> block_shift, blocks = dir->inode.size >> block_shift;
    int error = 0;

    while (error == 0 && !listing->full && block < blocks && block <= UINT32_MAX)
        error = list_block(listing, &block);
    return error;
}

int ext4_read_dir(struct inode *inode, uint64_t pos, dir_emit *emit, void *arg)
{
    struct ext4_inode *dir = ext4_inode_of(inode);
    struct ext4_listing listing = {dir, pos, emit, arg, false};

    if (ext4_dir_is_ordered(dir)) {
        int error = ext4_index_list(&listing);
        if (error != EXT4_INDEX_DAMAGED)
            return error;
        dir->lists_linear = true;
        if (listing.pos != pos) /* what was listed by its hash isn't listed once more */
            return 0;
    }
    return ext4_inode_is_inline(dir) ? inline_list(&listing) : linear_list(&listing);
}
