/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dirblock.c - a block of a directory: its checksum, and the entries in it (ext4 layout, "Directory Entries"). */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/ext4/ext4.h"
#include "lib/crc.h"
#include "lib/string.h"

#define DIR_BLOCKS_PER_LOOK (WAIT_LOOP_BYTES / (1u << EXT4_BLOCK_SHIFT_MAX))

bool ext4_dir_has_index(const struct ext4_inode *dir)
{
    return (dir->flags & EXT4_INDEX_FL) && (ext4_of(&dir->inode)->compat & EXT4_COMPAT_DIR_INDEX);
}

/* ---- entries ---- */

static const char *entry_fault(const struct ext4_fs *e4, const struct ext4_dirent *entry, size_t left)
{
    size_t needs = (EXT4_DIRENT_SIZE + entry->name_len + 3u) & ~(size_t)3;

    if (entry->rec_len < EXT4_DIRENT_MIN || (entry->rec_len & 3))
        return "a directory entry of an impossible length";
    if (entry->rec_len < needs)
        return "a directory entry that is shorter than its name";
    if (entry->rec_len > left || (left - entry->rec_len != 0 && left - entry->rec_len < EXT4_DIRENT_MIN))
        return "a directory entry that reaches beyond its block";
    if (entry->inode > e4->inodes)
        return "a directory entry of an inode that there isn't";
    return NULL;
}

const struct ext4_dirent *ext4_dir_entry(const struct ext4_inode *dir, const void *data, size_t size, size_t offset,
                                         uint64_t block)
{
    const struct ext4_dirent *entry = (const struct ext4_dirent *)(const void *)((const char *)data + offset);
    const char *fault = "a directory that ends within an entry";

    if (size - offset >= EXT4_DIRENT_MIN)
        fault = entry_fault(ext4_of(&dir->inode), entry, size - offset);
    if (fault == NULL)
        return entry;
    ext4_inode_damaged(dir, block, fault);
    return NULL;
}

int ext4_dir_search(const struct ext4_inode *dir, const void *data, size_t size, uint64_t block, const char *name,
                    size_t length, uint32_t *out)
{
    size_t offset = 0;

    *out = 0;
    while (offset < size) {
        const struct ext4_dirent *entry = ext4_dir_entry(dir, data, size, offset, block);
        if (entry == NULL)
            return -EUCLEAN;
        if (entry->inode != 0 && entry->name_len == length && memcmp(entry->name, name, length) == 0) {
            *out = entry->inode;
            return 0;
        }
        offset += entry->rec_len;
    }
    return 0;
}

/* ---- checksums ---- */

size_t ext4_dir_index_offset(const struct ext4_fs *e4, const void *data)
{
    const struct ext4_dirent *first = data;
    const struct ext4_dirent *second = (const struct ext4_dirent *)(const void *)((const char *)data + EXT4_DIRENT_MIN);
    const struct ext4_dx_info *info =
        (const struct ext4_dx_info *)(const void *)((const char *)data + EXT4_DX_ROOT_OFFSET);

    if (first->rec_len == e4->block_size)
        return EXT4_DX_NODE_ENTRIES;
    if (first->rec_len != EXT4_DIRENT_MIN || second->rec_len != e4->block_size - EXT4_DIRENT_MIN)
        return 0;
    return info->reserved_zero == 0 && info->info_length == sizeof(*info) ? EXT4_DX_ROOT_ENTRIES : 0;
}

/* Over the entries that are used, and the tail, without what is between them. */
static bool index_sum_is_right(const struct ext4_inode *dir, const void *data)
{
    const struct ext4_fs *e4 = ext4_of(&dir->inode);
    size_t offset = ext4_dir_index_offset(e4, data);
    const uint16_t *limit_count = (const uint16_t *)(const void *)((const char *)data + offset);

    if (offset == 0)
        return false;
    size_t limit = limit_count[0], count = limit_count[1], tail_at = offset + limit * sizeof(struct ext4_dx_entry);
    if (count > limit || tail_at > e4->block_size - sizeof(struct ext4_dx_tail))
        return false;
    const struct ext4_dx_tail *tail = (const struct ext4_dx_tail *)(const void *)((const char *)data + tail_at);
    struct ext4_dx_tail empty = {.reserved = tail->reserved};
    uint32_t sum = crc32c(dir->seed, data, offset + count * sizeof(struct ext4_dx_entry));
    return crc32c(sum, &empty, sizeof(empty)) == tail->checksum;
}

static bool entries_sum_is_right(const struct ext4_inode *dir, const void *data)
{
    size_t covered = ext4_of(&dir->inode)->block_size - sizeof(struct ext4_dir_tail);
    const struct ext4_dir_tail *tail = (const struct ext4_dir_tail *)(const void *)((const char *)data + covered);

    if (tail->inode != 0 || tail->rec_len != sizeof(*tail) || tail->name_len != 0 || tail->file_type != EXT4_TAIL_TYPE)
        return false;
    return crc32c(dir->seed, data, covered) == tail->checksum;
}

static int check(struct ext4_inode *dir, uint32_t block, enum ext4_buffer_kind kind, struct ext4_buffer *buffer)
{
    struct ext4_fs *e4 = ext4_of(&dir->inode);
    const struct ext4_dirent *first = buffer->data;

    if (kind == EXT4_BUFFER_UNCHECKED)
        kind = ext4_dir_has_index(dir) && (block == 0 || first->rec_len == e4->block_size) ? EXT4_BUFFER_INDEX
                                                                                           : EXT4_BUFFER_DIRECTORY;
    if (!e4->has_checksums || ext4_buffer_is_checked(buffer, kind, ext4_number(dir)))
        return 0;
    bool is_right =
        kind == EXT4_BUFFER_INDEX ? index_sum_is_right(dir, buffer->data) : entries_sum_is_right(dir, buffer->data);
    if (!is_right)
        return ext4_sum_wrong(e4, "a directory at block", buffer->block);
    ext4_buffer_checked(buffer, kind, ext4_number(dir));
    return 0;
}

int ext4_dir_block(struct ext4_inode *dir, uint32_t block, enum ext4_buffer_kind kind, struct ext4_buffer **out)
{
    struct ext4_fs *e4 = ext4_of(&dir->inode);

    *out = NULL;
    /* Many blocks of a directory may be one on the disk, which is in memory: then nothing else ever waits. */
    if (++e4->dir_blocks % DIR_BLOCKS_PER_LOOK == 0 && wait_loop_ends(true))
        return -EINTR;
    if (block >= dir->inode.size >> e4->block_shift)
        return ext4_inode_damaged(dir, 0, "an index leads beyond the end of its directory");
    int error = ext4_map_buffer(dir, block, out);
    if (error != 0 || *out == NULL)
        return error;
    error = check(dir, block, kind, *out);
    if (error != 0) {
        ext4_buffer_put(&e4->buffers, *out);
        *out = NULL;
    }
    return error;
}
