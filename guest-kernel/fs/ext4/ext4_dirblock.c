/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_dirblock.c - a block of a directory: its checksum, and the entries in it (ext4 layout, "Directory Entries"). */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/ext4/ext4_dir.h"
#include "lib/crc.h"
#include "lib/name.h"
#include "lib/string.h"

#define DIR_BLOCKS_PER_LOOK (WAIT_LOOP_BYTES / (1u << EXT4_BLOCK_SHIFT_MAX))

bool ext4_dir_has_index(const struct ext4_inode *dir)
{
    return (dir->flags & EXT4_INDEX_FL) && (ext4_of(&dir->inode)->compat & EXT4_COMPAT_DIR_INDEX);
}

/* ---- entries ---- */

static const char *entry_fault(const struct ext4_fs *e4, const struct ext4_dirent *entry, size_t left)
{
    if (entry->rec_len < EXT4_DIRENT_MIN || (entry->rec_len & 3))
        return "a directory entry of an impossible length";
    if (entry->rec_len < ext4_dirent_size(entry->name_len))
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

/* The first entry with room for what needs so many bytes, if none was found before. */
static void look_for_room(const struct ext4_dirent *entry, size_t offset, size_t before, uint32_t needs, size_t limit,
                          struct ext4_scan *out)
{
    if (out->room_at != EXT4_NOWHERE || ext4_dirent_room(entry) < needs || offset + entry->rec_len > limit)
        return;
    out->room_at = (uint32_t)offset;
    out->room_before = (uint32_t)before;
}

int ext4_dir_search(const struct ext4_inode *dir, const void *data, size_t size, uint64_t block, const char *name,
                    size_t length, struct ext4_scan *out)
{
    size_t offset = 0, before = 0, limit = ext4_dir_limit(ext4_of(&dir->inode));
    uint32_t needs = ext4_dirent_size(length);

    *out = (struct ext4_scan){.room_at = EXT4_NOWHERE};
    while (offset < size) {
        const struct ext4_dirent *entry = ext4_dir_entry(dir, data, size, offset, block);
        if (entry == NULL)
            return -EUCLEAN;
        if (entry->inode != 0 && entry->name_len == length && name_equal(entry->name, name, length)) {
            out->number = entry->inode;
            out->at = (uint32_t)offset;
            out->before = (uint32_t)before;
            return 0;
        }
        look_for_room(entry, offset, before, needs, limit, out);
        before = offset;
        offset += entry->rec_len;
    }
    return 0;
}

void ext4_slot_keep(struct ext4_inode *dir, uint32_t block, uint32_t hash, const struct ext4_scan *scan)
{
    uint32_t at = scan->number != 0 ? scan->at : scan->room_at;
    uint32_t before = scan->number != 0 ? scan->before : scan->room_before;

    dir->slot = (struct ext4_slot){block, hash, (uint16_t)at, (uint16_t)before, at != EXT4_NOWHERE};
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

/* Of a block of the index: over the entries that are used, and the tail, without what is between them. NULL: it is no
 * such block. */
static struct ext4_dx_tail *index_sum(const struct ext4_fs *e4, uint32_t seed, void *data, uint32_t *sum)
{
    size_t offset = ext4_dir_index_offset(e4, data);
    const uint16_t *limit_count = (const uint16_t *)(const void *)((const char *)data + offset);

    if (offset == 0)
        return NULL;
    size_t limit = limit_count[0], count = limit_count[1], tail_at = offset + limit * sizeof(struct ext4_dx_entry);
    if (count > limit || tail_at > e4->block_size - sizeof(struct ext4_dx_tail))
        return NULL;
    struct ext4_dx_tail *tail = (struct ext4_dx_tail *)(void *)((char *)data + tail_at);
    struct ext4_dx_tail empty = {.reserved = tail->reserved};
    *sum = crc32c(crc32c(seed, data, offset + count * sizeof(struct ext4_dx_entry)), &empty, sizeof(empty));
    return tail;
}

static struct ext4_dir_tail *entries_sum(const struct ext4_fs *e4, uint32_t seed, void *data, uint32_t *sum)
{
    size_t covered = ext4_dir_limit(e4);
    struct ext4_dir_tail *tail = (struct ext4_dir_tail *)(void *)((char *)data + covered);

    if (tail->inode != 0 || tail->rec_len != sizeof(*tail) || tail->name_len != 0 || tail->file_type != EXT4_TAIL_TYPE)
        return NULL;
    *sum = crc32c(seed, data, covered);
    return tail;
}

static bool sum_is_right(const struct ext4_inode *dir, enum ext4_buffer_kind kind, void *data)
{
    const struct ext4_fs *e4 = ext4_of(&dir->inode);
    uint32_t sum;

    if (kind == EXT4_BUFFER_INDEX) {
        const struct ext4_dx_tail *tail = index_sum(e4, dir->seed, data, &sum);
        return tail != NULL && tail->checksum == sum;
    }
    const struct ext4_dir_tail *tail = entries_sum(e4, dir->seed, data, &sum);
    return tail != NULL && tail->checksum == sum;
}

/* seal_arg: the directory's seed. */
static void entries_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    uint32_t sum;
    struct ext4_dir_tail *tail = entries_sum(e4, buffer->seal_arg, buffer->data, &sum);

    if (tail != NULL)
        tail->checksum = sum;
}

static void index_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    uint32_t sum;
    struct ext4_dx_tail *tail = index_sum(e4, buffer->seal_arg, buffer->data, &sum);

    if (tail != NULL)
        tail->checksum = sum;
}

int ext4_dir_declare(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_buffer *buffer)
{
    return ext4_change_as(handle, buffer, EXT4_BUFFER_DIRECTORY, handle->e4->has_checksums ? entries_seal : NULL,
                          dir->seed);
}

int ext4_dir_declare_index(struct ext4_handle *handle, struct ext4_inode *dir, struct ext4_buffer *buffer)
{
    return ext4_change_as(handle, buffer, EXT4_BUFFER_INDEX, handle->e4->has_checksums ? index_seal : NULL, dir->seed);
}

static int check(struct ext4_inode *dir, uint32_t block, enum ext4_buffer_kind kind, struct ext4_buffer *buffer)
{
    struct ext4_fs *e4 = ext4_of(&dir->inode);
    const struct ext4_dirent *first = buffer->data;

    if (kind == EXT4_BUFFER_UNCHECKED)
        kind = ext4_dir_has_index(dir) && (block == 0 || first->rec_len == e4->block_size) ? EXT4_BUFFER_INDEX
                                                                                           : EXT4_BUFFER_DIRECTORY;
    if (!e4->has_checksums || !ext4_buffer_is_sealed(buffer) || ext4_buffer_is_checked(buffer, kind, ext4_number(dir)))
        return 0;
    if (!sum_is_right(dir, kind, buffer->data))
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
