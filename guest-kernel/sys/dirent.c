/* SPDX-License-Identifier: Apache-2.0 */
/* dirent.c - packs directory entries as getdents64 gives them. */
#include "sys/dirent.h"

#include "abi/errno.h"
#include "abi/stat.h"
#include "lib/string.h"

bool dirent_emit(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    struct dirent_buffer *buffer = arg;
    size_t head = offsetof(struct dirent64_user, d_name), size = (head + length + 1 + 7) & ~(size_t)7;

    if (length > UINT16_MAX - head - 8 || size > buffer->size - buffer->used)
        return false;
    struct dirent64_user *entry = (void *)(buffer->bytes + buffer->used);
    entry->d_ino = ino;
    entry->d_off = (int64_t)next_pos;
    entry->d_reclen = (uint16_t)size;
    entry->d_type = (uint8_t)dt_type;
    memcpy(entry->d_name, name, length);
    memset(entry->d_name + length, 0, size - head - length); /* what lay in the page is nobody's business */
    buffer->used += size;
    return true;
}

bool dirent_emit_old(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    struct dirent_buffer *buffer = arg;
    size_t head = offsetof(struct dirent_user, d_name), size = (head + length + 2 + 7) & ~(size_t)7;

    if (length > UINT16_MAX - head - 9 || size > buffer->size - buffer->used)
        return false;
    struct dirent_user *entry = (void *)(buffer->bytes + buffer->used);
    entry->d_ino = ino;
    entry->d_off = (int64_t)next_pos;
    entry->d_reclen = (uint16_t)size;
    memcpy(entry->d_name, name, length);
    memset(entry->d_name + length, 0, size - head - length);
    entry->d_name[size - head - 1] = (char)dt_type;
    buffer->used += size;
    return true;
}

bool dirent_emit_old_32(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    struct dirent_buffer *buffer = arg;
    size_t head = offsetof(struct dirent_user_32, d_name), size = (head + length + 2 + 3) & ~(size_t)3;

    if (length > UINT16_MAX - head - 5 || size > buffer->size - buffer->used)
        return false;
    if (ino > UINT32_MAX) {
        buffer->error = -EOVERFLOW;
        return false;
    }
    struct dirent_user_32 *entry = (void *)(buffer->bytes + buffer->used);
    entry->d_ino = (uint32_t)ino;
    entry->d_off = (uint32_t)next_pos;
    entry->d_reclen = (uint16_t)size;
    memcpy(entry->d_name, name, length);
    memset(entry->d_name + length, 0, size - head - length);
    entry->d_name[size - head - 1] = (char)dt_type;
    buffer->used += size;
    return true;
}
