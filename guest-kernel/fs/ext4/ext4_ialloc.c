/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_ialloc.c - numbers of inodes are taken and given back. */
#include "abi/errno.h"
#include "fs/ext4/ext4_alloc.h"

struct place {
    struct ext4_handle *handle;
    struct ext4_bitmap bitmap;
    uint32_t index; /* in the group's table */
};

/* Those of the table that were ever used are below it. */
static uint32_t used_end(const struct ext4_fs *e4, const struct ext4_desc *desc)
{
    uint32_t unused = ext4_desc_count(e4, desc, EXT4_UNUSED_INODES);

    if (!ext4_groups_have_sums(e4))
        return e4->group_inodes;
    if (ext4_desc_has(e4, desc, EXT4_GROUP_INODE_UNINIT))
        return 0;
    return unused < e4->group_inodes ? e4->group_inodes - unused : 0;
}

/* A group in which inodes are used has a bitmap of blocks, too: e2fsck wants it so. */
static int use_block_bitmap(struct ext4_handle *handle, const struct ext4_group *group)
{
    struct ext4_fs *e4 = handle->e4;
    struct ext4_bitmap bitmap;

    if (!ext4_desc_has(e4, group->desc, EXT4_GROUP_BLOCK_UNINIT))
        return 0;
    int error = ext4_bitmap_open(e4, group->number, EXT4_BUFFER_BLOCK_BITMAP, false, &bitmap);
    if (error != 0)
        return error;
    error = ext4_bitmap_change(handle, &bitmap);
    ext4_bitmap_close(e4, &bitmap);
    return error;
}

static int take(struct place *place, bool is_dir)
{
    struct ext4_handle *handle = place->handle;
    struct ext4_fs *e4 = handle->e4;
    struct ext4_desc *desc = place->bitmap.group.desc;
    uint32_t free = ext4_desc_count(e4, desc, EXT4_FREE_INODES), end = used_end(e4, desc);
    uint32_t number = place->bitmap.group.number * e4->group_inodes + place->index + 1;
    bool fresh = place->index >= end && place->index % (e4->block_size / e4->inode_size) == 0;

    if (free == 0 || place->index > end)
        return ext4_damaged(e4, "group %u: inodes are in use which it says were never used",
                            place->bitmap.group.number);
    int error = use_block_bitmap(handle, &place->bitmap.group);
    if (error == 0)
        error = ext4_bitmap_change(handle, &place->bitmap);
    if (error == 0)
        error = ext4_change_super(handle);
    if (error == 0)
        error = ext4_itable_new(handle, number, fresh);
    if (error != 0)
        return error;
    ext4_bits_set(place->bitmap.bits.words, place->index, 1);
    ext4_desc_set(e4, desc, EXT4_FREE_INODES, free - 1);
    if (is_dir)
        ext4_desc_set(e4, desc, EXT4_USED_DIRS, ext4_desc_count(e4, desc, EXT4_USED_DIRS) + 1);
    if (ext4_groups_have_sums(e4) && place->index >= end)
        ext4_desc_set(e4, desc, EXT4_UNUSED_INODES, e4->group_inodes - place->index - 1);
    e4->super.free_inodes_count -= e4->super.free_inodes_count != 0;
    place->bitmap.info->first_inode = place->index + 1;
    return 0;
}

/* The first one that is free: 1, and it is taken; 0: there is none; or -errno. */
static int try_group(struct place *place, uint32_t group, bool is_dir)
{
    struct ext4_fs *e4 = place->handle->e4;
    int result = ext4_bitmap_open(e4, group, EXT4_BUFFER_INODE_BITMAP, true, &place->bitmap);

    if (result == -ENOSPC || result == -EUCLEAN || result == -EBADMSG) /* there are others */
        return 0;
    if (result != 0)
        return result;
    uint32_t first = place->bitmap.info->first_inode;
    if (group == 0 && first < e4->first_inode - 1)
        first = e4->first_inode - 1;
    place->index = ext4_bits_free(&place->bitmap.bits, first, place->bitmap.bits.count);
    place->bitmap.info->first_inode = place->index;
    if (place->index < place->bitmap.bits.count) {
        result = take(place, is_dir);
        if (result == -EUCLEAN) {
            place->bitmap.info->inodes_bad = true;
            result = 0;
        } else {
            result = result == 0 ? 1 : result;
        }
    }
    ext4_bitmap_close(e4, &place->bitmap);
    return result;
}

/* All groups from the first one on; it remembers where there was room when it had none itself. */
static int find(struct place *place, uint32_t first, bool is_dir)
{
    struct ext4_fs *e4 = place->handle->e4;
    struct ext4_group_info *info;
    int error = ext4_group_info_get(e4, first, &info);

    if (error != 0)
        return error;
    int result = try_group(place, first, is_dir);
    uint32_t start = info->next_group != 0 ? info->next_group : first;
    for (uint32_t i = 0; result == 0 && i < e4->groups; i++) {
        uint32_t group = (uint32_t)(((uint64_t)start + i) % e4->groups);
        if (group != first)
            result = try_group(place, group, is_dir);
        if (result == 1)
            info->next_group = group;
    }
    return result == 0 ? -ENOSPC : result == 1 ? 0 : result;
}

int ext4_number_alloc(struct ext4_handle *handle, const struct ext4_inode *dir, uint32_t mode, uint32_t *number)
{
    struct ext4_fs *e4 = handle->e4;
    struct place place = {.handle = handle};

    if (e4->super.free_inodes_count == 0)
        return -ENOSPC;
    int error = find(&place, ext4_group_pick(e4, dir, mode), S_ISDIR(mode));
    if (error != 0)
        return error;
    *number = place.bitmap.group.number * e4->group_inodes + place.index + 1;
    return 0;
}

static int give_back(struct place *place, bool is_dir)
{
    struct ext4_handle *handle = place->handle;
    struct ext4_fs *e4 = handle->e4;
    struct ext4_desc *desc = place->bitmap.group.desc;
    uint32_t dirs = ext4_desc_count(e4, desc, EXT4_USED_DIRS);
    int error = ext4_bitmap_change(handle, &place->bitmap);

    if (error == 0)
        error = ext4_change_super(handle);
    if (error != 0)
        return error;
    ext4_bits_clear(place->bitmap.bits.words, place->index, 1);
    ext4_desc_set(e4, desc, EXT4_FREE_INODES, ext4_desc_count(e4, desc, EXT4_FREE_INODES) + 1);
    if (is_dir && dirs != 0)
        ext4_desc_set(e4, desc, EXT4_USED_DIRS, dirs - 1);
    e4->super.free_inodes_count += e4->super.free_inodes_count < e4->inodes;
    if (place->index < place->bitmap.info->first_inode)
        place->bitmap.info->first_inode = place->index;
    return 0;
}

int ext4_number_free(struct ext4_handle *handle, uint32_t number, bool is_dir)
{
    struct ext4_fs *e4 = handle->e4;
    struct place place = {.handle = handle};

    if (number < e4->first_inode || number > e4->inodes)
        return ext4_damaged(e4, "inode %u is freed, which is the file system's own", number);
    int error = ext4_bitmap_open(e4, ext4_inode_group(e4, number), EXT4_BUFFER_INODE_BITMAP, false, &place.bitmap);
    if (error != 0)
        return error;
    place.index = ext4_inode_index(e4, number);
    if (ext4_bits_free(&place.bitmap.bits, place.index, place.index + 1) == place.index)
        error = ext4_damaged(e4, "inode %u is freed, which isn't in use", number);
    else
        error = give_back(&place, is_dir);
    ext4_bitmap_close(e4, &place.bitmap);
    return error;
}

/* ---- one that is given ---- */

/* What of the table was never used, before the one that is going to be, is made as if it had been. */
static int table_reach(struct place *place)
{
    struct ext4_handle *handle = place->handle;
    struct ext4_fs *e4 = handle->e4;
    struct ext4_desc *desc = place->bitmap.group.desc;
    uint32_t first = place->bitmap.group.number * e4->group_inodes + 1, in_block = e4->block_size / e4->inode_size;
    uint32_t end = used_end(e4, desc), index = end;
    int error = 0;

    if (end >= place->index)
        return 0;
    if (ext4_bits_used(&place->bitmap.bits, end, place->index) != place->index)
        return ext4_damaged(e4, "group %u: inodes are in use which it says were never used",
                            place->bitmap.group.number);
    for (; error == 0 && index < place->index; index++) {
        error = ext4_extend(handle, EXT4_CREDITS_INODE_NEW + EXT4_CREDITS_INODE);
        if (error == 0)
            error = ext4_itable_new(handle, first + index, index % in_block == 0);
    }
    if (error == 0)
        error = ext4_bitmap_change(handle, &place->bitmap);
    if (error == 0)
        ext4_desc_set(e4, desc, EXT4_UNUSED_INODES, e4->group_inodes - place->index);
    return error;
}

int ext4_number_take(struct ext4_handle *handle, uint32_t number, bool is_dir)
{
    struct ext4_fs *e4 = handle->e4;
    struct place place = {.handle = handle};
    int error = ext4_bitmap_open(e4, ext4_inode_group(e4, number), EXT4_BUFFER_INODE_BITMAP, false, &place.bitmap);

    if (error != 0)
        return error;
    place.index = ext4_inode_index(e4, number);
    uint32_t first = place.bitmap.info->first_inode;
    if (ext4_bits_free(&place.bitmap.bits, place.index, place.index + 1) != place.index)
        error = ext4_damaged(e4, "inode %u is to be new, and is in use", number);
    if (error == 0)
        error = table_reach(&place);
    if (error == 0)
        error = take(&place, is_dir);
    if (error == 0) /* those before it may be free */
        place.bitmap.info->first_inode = first;
    ext4_bitmap_close(e4, &place.bitmap);
    return error;
}

int ext4_number_is_used(struct ext4_fs *e4, uint32_t number, bool *out)
{
    uint32_t index = ext4_inode_index(e4, number);
    struct ext4_bitmap bitmap;
    int error = ext4_bitmap_open(e4, ext4_inode_group(e4, number), EXT4_BUFFER_INODE_BITMAP, false, &bitmap);

    if (error != 0)
        return error;
    *out = ext4_bits_free(&bitmap.bits, index, index + 1) != index;
    ext4_bitmap_close(e4, &bitmap);
    return 0;
}
