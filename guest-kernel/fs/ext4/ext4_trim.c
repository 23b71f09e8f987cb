/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_trim.c - free blocks are given back to the disk: those that there are, when somebody asks for it (FITRIM), and
 * with the option discard those that a transaction freed, after its commit (ext4_freed.c).
 *
 * Blocks that an uncommitted transaction freed are nobody's yet, and are left out: after a crash they belong to whom
 * they belonged, with what is in them.
 */
#include "abi/errno.h"
#include "core/log.h"
#include "core/wait.h"
#include "fs/ext4/ext4_alloc.h"
#include "vfs/volume.h"

#define RUNS_AT_ONCE 64u /* before others have the volume */

static int discard(struct ext4_fs *e4, uint32_t group, uint32_t start, uint32_t count)
{
    unsigned shift = e4->block_shift - 9;

    return blk_discard(e4->dev, (ext4_group_first(e4, group) + start) << shift, (uint64_t)count << shift);
}

void ext4_freed_discard(struct ext4_fs *e4, uint32_t group, const struct ext4_span *span)
{
    if (!e4->discards)
        return;
    int error = discard(e4, group, span->start, span->count);
    if (error == 0)
        return;
    log_error("%s: ext4: nothing is discarded any more, as a discard failed: error %d", e4->dev->name, -error);
    e4->discards = false;
}

/* ---- FITRIM ---- */

struct trim {
    struct ext4_fs *e4;
    uint32_t group, from, end; /* of this group's blocks: those that are still to be looked at */
    uint32_t least;            /* in a row: shorter runs stay */
    uint64_t done;             /* blocks */
};

/* Some of the free runs. */
static int trim_runs(struct trim *trim, const struct ext4_bits *bits)
{
    int error = 0;

    for (unsigned runs = 0; error == 0 && runs < RUNS_AT_ONCE && trim->from < trim->end; runs++) {
        uint32_t start = ext4_bits_free(bits, trim->from, trim->end);
        uint32_t stop = ext4_bits_used(bits, start, trim->end);
        if (stop - start >= trim->least && stop != start) {
            error = discard(trim->e4, trim->group, start, stop - start);
            trim->done += error == 0 ? stop - start : 0;
        }
        trim->from = stop;
    }
    return error;
}

/* Whether all of the group was given back before, with runs that are as short, and nothing was freed there since. If it
 * wasn't, it is from now on. */
static bool was_trimmed(struct trim *trim, struct ext4_group_info *info)
{
    struct ext4_alloc *alloc = trim->e4->alloc;

    if (trim->from != 0 || trim->end != ext4_group_size(trim->e4, trim->group))
        return false;
    if (info->is_trimmed && trim->least >= alloc->trimmed_least)
        return true;
    info->is_trimmed = true;
    if (trim->least > alloc->trimmed_least)
        alloc->trimmed_least = trim->least;
    return false;
}

static int trim_some(struct trim *trim)
{
    struct ext4_fs *e4 = trim->e4;
    struct ext4_bitmap bitmap;
    int error = e4->is_dead || e4->fs.device_read_only ? -EROFS : 0;

    if (error == 0 && e4->journal == NULL && !e4->fs.read_only)
        error = ext4_commit(e4, 0); /* what is free here has to be so on the disk */
    if (error == 0)
        error = ext4_bitmap_open(e4, trim->group, EXT4_BUFFER_BLOCK_BITMAP, true, &bitmap);
    if (error != 0) {
        trim->from = trim->end;
        return error == -ENOSPC ? 0 : error;
    }
    if (ext4_desc_count(e4, bitmap.group.desc, EXT4_FREE_BLOCKS) < trim->least || was_trimmed(trim, bitmap.info))
        trim->from = trim->end;
    else
        error = trim_runs(trim, &bitmap.bits);
    ext4_bitmap_close(e4, &bitmap);
    return error;
}

/* It wasn't, after all. */
static void forget_trimmed(const struct trim *trim)
{
    struct ext4_window *window = ext4_window_find(trim->e4, trim->group);

    if (window != NULL)
        window->groups[trim->group - window->first].is_trimmed = false;
}

/* 1: a signal is about to end the process. */
static int trim_group(struct trim *trim)
{
    int error = 0;

    while (error == 0 && trim->from < trim->end) {
        bool entered = volume_enter(&trim->e4->fs);
        error = trim_some(trim);
        volume_leave(&trim->e4->fs, entered);
        if (error == 0 && wait_loop_ends(true))
            error = 1;
    }
    if (error != 0)
        forget_trimmed(trim);
    return error;
}

/* Blocks [start, end]. */
static int trim_blocks(struct trim *trim, uint64_t start, uint64_t end)
{
    struct ext4_fs *e4 = trim->e4;
    uint32_t first = ext4_group_of(e4, start), last = ext4_group_of(e4, end);
    int error = 0;

    for (uint32_t group = first; error == 0 && group <= last; group++) {
        trim->group = group;
        trim->from = group == first ? ext4_group_index(e4, start) : 0;
        trim->end = group == last ? ext4_group_index(e4, end) + 1 : ext4_group_size(e4, group);
        error = trim_group(trim);
    }
    if (error == 0 && e4->alloc != NULL && start == e4->first_block && end == e4->blocks - 1)
        e4->alloc->trimmed_least = trim->least;
    return error < 0 ? error : 0;
}

int ext4_trim(struct filesystem *fs, uint64_t start, uint64_t size, uint64_t least, uint64_t *done)
{
    struct ext4_fs *e4 = container_of(fs, struct ext4_fs, fs);
    struct trim trim = {.e4 = e4, .least = (uint32_t)(least >> e4->block_shift)};

    *done = 0;
    if (ext4_option_is_set(&e4->options, EXT4_NO_RECOVERY) && (e4->compat & EXT4_COMPAT_HAS_JOURNAL))
        return -EROFS;
    start >>= e4->block_shift;
    if (least >> e4->block_shift > e4->group_blocks || start >= e4->blocks || size < e4->block_size)
        return -EINVAL;
    uint64_t end = start + (size >> e4->block_shift) - 1;
    if (end > e4->blocks - 1)
        end = e4->blocks - 1;
    if (end <= e4->first_block)
        return 0;
    if (start < e4->first_block)
        start = e4->first_block;
    int error = trim_blocks(&trim, start, end);
    *done = trim.done << e4->block_shift;
    return error;
}
