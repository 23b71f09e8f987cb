/* SPDX-License-Identifier: Apache-2.0 */
/* dirent.c - packs directory entries as getdents64 gives them. */
#include "sys/dirent.h"

#include "abi/errno.h"
#include "abi/stat.h"
#include "lib/string.h"

/* How long an entry is: its head, the name, `tail` more bytes, up to a multiple of `align`; 0: it doesn't fit. */
static size_t entry_size(const struct dirent_buffer *buffer, size_t head, size_t length, size_t tail, size_t align)
{
    size_t more = tail + align - 1, size = (head + length + more) & ~(align - 1);

    return length > UINT16_MAX - head - more || size > buffer->size - buffer->used ? 0 : size;
}

/* Its name, and zeros up to its end: what lay in the page is nobody's business. */
static void entry_finish(struct dirent_buffer *buffer, char *to, const char *name, size_t length, size_t size)
{
    memcpy(to, name, length);
    memset(to + length, 0, (size_t)(buffer->bytes + buffer->used + size - to) - length);
    buffer->used += size;
}

bool dirent_emit(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    struct dirent_buffer *buffer = arg;
    size_t head = offsetof(struct dirent64_user, d_name), size = entry_size(buffer, head, length, 1, 8);

    if (size == 0)
        return false;
    struct dirent64_user *entry = (void *)(buffer->bytes + buffer->used);
    entry->d_ino = ino;
    entry->d_off = (int64_t)next_pos;
    entry->d_reclen = (uint16_t)size;
    entry->d_type = (uint8_t)dt_type;
    entry_finish(buffer, entry->d_name, name, length, size);
    return true;
}

bool dirent_emit_old(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    struct dirent_buffer *buffer = arg;
    size_t head = offsetof(struct dirent_user, d_name), size = entry_size(buffer, head, length, 2, 8);

    if (size == 0)
        return false;
    struct dirent_user *entry = (void *)(buffer->bytes + buffer->used);
    entry->d_ino = ino;
    entry->d_off = (int64_t)next_pos;
    entry->d_reclen = (uint16_t)size;
    entry_finish(buffer, entry->d_name, name, length, size);
    entry->d_name[size - head - 1] = (char)dt_type;
    return true;
}

bool dirent_emit_old_32(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    struct dirent_buffer *buffer = arg;
    size_t head = offsetof(struct dirent_user_32, d_name), size = entry_size(buffer, head, length, 2, 4);

    if (size == 0)
        return false;
    if (ino > UINT32_MAX) {
        buffer->error = -EOVERFLOW;
        return false;
    }
    struct dirent_user_32 *entry = (void *)(buffer->bytes + buffer->used);
    entry->d_ino = (uint32_t)ino;
    entry->d_off = (uint32_t)next_pos;
    entry->d_reclen = (uint16_t)size;
    entry_finish(buffer, entry->d_name, name, length, size);
    entry->d_name[size - head - 1] = (char)dt_type;
    return true;
}

bool dirent_emit_one_32(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos)
{
    struct dirent_buffer *buffer = arg;
    size_t head = offsetof(struct dirent_user_32, d_name), size = entry_size(buffer, head, length, 1, 1);

    (void)dt_type, (void)next_pos;
    if (size == 0 || buffer->used != 0)
        return false;
    if (ino > UINT32_MAX) {
        buffer->error = -EOVERFLOW;
        return false;
    }
    struct dirent_user_32 *entry = (void *)buffer->bytes;
    entry->d_ino = (uint32_t)ino;
    entry->d_off = (uint32_t)buffer->first_pos;
    entry->d_reclen = (uint16_t)length; /* d_namlen, there */
    entry_finish(buffer, entry->d_name, name, length, size);
    return true;
}
