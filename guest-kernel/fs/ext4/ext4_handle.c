/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_handle.c - operations, and the buffers that they change.
 *
 * With a journal they are jbd2's handles, and a buffer is the journal's from its first change until it is at its place.
 * Without one, buffers are dirty until the next sync. Either way they stay in memory, so when there are too many of
 * them the next operation brings them all to their places first.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4_journal.h"
#include "mm/check.h"

#define CREDITS_MORE 4u /* taken at a time where an operation has used up what it asked for */
#define HELD_MORE 4u    /* a replay of fast commits, which is one transaction, may have so many times as much */

/* Brings to its place what takes too much memory. */
static int make_room(struct ext4_fs *e4)
{
    if (e4->buffers.dirty_count <= e4->buffers.dirty_most * (e4->later != NULL ? HELD_MORE : 1))
        return 0;
    return ext4_is_logged(e4) ? jbd2_flush(&e4->journal->jbd2) : ext4_buffers_write(e4);
}

/* Credits are estimates from above: with a small log an operation begins that may not need all of them. */
static int start_logged(struct ext4_fs *e4, struct ext4_handle *handle, unsigned credits)
{
    struct jbd2 *jbd2 = &e4->journal->jbd2;
    int error = e4->journal->is_open ? 0 : ext4_journal_ready(e4->journal);

    if (error != 0)
        return error;
    return jbd2_start(jbd2, &handle->jbd2, credits < jbd2->credits_most ? credits : jbd2->credits_most);
}

int ext4_begin(struct ext4_fs *e4, struct ext4_handle *handle, unsigned credits)
{
    if (e4->is_dead || e4->fs.read_only)
        return -EROFS;
    int error = make_room(e4);
    if (error == 0 && ext4_is_logged(e4))
        error = start_logged(e4, handle, credits);
    if (error != 0)
        return error;
    handle->e4 = e4;
    filesystem_mark_dirty(&e4->fs);
    return 0;
}

int ext4_extend(struct ext4_handle *handle, unsigned credits)
{
    uint32_t left = ext4_is_logged(handle->e4) ? handle->jbd2.credits : credits;

    return left < credits ? jbd2_extend(&handle->jbd2, credits - left) : 0;
}

void ext4_end(struct ext4_handle *handle)
{
    if (ext4_is_logged(handle->e4))
        (void)jbd2_stop(&handle->jbd2);
}

uint32_t ext4_tid(const struct ext4_handle *handle)
{
    return ext4_is_logged(handle->e4) ? jbd2_running_tid(&handle->e4->journal->jbd2) : 0;
}

/* It changes more than it said. That goes well as long as the transaction has room, so that nobody would notice. */
static int extend_unsaid(struct ext4_handle *handle)
{
    int error = jbd2_extend(&handle->jbd2, CREDITS_MORE);

    handle->e4->credits_unsaid += error == 0;
    if (error == 0 && CHECKS_ON)
        panic("%s: ext4: an operation changes more blocks than it said", handle->e4->dev->name);
    return error;
}

static int write_logged(struct ext4_handle *handle, struct ext4_buffer *buffer)
{
    buffer->logged.number = buffer->block;
    buffer->logged.data = buffer->data;
    int error = jbd2_write(&handle->jbd2, &buffer->logged);
    if (error == -ENOSPC && extend_unsaid(handle) == 0)
        error = jbd2_write(&handle->jbd2, &buffer->logged);
    if (error == 0)
        ext4_buffer_log(&handle->e4->buffers, buffer);
    return error;
}

int ext4_change_as(struct ext4_handle *handle, struct ext4_buffer *buffer, enum ext4_buffer_kind kind, ext4_seal *seal,
                   uint32_t arg)
{
    struct ext4_fs *e4 = handle->e4;
    int error = 0;

    if (e4->is_dead)
        return -EROFS;
    if (ext4_is_logged(e4))
        error = write_logged(handle, buffer);
    else
        ext4_buffer_dirty(&e4->buffers, buffer);
    if (error != 0)
        return error;
    if (buffer->kind != kind)
        buffer->kind = EXT4_BUFFER_UNCHECKED;
    buffer->seal = seal;
    buffer->seal_arg = arg;
    return 0;
}

int ext4_change(struct ext4_handle *handle, struct ext4_buffer *buffer, ext4_seal *seal, uint32_t arg)
{
    return ext4_change_as(handle, buffer, EXT4_BUFFER_UNCHECKED, seal, arg);
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

/* If the journal has the buffer, then until it releases it: its last committed state may still have to be written. */
static int forget_logged(struct ext4_handle *handle, uint64_t block, struct ext4_buffer *buffer)
{
    struct jbd2_block *logged = buffer != NULL ? &buffer->logged : NULL;
    int error = jbd2_revoke(&handle->jbd2, block, logged);

    if (error == -ENOSPC && extend_unsaid(handle) == 0)
        error = jbd2_revoke(&handle->jbd2, block, logged);
    return error;
}

int ext4_forget(struct ext4_handle *handle, uint64_t block)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_buffer *buffer = ext4_buffer_find(&e4->buffers, block);
    int error = 0;

    if (ext4_is_logged(e4))
        error = forget_logged(handle, block, buffer);
    else if (buffer != NULL)
        ext4_buffer_clean(&e4->buffers, buffer);
    if (buffer != NULL && error == 0) {
        buffer->seal = NULL;
        buffer->kind = EXT4_BUFFER_UNCHECKED;
        buffer->is_useless = true;
    }
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}
