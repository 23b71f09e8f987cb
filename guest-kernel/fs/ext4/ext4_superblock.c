/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_superblock.c - the superblock is written: as one of the blocks of a transaction, for counts and the list of
 * orphans; and by itself, when the file system is mounted, unmounted, or something failed.
 */
#include "core/clock.h"
#include "core/log.h"
#include "fs/ext4/ext4_change.h"
#include "lib/crc.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define NS_PER_S 1000000000ull

enum { WTIME_HI, MTIME_HI, MKFS_TIME_HI, LASTCHECK_HI, FIRST_ERROR_HI, LAST_ERROR_HI }; /* in times_hi */

/* ---- fields ---- */

static void time_set(uint32_t *low, uint8_t *high)
{
    uint64_t seconds = clock_realtime_ns() / NS_PER_S;

    *low = (uint32_t)seconds;
    *high = (uint8_t)(seconds >> 32);
}

static void sum_set(const struct ext4_fs *e4, struct ext4_super *super)
{
    if (e4->has_checksums)
        super->checksum = crc32c(~0u, super, offsetof(struct ext4_super, checksum));
}

uint64_t ext4_free_blocks_count(const struct ext4_fs *e4)
{
    uint64_t high = e4->incompat & EXT4_INCOMPAT_64BIT ? e4->super.free_blocks_count_hi : 0;

    return high << 32 | e4->super.free_blocks_count_lo;
}

void ext4_free_blocks_add(struct ext4_fs *e4, int64_t blocks)
{
    uint64_t count = ext4_free_blocks_count(e4) + (uint64_t)blocks;

    e4->super.free_blocks_count_lo = (uint32_t)count;
    if (e4->incompat & EXT4_INCOMPAT_64BIT)
        e4->super.free_blocks_count_hi = (uint32_t)(count >> 32);
}

/* ---- as a block ---- */

static void super_seal(struct ext4_fs *e4, struct ext4_buffer *buffer)
{
    size_t at = (e4->super_kib * EXT4_SUPER_SIZE) & (e4->block_size - 1);

    time_set(&e4->super.wtime, &e4->super.times_hi[WTIME_HI]);
    sum_set(e4, &e4->super);
    memcpy((char *)buffer->data + at, &e4->super, sizeof(e4->super));
}

int ext4_change_super(struct ext4_handle *handle)
{
    struct ext4_buffers *buffers = &handle->e4->buffers;
    struct ext4_buffer *buffer;
    int error = ext4_buffer_get(buffers, handle->e4->super_block, &buffer);

    if (error != 0)
        return error;
    error = ext4_change(handle, buffer, super_seal, 0);
    ext4_buffer_put(buffers, buffer);
    return error;
}

/* ---- by itself: no transaction has it ---- */

static int super_write(struct ext4_fs *e4)
{
    struct ext4_buffer *buffer;
    int error = ext4_buffer_get(&e4->buffers, e4->super_block, &buffer);

    if (error != 0)
        return error;
    super_seal(e4, buffer);
    struct blk_segment segment = {virt_to_phys(buffer->data), e4->block_size};
    error = blk_transfer(e4->dev, true, e4->super_block * (e4->block_size / SECTOR_SIZE), &segment, 1);
    ext4_buffer_put(&e4->buffers, buffer);
    return error;
}

/* With a journal it stays valid, as a replay makes it so. */
int ext4_super_mounted(struct ext4_fs *e4)
{
    struct ext4_super *super = &e4->super;

    if (!(super->state & EXT4_STATE_VALID))
        log_error("%s: ext4: it was not unmounted properly: e2fsck should look it over", e4->dev->name);
    else if (super->state & EXT4_STATE_ERRORS)
        log_error("%s: ext4: errors were found on it before: e2fsck should look it over", e4->dev->name);
    e4->was_valid = super->state & EXT4_STATE_VALID;
    if (e4->journal != NULL)
        super->feature_incompat |= EXT4_INCOMPAT_RECOVER;
    else
        super->state &= (uint16_t)~EXT4_STATE_VALID;
    super->mnt_count++;
    time_set(&super->mtime, &super->times_hi[MTIME_HI]);
    e4->incompat = super->feature_incompat;
    int error = super_write(e4);
    /* A commit flushes the disk's cache. Without a journal it has to be told now, before anything else changes. */
    return error == 0 && e4->journal == NULL && !ext4_option_is_set(&e4->options, EXT4_NO_BARRIER) ? blk_flush(e4->dev)
                                                                                                   : error;
}

int ext4_super_unmounted(struct ext4_fs *e4)
{
    struct ext4_super *super = &e4->super;

    super->feature_incompat &= ~(uint32_t)EXT4_INCOMPAT_RECOVER;
    if (e4->was_valid)
        super->state |= EXT4_STATE_VALID;
    e4->incompat = super->feature_incompat;
    int error = super_write(e4);
    return error == 0 ? blk_flush(e4->dev) : error;
}

int ext4_super_recovered(struct ext4_fs *e4)
{
    e4->was_valid = e4->super.state & EXT4_STATE_VALID;
    return ext4_super_unmounted(e4);
}

/* ---- errors ---- */

void ext4_super_add_error(struct ext4_super *super)
{
    super->state |= EXT4_STATE_ERRORS;
    if (super->error_count++ == 0)
        time_set(&super->first_error_time, &super->times_hi[FIRST_ERROR_HI]);
    time_set(&super->last_error_time, &super->times_hi[LAST_ERROR_HI]);
}

/* The one in memory has changes that will never be committed, so what the disk has is taken. */
void ext4_super_record_error(struct ext4_fs *e4)
{
    struct ext4_super *super = kmalloc(sizeof(*super));

    if (super == NULL)
        return;
    struct blk_segment segment = {virt_to_phys(super), sizeof(*super)};
    uint64_t sector = e4->super_kib * (sizeof(*super) / SECTOR_SIZE);
    int error = blk_transfer(e4->dev, false, sector, &segment, 1);
    if (error == 0 && super->magic == EXT4_MAGIC) {
        ext4_super_add_error(super);
        sum_set(e4, super);
        (void)blk_transfer(e4->dev, true, sector, &segment, 1); /* failing, the journal has it, or nobody is told */
    }
    kfree(super);
}

/* What was replayed may be older than what was written by itself. */
void ext4_super_keep_errors(struct ext4_super *super, const struct ext4_super *before)
{
    const size_t at = offsetof(struct ext4_super, error_count), end = offsetof(struct ext4_super, mount_opts);

    super->state |= before->state & EXT4_STATE_ERRORS;
    if (before->error_count <= super->error_count)
        return;
    memcpy((char *)super + at, (const char *)before + at, end - at);
    super->times_hi[FIRST_ERROR_HI] = before->times_hi[FIRST_ERROR_HI];
    super->times_hi[LAST_ERROR_HI] = before->times_hi[LAST_ERROR_HI];
}
