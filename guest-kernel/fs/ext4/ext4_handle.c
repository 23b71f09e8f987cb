/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_handle.c - operations, and the buffers that they change. Without a journal these are written by the next sync.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_change.h"

int ext4_begin(struct ext4_fs *e4, struct ext4_handle *handle, unsigned credits)
{
    (void)credits;
    if (e4->is_dead || e4->fs.read_only)
        return -EROFS;
    handle->e4 = e4;
    e4->is_busy = true;
    return 0;
}

int ext4_extend(struct ext4_handle *handle, unsigned credits)
{
    (void)handle;
    (void)credits;
    return 0;
}

void ext4_end(struct ext4_handle *handle)
{
    handle->e4->is_busy = false;
}

uint32_t ext4_tid(const struct ext4_handle *handle)
{
    (void)handle;
    return 0;
}

int ext4_change(struct ext4_handle *handle, struct ext4_buffer *buffer, ext4_seal *seal, uint32_t arg)
{
    struct ext4_fs *e4 = handle->e4;

    if (e4->is_dead)
        return -EROFS;
    ext4_buffer_dirty(&e4->buffers, buffer);
    buffer->seal = seal;
    buffer->seal_arg = arg;
    return 0;
}

int ext4_change_new(struct ext4_handle *handle, uint64_t block, ext4_seal *seal, uint32_t arg, struct ext4_buffer **out)
{
    struct ext4_buffers *buffers = &handle->e4->buffers;
    int error = ext4_buffer_get_new(buffers, block, out);

    if (error != 0)
        return error;
    error = ext4_change(handle, *out, seal, arg);
    if (error != 0)
        ext4_buffer_put(buffers, *out);
    return error;
}

int ext4_forget(struct ext4_handle *handle, uint64_t block)
{
    struct ext4_buffers *buffers = &handle->e4->buffers;
    struct ext4_buffer *buffer = ext4_buffer_find(buffers, block);

    if (buffer == NULL)
        return 0;
    ext4_buffer_clean(buffers, buffer);
    buffer->kind = EXT4_BUFFER_UNCHECKED;
    ext4_buffer_put(buffers, buffer);
    return 0;
}

int ext4_fail(struct ext4_fs *e4, const char *what, int error)
{
    if (!e4->is_dead)
        log_error("%s: ext4: %s failed (%d): nothing is written to it any more; run e2fsck on it", e4->dev->name, what,
                  error);
    e4->is_dead = true;
    e4->fs.read_only = true;
    return -EUCLEAN;
}
