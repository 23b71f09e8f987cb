/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dir_change.c - names come to a directory, go, and lead to other inodes (ext4 layout, "Directory Entries"). */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"
#include "mm/kmalloc.h"

/* ---- room ---- */

/* A further block. */
static int linear_grow(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_spot *out)
{
    int error = ext4_dir_grow(handle, dir, false, &out->block, &out->buffer);

    if (error != 0)
        return error;
    ext4_dir_block_init(handle->e4, out->buffer->data);
    out->at = out->before = out->hash = 0;
    return 0;
}

/* When one block isn't enough there is an index, if the file system has that. */
static bool gets_index(const struct ext4_inode *dir)
{
    const struct ext4_fs *e4 = ext4_of(&dir->inode);

    return dir->inode.size == e4->block_size && (e4->compat & EXT4_COMPAT_DIR_INDEX) &&
           ext4_hash_is_known(ext4_index_version(e4, e4->super.def_hash_version));
}

static int linear_room(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                       struct ext4_spot *out)
{
    uint32_t number;
    int error = ext4_dir_find(dir, name, length, &number);

    if (error == 0)
        return -EEXIST;
    if (error != -ENOENT)
        return error;
    error = ext4_dir_room_recall(handle, dir, length, out);
    if (error != 1)
        return error;
    if (!gets_index(dir))
        return linear_grow(handle, dir, out);
    error = ext4_index_make(handle, dir);
    return error != 0 ? error : ext4_index_room(handle, dir, name, length, out);
}

int ext4_dir_room(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length,
                  struct ext4_spot *out)
{
    int error = ext4_inode_is_inline(dir) ? ext4_inline_leave(handle, dir) : 0;

    if (error != 0)
        return error;
    if (ext4_dir_has_index(dir))
        return ext4_index_room(handle, dir, name, length, out);
    error = ext4_dir_room_recall(handle, dir, length, out);
    if (error == 1)
        error = linear_room(handle, dir, name, length, out);
    if (error == 0 && !(handle->e4->compat & EXT4_COMPAT_DIR_INDEX))
        dir->flags &= ~(uint32_t)EXT4_INDEX_FL; /* an index that nobody keeps isn't one any more */
    return error;
}

/* ---- what others call ---- */

int ext4_dir_add(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length, uint32_t number,
                 uint32_t type)
{
    struct ext4_spot spot;
    int error = ext4_dir_room(handle, dir, name, length, &spot);

    if (error != 0)
        return error;
    ext4_spot_fill(dir, &spot, name, length, number, type);
    ext4_spot_put(handle, &spot);
    return 0;
}

int ext4_dir_remove(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length)
{
    struct ext4_spot spot;
    int error = ext4_dir_spot(handle, dir, name, length, &spot);

    if (error != 0)
        return error;
    ext4_spot_clear(dir, &spot);
    ext4_spot_put(handle, &spot);
    return 0;
}

int ext4_dir_set(struct ext4_handle *handle, struct ext4_inode *dir, const char *name, size_t length, uint32_t number,
                 uint32_t type)
{
    struct ext4_spot spot;
    int error = ext4_dir_spot(handle, dir, name, length, &spot);

    if (error != 0)
        return error;
    ext4_spot_set(dir, &spot, number, type);
    ext4_spot_put(handle, &spot);
    return 0;
}

/* ---- whether there are names ---- */

static int entries_are_empty(const struct ext4_inode *dir, const void *data, size_t size, uint64_t block)
{
    size_t offset = 0;

    while (offset < size) {
        const struct ext4_dirent *entry = ext4_dir_entry(dir, data, size, offset, block);
        if (entry == NULL)
            return -EUCLEAN;
        if (entry->inode != 0 && !ext4_dirent_is_dots(entry))
            return -ENOTEMPTY;
        offset += entry->rec_len;
    }
    return 0;
}

static int inline_is_empty(struct ext4_inode *dir)
{
    void *data = kmalloc(ext4_of(&dir->inode)->block_size);
    int error = data != NULL ? 0 : -ENOMEM;

    for (unsigned part = 0; error == 0 && part < EXT4_INLINE_PARTS; part++) {
        size_t size = 0;
        error = ext4_inline_part(dir, part, data, &size);
        if (error == 0)
            error = entries_are_empty(dir, data, size, 0);
    }
    kfree(data);
    return error;
}

int ext4_dir_is_empty(struct ext4_inode *dir)
{
    struct ext4_fs *e4 = ext4_of(&dir->inode);
    uint64_t block = 0, blocks = dir->inode.size >> e4->block_shift;
    struct ext4_buffer *buffer;
    int error = 0;

    if (ext4_inode_is_inline(dir))
        return inline_is_empty(dir);
    while (error == 0 && block < blocks && block <= UINT32_MAX) {
        error = ext4_dir_block(dir, (uint32_t)block, EXT4_BUFFER_UNCHECKED, &buffer);
        if (error == 0 && buffer == NULL) {
            block = (uint64_t)dir->last.start + dir->last.count; /* of the hole that was found */
            continue;
        }
        if (error == 0)
            error = entries_are_empty(dir, buffer->data, e4->block_size, buffer->block);
        ext4_buffer_put(&e4->buffers, buffer);
        block++;
    }
    return error;
}
