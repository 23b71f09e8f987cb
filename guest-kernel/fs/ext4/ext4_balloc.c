/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_balloc.c - blocks are taken.
 *
 * A file that grows gets the block behind its last one: its bit is looked at, and that is all. If that is taken, a run
 * that is long enough is looked for in its group, behind it first, and then in other groups. Of groups that were looked
 * at before it is known how long a run they may have, so that those that can't help aren't looked at again.
 */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"

#define LOOKS_MAX 16u   /* bitmaps that are read for a run that is long enough, when there is a shorter one */
#define GOAL_MIN 8u     /* so many at the goal are taken, though more were wanted */
#define GROUPS_MAX 512u /* groups that are asked, then */

#define FLEX_MIN 2u /* log2 of groups: smaller flex groups are like none */

struct search {
    struct ext4_handle *handle;
    uint32_t want, least; /* blocks in a row; with fewer than that it is of no use */
    struct ext4_bitmap bitmap;
    struct ext4_span found;
};

/* ---- one group ---- */

/* What goes on where the last one ended is best, if it isn't next to nothing. */
static bool look_at_goal(struct search *search, uint32_t from)
{
    const struct ext4_bits *bits = &search->bitmap.bits;
    uint32_t most = bits->count - from < search->want ? bits->count - from : search->want;
    uint32_t there = ext4_bits_used(bits, from, from + most) - from;
    uint32_t enough = search->want < GOAL_MIN ? search->want : GOAL_MIN;

    search->found = (struct ext4_span){from, there};
    return there >= enough && there >= search->least;
}

/* The run that is long enough behind `from`, or before it, or else the longest one. */
static void look(struct search *search, uint32_t from)
{
    const struct ext4_bits *bits = &search->bitmap.bits;
    uint32_t want = search->want < bits->count ? search->want : bits->count;
    uint32_t first = ext4_bits_free(bits, search->bitmap.info->first_block, bits->count);

    search->bitmap.info->first_block = first;
    search->found.count = 0;
    if (from < first)
        from = first;
    ext4_bits_search(bits, from, bits->count, want, &search->found);
    ext4_bits_search(bits, first, from, want, &search->found);
    if (search->found.count < want)
        search->bitmap.info->longest = search->found.count;
}

/* All is declared, then the bits and the counts are changed. */
static int take(struct search *search)
{
    struct ext4_handle *handle = search->handle;
    struct ext4_fs *e4 = handle->e4;
    const struct ext4_span *found = &search->found;
    struct ext4_desc *desc = search->bitmap.group.desc;
    uint32_t free = ext4_desc_count(e4, desc, EXT4_FREE_BLOCKS);

    if (free < found->count)
        return ext4_damaged(e4, "group %u: more blocks are free than it says", search->bitmap.group.number);
    int error = ext4_bitmap_change(handle, &search->bitmap);
    if (error == 0)
        error = ext4_change_super(handle);
    if (error != 0)
        return error;
    ext4_bits_set(search->bitmap.bits.words, found->start, found->count);
    ext4_desc_set(e4, desc, EXT4_FREE_BLOCKS, free - found->count);
    ext4_free_blocks_add(e4, -(int64_t)found->count);
    if (search->bitmap.info->first_block == found->start)
        search->bitmap.info->first_block = found->start + found->count;
    e4->alloc->last_group = search->bitmap.group.number;
    return 0;
}

/* A group that is damaged has nothing, as one that is full; there are others. */
static int group_lost(struct search *search, uint32_t number, int error)
{
    struct ext4_window *window = ext4_window_find(search->handle->e4, number);

    if (error != -ENOSPC && error != -EUCLEAN && error != -EBADMSG)
        return error;
    if (window != NULL)
        window->groups[number - window->first].longest = 0;
    return 0;
}

enum how { AT_GOAL, ALL_WANTED, LONGEST };

/* Takes what there is in the group: 1; 0: nothing that is of use; or -errno. */
static int try_group(struct search *search, uint32_t number, uint32_t from, enum how how)
{
    struct ext4_fs *e4 = search->handle->e4;
    int result = ext4_bitmap_open(e4, number, EXT4_BUFFER_BLOCK_BITMAP, true, &search->bitmap);

    if (result != 0)
        return group_lost(search, number, result);
    bool is_good = how == AT_GOAL && from < search->bitmap.bits.count && look_at_goal(search, from);
    if (!is_good) {
        look(search, from < search->bitmap.bits.count ? from : 0);
        is_good = search->found.count >= (how == LONGEST ? search->least : search->want);
    }
    if (is_good && search->found.count != 0) {
        result = take(search);
        result = result == 0 ? 1 : result;
    }
    ext4_bitmap_close(e4, &search->bitmap);
    return result;
}

/* ---- others ---- */

struct walk {
    uint32_t looks, asked;
    uint32_t best, best_group; /* the longest run that there may be */
};

static int ask(struct search *search, struct walk *walk, struct ext4_window *window, uint32_t number)
{
    struct ext4_group_info *info = &window->groups[number - window->first];

    walk->asked++;
    if (info->longest >= search->want) {
        int result = try_group(search, number, 0, ALL_WANTED);
        walk->looks++;
        if (result != 0)
            return result;
    }
    if (info->longest > walk->best) {
        walk->best = info->longest;
        walk->best_group = number;
    }
    return 0;
}

/* The groups [from, end) of one window, and what its longest run may be. */
static int ask_window(struct search *search, struct walk *walk, uint32_t from, uint32_t end)
{
    struct ext4_window *window;
    int result = ext4_window_get(search->handle->e4, from, &window);
    uint32_t longest = 0;

    if (result != 0 || window->longest <= walk->best)
        return result == -EUCLEAN ? 0 : result;
    for (uint32_t i = from; result == 0 && i < end; i++) {
        result = ask(search, walk, window, i);
        if (walk->looks >= LOOKS_MAX && walk->best >= search->least && walk->best != 0)
            return result;
    }
    if (result == 0 && end - from == window->count) {
        for (uint32_t i = 0; i < window->count; i++)
            longest = window->groups[i].longest > longest ? window->groups[i].longest : longest;
        window->longest = longest;
    }
    return result;
}

/* All groups from `start` on, around, a window at a time. */
static int walk_groups(struct search *search, struct walk *walk, uint32_t start)
{
    struct ext4_fs *e4 = search->handle->e4;
    uint32_t in_window = 1u << e4->alloc->window_shift, from = start, left = e4->groups;

    while (left != 0) {
        uint32_t end = (from / in_window + 1) * in_window;
        end = end < from || end > e4->groups ? e4->groups : end;
        end = end - from > left ? from + left : end;
        int result = ask_window(search, walk, from, end);
        if (result != 0)
            return result;
        if ((walk->looks >= LOOKS_MAX || walk->asked >= GROUPS_MAX) && walk->best != 0 && walk->best >= search->least)
            return 0;
        left -= end - from;
        from = end < e4->groups ? end : 0;
    }
    return 0;
}

/* Bounds may have been too high: so again, and each time one of them is lower. */
static int find_elsewhere(struct search *search, uint32_t start)
{
    for (;;) {
        struct walk walk = {0};
        int result = walk_groups(search, &walk, start);
        if (result != 0)
            return result;
        if (walk.best == 0 || walk.best < search->least)
            return -ENOSPC;
        result = try_group(search, walk.best_group, 0, LONGEST);
        if (result != 0)
            return result;
    }
}

/* ---- what others call ---- */

static int find(struct search *search, uint64_t goal)
{
    struct ext4_fs *e4 = search->handle->e4;
    uint32_t number = e4->alloc->last_group, from = 0;

    if (ext4_blocks_are_valid(e4, goal, 1)) {
        number = ext4_group_of(e4, goal);
        from = ext4_group_index(e4, goal);
    }
    int result = try_group(search, number, from, AT_GOAL);
    return result != 0 ? result : find_elsewhere(search, number + 1 < e4->groups ? number + 1 : 0);
}

int ext4_blocks_alloc(struct ext4_handle *handle, uint64_t goal, unsigned flags, uint32_t *count, uint64_t *block)
{
    struct ext4_fs *e4 = handle->e4;
    uint64_t room = ext4_blocks_room(e4, flags, *count);
    struct search search = {.handle = handle, .want = *count};

    if (flags & EXT4_BLOCKS_WHOLE)
        search.least = *count;
    else if (search.want > room)
        search.want = (uint32_t)room;
    if (*count == 0 || room == 0 || search.want > room)
        return -ENOSPC;
    int result = ext4_alloc_start(e4);
    if (result == 0)
        result = find(&search, goal);
    if (result < 0)
        return result;
    if (flags & EXT4_BLOCKS_PROMISED) {
        ext4_blocks_unpromise(e4, search.found.count);
        e4->promises_kept += search.found.count;
    }
    *count = search.found.count;
    *block = ext4_group_first(e4, search.bitmap.group.number) + search.found.start;
    return 0;
}

/* With flex_bg tables and directories are in the first group of a flex group, and files in those behind it. */
uint64_t ext4_blocks_goal(const struct ext4_inode *ei)
{
    const struct ext4_fs *e4 = ext4_of(&ei->inode);
    uint32_t group = ext4_inode_group(e4, ext4_number(ei)), flex = e4->super.log_groups_per_flex;

    if ((e4->incompat & EXT4_INCOMPAT_FLEX_BG) && flex >= FLEX_MIN && flex < 32) {
        uint32_t first = group >> flex << flex;
        bool is_alone = S_ISREG(ei->inode.mode) && group == first && first + 1 < e4->groups;
        group = S_ISREG(ei->inode.mode) ? group + is_alone : first;
    }
    return ext4_group_first(e4, group);
}
