/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dir.c - finding names in a directory (ext4 layout, "Directory Entries"). */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "mm/kmalloc.h"

static int inline_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    void *data = kmalloc(ext4_of(&dir->inode)->block_size);
    int error = data != NULL ? 0 : -ENOMEM;
    struct ext4_scan scan = {.number = 0};

    for (unsigned part = 0; error == 0 && scan.number == 0 && part < EXT4_INLINE_PARTS; part++) {
        size_t size = 0;
        error = ext4_inline_part(dir, part, data, &size);
        if (error == 0)
            error = ext4_dir_search(dir, data, size, 0, name, length, &scan);
    }
    *out = scan.number;
    kfree(data);
    return error;
}

/* One block; a hole is passed over. What is found, or the first room, is kept. */
static int block_find(struct ext4_inode *dir, uint64_t *block, const char *name, size_t length, uint32_t *out)
{
    struct ext4_fs *e4 = ext4_of(&dir->inode);
    struct ext4_buffer *buffer;
    struct ext4_scan scan;
    int error = ext4_dir_block(dir, (uint32_t)*block, EXT4_BUFFER_UNCHECKED, &buffer);

    if (error != 0)
        return error;
    if (buffer == NULL) {
        *block = (uint64_t)dir->last.start + dir->last.count; /* of the hole that was found */
        return 0;
    }
    error = ext4_dir_search(dir, buffer->data, e4->block_size, buffer->block, name, length, &scan);
    ext4_buffer_put(&e4->buffers, buffer);
    if (error == 0 && (scan.number != 0 || !dir->slot.is_valid))
        ext4_slot_keep(dir, (uint32_t)*block, 0, &scan);
    *out = scan.number;
    ++*block;
    return error;
}

/* From end to end. */
static int linear_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    uint64_t block = 0, blocks = dir->inode.size >> ext4_of(&dir->inode)->block_shift;
    int error = 0;

    *out = 0;
    dir->slot.is_valid = false;
    while (error == 0 && *out == 0 && block < blocks && block <= UINT32_MAX)
        error = block_find(dir, &block, name, length, out);
    if (error != 0)
        dir->slot.is_valid = false;
    return error;
}

/* Names in a directory whose index is damaged can be found, but none can be added. */
static int damaged_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    int error = linear_find(dir, name, length, out);

    if (*out == 0)
        dir->slot.is_valid = false;
    return error;
}

int ext4_dir_find(struct ext4_inode *dir, const char *name, size_t length, uint32_t *out)
{
    int error;

    if (ext4_inode_is_inline(dir)) {
        error = inline_find(dir, name, length, out);
    } else if (ext4_dir_has_index(dir)) {
        error = ext4_index_find(dir, name, length, out);
        if (error == EXT4_INDEX_DAMAGED)
            error = damaged_find(dir, name, length, out);
    } else {
        error = linear_find(dir, name, length, out);
    }
    return error == 0 && *out == 0 ? -ENOENT : error;
}
