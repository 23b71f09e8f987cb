/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_window.c - what is known in memory of some groups in a row, and where the file system's own fixed blocks are:
 * these are never a file's, whatever a bitmap says.
 *
 * With flex_bg the bitmaps and tables of a group lie in another one of its flex group, so a window is as long as that.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define SHIFT_MIN 6u
#define SHIFT_MAX 10u /* all of them in one flex group: the first ones' windows know of theirs alone */

uint32_t ext4_group_size(const struct ext4_fs *e4, uint32_t group)
{
    uint64_t left = e4->blocks - ext4_group_first(e4, group);

    return left < e4->group_blocks ? (uint32_t)left : e4->group_blocks;
}

int ext4_alloc_start(struct ext4_fs *e4)
{
    unsigned shift = e4->incompat & EXT4_INCOMPAT_FLEX_BG ? e4->super.log_groups_per_flex : 0;

    if (e4->alloc != NULL)
        return 0;
    struct ext4_alloc *alloc = kmalloc(sizeof(*alloc));
    if (alloc == NULL)
        return -ENOMEM;
    alloc->window_shift = shift < SHIFT_MIN ? SHIFT_MIN : shift > SHIFT_MAX ? SHIFT_MAX : shift;
    alloc->windows = (uint32_t)(((uint64_t)e4->groups + (1u << alloc->window_shift) - 1) >> alloc->window_shift);
    alloc->window = kmalloc_array(alloc->windows, sizeof(struct ext4_window *));
    list_init(&alloc->freed);
    if (alloc->window == NULL) {
        kfree(alloc);
        return -ENOMEM;
    }
    e4->alloc = alloc;
    return 0;
}

static void window_free(struct ext4_window *window)
{
    for (uint32_t i = 0; i < window->count; i++)
        kfree(window->groups[i].kept);
    kfree(window->fixed);
    kfree(window);
}

void ext4_windows_fini(struct ext4_alloc *alloc)
{
    for (uint32_t i = 0; i < alloc->windows; i++)
        if (alloc->window[i] != NULL)
            window_free(alloc->window[i]);
    kfree(alloc->window);
}

/* ---- what is fixed ---- */

/* The first range that doesn't end before `block`. */
static uint32_t range_at(const struct ext4_window *window, uint64_t block)
{
    uint32_t low = 0, high = window->fixed_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (window->fixed[middle].end <= block)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool ext4_blocks_are_free_to_use(const struct ext4_window *window, uint64_t block, uint64_t count)
{
    uint32_t at = range_at(window, block);

    return at == window->fixed_count || window->fixed[at].start >= block + count;
}

static int make_room(struct ext4_window *window)
{
    uint32_t room = window->fixed_room != 0 ? 2 * window->fixed_room : 8;

    if (window->fixed_count < window->fixed_room)
        return 0;
    struct ext4_range *fixed = kmalloc_array(room, sizeof(*fixed));
    if (fixed == NULL)
        return -ENOMEM;
    if (window->fixed_count != 0)
        memcpy(fixed, window->fixed, window->fixed_count * sizeof(*fixed));
    kfree(window->fixed);
    window->fixed = fixed;
    window->fixed_room = room;
    return 0;
}

/* Puts it between those that are there, or makes one of them longer. 1: it lies upon one. */
static int fixed_add(struct ext4_window *window, uint64_t start, uint64_t count)
{
    uint32_t at = range_at(window, start);
    int error = make_room(window);

    if (error != 0 || count == 0)
        return error;
    if (!ext4_blocks_are_free_to_use(window, start, count))
        return 1;
    struct ext4_range *fixed = window->fixed + at;
    bool joins_before = at > 0 && fixed[-1].end == start;
    bool joins_after = at < window->fixed_count && fixed->start == start + count;
    if (joins_before && joins_after) {
        fixed[-1].end = fixed->end;
        memmove(fixed, fixed + 1, (--window->fixed_count - at) * sizeof(*fixed));
    } else if (joins_before) {
        fixed[-1].end += count;
    } else if (joins_after) {
        fixed->start = start;
    } else {
        memmove(fixed + 1, fixed, (window->fixed_count++ - at) * sizeof(*fixed));
        *fixed = (struct ext4_range){start, start + count};
    }
    return 0;
}

/* Whether blocks that a descriptor tells of are where they may be. */
static bool is_inside(const struct ext4_fs *e4, uint32_t group, uint64_t block, uint64_t count)
{
    uint64_t first = e4->first_block + 1, end = e4->blocks;

    if (!(e4->incompat & EXT4_INCOMPAT_FLEX_BG)) {
        first = ext4_group_first(e4, group);
        end = first + ext4_group_size(e4, group);
    }
    return block >= first && block < end && count <= end - block;
}

static int add_from_desc(struct ext4_fs *e4, struct ext4_window *window, const struct ext4_group *group)
{
    uint64_t at[3] = {ext4_desc_place(e4, group->desc, EXT4_BUFFER_BLOCK_BITMAP),
                      ext4_desc_place(e4, group->desc, EXT4_BUFFER_INODE_BITMAP), group->desc->inode_table_lo};
    int error = 0;

    if (e4->desc_size >= EXT4_DESC_SIZE_64BIT)
        at[2] |= (uint64_t)group->desc->inode_table_hi << 32;
    for (unsigned i = 0; error == 0 && i < 3; i++) {
        uint32_t count = i < 2 ? 1 : e4->group_table_blocks;
        if (!is_inside(e4, group->number, at[i], count))
            return ext4_damaged(e4, "group %u: a bitmap or its inodes are at block %llu", group->number,
                                (unsigned long long)at[i]);
        error = fixed_add(window, at[i], count);
        if (error == 1)
            return ext4_damaged(e4, "group %u: block %llu of a bitmap or table is something else's, too", group->number,
                                (unsigned long long)at[i]);
    }
    return error;
}

/* Groups whose descriptors are damaged are left out: nothing can be taken in those. */
static int add_group(struct ext4_fs *e4, struct ext4_window *window, uint32_t number)
{
    struct ext4_group_info *info = &window->groups[number - window->first];
    struct ext4_group group;
    int error = ext4_desc_get(e4, number, &group);

    if (error == 0) {
        uint32_t free = ext4_desc_count(e4, group.desc, EXT4_FREE_BLOCKS);
        info->longest = free < e4->group_blocks ? free : e4->group_blocks;
        error = add_from_desc(e4, window, &group);
        ext4_desc_put(e4, &group);
        if (error == -EUCLEAN)
            window->is_bad = true;
    }
    if (error != -EUCLEAN && error != -EBADMSG)
        return error;
    info->blocks_bad = info->inodes_bad = true;
    info->longest = 0;
    return 0;
}

static int window_fill(struct ext4_fs *e4, struct ext4_window *window)
{
    uint32_t end = window->first + window->count;
    int error = 0;

    if (window->first != 0) /* nothing of others may lie there */
        error = fixed_add(window, e4->first_block, ext4_group_base(e4, 0));
    for (uint32_t group = window->first; error == 0 && group < end; group++) {
        uint32_t base = ext4_group_base(e4, group), size = ext4_group_size(e4, group);
        error = fixed_add(window, ext4_group_first(e4, group), base < size ? base : size);
    }
    for (uint32_t group = window->first; error == 0 && group < end; group++)
        error = add_group(e4, window, group);
    for (uint32_t i = 0; window->is_bad && i < window->count; i++)
        window->groups[i].blocks_bad = window->groups[i].inodes_bad = true;
    return error == 1 ? ext4_damaged(e4, "group %u: its copy of the superblock is too long", window->first) : error;
}

/* ---- windows ---- */

int ext4_window_get(struct ext4_fs *e4, uint32_t group, struct ext4_window **out)
{
    struct ext4_alloc *alloc = e4->alloc;
    struct ext4_window **slot = &alloc->window[group >> alloc->window_shift];
    uint32_t first = group >> alloc->window_shift << alloc->window_shift;
    uint32_t count = e4->groups - first < 1u << alloc->window_shift ? e4->groups - first : 1u << alloc->window_shift;

    *out = *slot;
    if (*slot != NULL)
        return 0;
    struct ext4_window *window = kmalloc(sizeof(*window) + count * sizeof(window->groups[0]));
    if (window == NULL)
        return -ENOMEM;
    window->first = first;
    window->count = count;
    window->longest = e4->group_blocks;
    int error = window_fill(e4, window);
    if (error != 0) {
        window_free(window);
        return error;
    }
    *slot = *out = window;
    return 0;
}

int ext4_group_info_make(struct ext4_fs *e4, uint32_t group, struct ext4_group_info **out)
{
    struct ext4_window *window;
    int error = ext4_alloc_start(e4);

    if (error == 0)
        error = ext4_window_get(e4, group, &window);
    if (error == 0)
        *out = &window->groups[group - window->first];
    return error;
}
