/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dir_grow.c - a directory gets its first block, and further ones (ext4 layout, "Directory Entries"). */
#include "abi/errno.h"
#include "fs/ext4/ext4_dir.h"

/* Behind the entries, where there are checksums. */
static void tail_init(const struct ext4_fs *e4, void *data)
{
    if (!e4->has_checksums)
        return;
    struct ext4_dir_tail *tail = (struct ext4_dir_tail *)(void *)((char *)data + ext4_dir_limit(e4));
    *tail = (struct ext4_dir_tail){.rec_len = sizeof(*tail), .file_type = EXT4_TAIL_TYPE};
}

void ext4_dir_block_init(const struct ext4_fs *e4, void *data)
{
    struct ext4_dirent *entry = data;

    entry->inode = 0;
    entry->rec_len = (uint16_t)ext4_dir_limit(e4);
    entry->name_len = entry->file_type = 0;
    tail_init(e4, data);
}

/* Sizes of directories have 31 bits, or with large_dir as many as their index can say. */
static bool may_grow(const struct ext4_inode *dir)
{
    const struct ext4_fs *e4 = ext4_of(&dir->inode);
    uint64_t size = dir->inode.size + e4->block_size;

    if (!(e4->incompat & EXT4_INCOMPAT_LARGE_DIR) && size > INT32_MAX)
        return false;
    return size >> e4->block_shift <= EXT4_DX_BLOCK_MASK;
}

/* There may be one already, of a growth that failed for want of memory. */
static int block_get(struct ext4_handle *handle, struct ext4_inode *dir, uint32_t block, struct ext4_run *run)
{
    int error = ext4_map_find(dir, block, 1, run);

    if (error != 0)
        return error;
    if (run->disk != 0)
        return ext4_inode_store(handle, dir);
    return ext4_map_create(handle, dir, block, 1, EXT4_MAP_META, run);
}

int ext4_dir_grow(struct ext4_handle *handle, struct ext4_inode *dir, bool is_index, uint32_t *block,
                  struct ext4_buffer **out)
{
    struct ext4_fs *e4 = handle->e4;
    uint64_t size = dir->inode.size;
    struct ext4_run run;

    if (!may_grow(dir))
        return -ENOSPC;
    *block = (uint32_t)(size >> e4->block_shift);
    dir->inode.size = size + e4->block_size; /* which is stored with the map */
    int error = block_get(handle, dir, *block, &run);
    if (error != 0) {
        dir->inode.size = size;
        return error;
    }
    error = ext4_change_new(handle, run.disk, NULL, 0, out);
    if (error == 0) {
        error = is_index ? ext4_dir_declare_index(handle, dir, *out) : ext4_dir_declare(handle, dir, *out);
        if (error != 0)
            ext4_buffer_put(&e4->buffers, *out);
    }
    if (error != 0) {
        dir->inode.size = size;
        (void)ext4_inode_store(handle, dir);
    }
    return error;
}

int ext4_dir_init(struct ext4_handle *handle, struct ext4_inode *dir, uint32_t parent)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_buffer *buffer;
    uint32_t block;
    int error = ext4_dir_grow(handle, dir, false, &block, &buffer);

    if (error != 0)
        return error;
    ext4_dir_block_init(e4, buffer->data);
    struct ext4_spot spot = {.buffer = buffer, .block = block};
    ext4_spot_fill(dir, &spot, ".", 1, ext4_number(dir), S_IFDIR);
    ext4_spot_fill(dir, &spot, "..", 2, parent, S_IFDIR);
    dir->slot.is_valid = false;
    ext4_spot_put(handle, &spot);
    return 0;
}
