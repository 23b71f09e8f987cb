/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fc_range.c - replays where a file's blocks lie, and that it has none there any more. */
#include "abi/errno.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_fc.h"
#include "lib/string.h"

/* ---- blocks that come ---- */

static int extent_check(struct ext4_fs *e4, const struct ext4_extent *extent)
{
    uint32_t length = ext4_extent_length(extent);

    if (length == 0 || ext4_extent_end(extent) > UINT32_MAX)
        return ext4_damaged(e4, "a fast commit has an extent of no length, or too long");
    return ext4_fc_blocks_check(e4, ext4_extent_start(extent), length);
}

int ext4_fc_range_keep(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct ext4_fc_add_range range;

    memcpy(&range, record->value, sizeof(range));
    int error = extent_check(fc->e4, &range.extent);
    if (error != 0)
        return error;
    return ext4_fc_bits_put(fc->e4, ext4_extent_start(&range.extent), ext4_extent_length(&range.extent), true,
                            fc->e4->later);
}

/* A file, or a symbolic link, of which ranges can be told. */
static int ranged_get(struct ext4_fc *fc, uint32_t number, struct ext4_inode **out)
{
    struct inode *inode;
    struct ext4_fc_note *note;
    int error = ext4_fc_inode_get(fc, number, &inode);

    if (error != 0)
        return error;
    struct ext4_inode *ei = ext4_inode_of(inode);
    bool is_file = S_ISREG(inode->mode) || S_ISLNK(inode->mode);
    if (!is_file || !(ei->flags & EXT4_EXTENTS_FL) || !ext4_inode_has_map(ei))
        error = ext4_inode_damaged(ei, 0, "a fast commit has blocks of it, but it can have none");
    if (error == 0)
        error = ext4_fc_note_get(fc, number, &note);
    if (error != 0) {
        inode_put(inode);
        return error;
    }
    *out = ei;
    return 0;
}

static int run_place(struct ext4_inode *ei, const struct ext4_extent *extent)
{
    struct ext4_handle handle;
    int error = ext4_begin(ext4_of(&ei->inode), &handle, EXT4_CREDITS_MAP);

    if (error != 0)
        return error;
    error = ext4_extent_place(&handle, ei, extent);
    ext4_end(&handle);
    return error;
}

/* [block, extent's end), as much of it as is the same now: what was there goes, unless it is as it has to be. */
static int run_replay(struct ext4_inode *ei, const struct ext4_extent *extent, uint32_t block, uint32_t *count)
{
    bool unwritten = ext4_extent_is_unwritten(extent);
    struct ext4_extent part = *extent;
    struct ext4_run run;
    int error = ext4_map_find(ei, block, (uint32_t)(ext4_extent_end(extent) - block), &run);

    if (error != 0)
        return error;
    *count = run.count;
    ext4_extent_clip(&part, block, (uint64_t)block + run.count);
    if (run.room == ext4_extent_start(&part) && run.unwritten == unwritten)
        return 0;
    if (run.room != 0)
        error = ext4_map_remove(ei, block, block + run.count);
    return error == 0 ? run_place(ei, &part) : error;
}

int ext4_fc_replay_add_range(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct ext4_fc_add_range range;
    struct ext4_inode *ei;
    uint32_t count = 0; /* stays so if the first run fails */

    memcpy(&range, record->value, sizeof(range));
    int error = extent_check(fc->e4, &range.extent);
    if (error == 0)
        error = ranged_get(fc, range.number, &ei);
    if (error != 0)
        return error;
    for (uint64_t block = range.extent.block; error == 0 && block < ext4_extent_end(&range.extent); block += count)
        error = run_replay(ei, &range.extent, (uint32_t)block, &count);
    inode_put(&ei->inode);
    return error;
}

/* ---- blocks that go ---- */

int ext4_fc_replay_del_range(struct ext4_fc *fc, const struct ext4_fc_record *record)
{
    struct ext4_fc_del_range range;
    struct ext4_inode *ei;

    memcpy(&range, record->value, sizeof(range));
    if (range.count == 0)
        return 0;
    int error = ranged_get(fc, range.number, &ei);
    if (error != 0)
        return error;
    uint64_t end = (uint64_t)range.block + range.count;
    error = ext4_map_remove(ei, range.block, end < UINT32_MAX ? (uint32_t)end : UINT32_MAX);
    inode_put(&ei->inode);
    return error;
}
