/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_group.c - block groups: where their descriptors are, and what they say (ext4 layout, "Block Group Descriptors").
 */
#include "abi/errno.h"
#include "fs/ext4/ext4.h"
#include "lib/crc.h"
#include "lib/string.h"

static bool is_power_of(uint32_t value, uint32_t base)
{
    while (value % base == 0)
        value /= base;
    return value == 1;
}

bool ext4_group_has_super(const struct ext4_fs *e4, uint32_t group)
{
    const struct ext4_super *super = &e4->super;

    if (group == 0)
        return true;
    if (e4->compat & EXT4_COMPAT_SPARSE_SUPER2)
        return group == super->backup_bgs[0] || group == super->backup_bgs[1];
    if (group == 1 || !(e4->ro_compat & EXT4_RO_SPARSE_SUPER))
        return true;
    return (group & 1) && (is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7));
}

/* Where the n-th block of descriptors is: behind the superblock, or with meta_bg in the groups that they tell of. */
static uint64_t desc_block(const struct ext4_fs *e4, uint32_t n, uint32_t in_block)
{
    if (!(e4->incompat & EXT4_INCOMPAT_META_BG) || n < e4->super.first_meta_bg)
        return e4->super_block + 1 + n;
    uint32_t group = n * in_block; /* below e4->groups */
    uint64_t block = ext4_group_first(e4, group) + (ext4_group_has_super(e4, group) ? 1 : 0);
    /* With clusters, blocks of 1 KiB may be numbered from 0, where the superblock is 1. */
    return block + (e4->block_shift == EXT4_BLOCK_SHIFT_MIN && n == 0 && e4->first_block == 0 ? 1 : 0);
}

uint16_t ext4_group_sum(const struct ext4_fs *e4, uint32_t group, const struct ext4_desc *raw)
{
    static const uint8_t none[2];
    const uint8_t *desc = (const uint8_t *)raw;
    const size_t at = offsetof(struct ext4_desc, checksum), behind = at + sizeof(none);

    if (e4->has_checksums) {
        uint32_t sum = crc32c(crc32c(e4->seed, &group, sizeof(group)), desc, at);
        return (uint16_t)crc32c(crc32c(sum, none, sizeof(none)), desc + behind, e4->desc_size - behind);
    }
    uint16_t sum = crc16(0xffff, e4->super.uuid, sizeof(e4->super.uuid));
    sum = crc16(crc16(sum, &group, sizeof(group)), desc, at);
    return crc16(sum, desc + behind, e4->desc_size - behind);
}

static struct ext4_desc *desc_in(const struct ext4_fs *e4, const struct ext4_buffer *buffer, uint32_t slot)
{
    return (struct ext4_desc *)(void *)((char *)buffer->data + (size_t)slot * e4->desc_size);
}

static bool is_right(const struct ext4_fs *e4, const struct ext4_buffer *buffer, uint32_t group, uint32_t slot)
{
    const struct ext4_desc *desc = desc_in(e4, buffer, slot);

    return ext4_buffer_part_is_changed(buffer, slot) || ext4_group_sum(e4, group, desc) == desc->checksum;
}

/* All in the block are looked at when it comes, and not again. If one is wrong, that one alone is of no use. */
static int check(struct ext4_fs *e4, struct ext4_buffer *buffer, uint32_t group, uint32_t slot, uint32_t in_block)
{
    uint32_t first = group - slot;

    if (!ext4_groups_have_sums(e4) || ext4_buffer_is_checked(buffer, EXT4_BUFFER_DESCS, first))
        return 0;
    if (!is_right(e4, buffer, group, slot))
        return ext4_sum_wrong(e4, "the descriptor of group", group);
    for (uint32_t i = 0; i < in_block && first + i < e4->groups; i++)
        if (!is_right(e4, buffer, first + i, i))
            return 0;
    ext4_buffer_checked(buffer, EXT4_BUFFER_DESCS, first);
    return 0;
}

int ext4_group_desc(struct ext4_fs *e4, uint32_t group, struct ext4_buffer **buffer, struct ext4_desc **out)
{
    uint32_t in_block = e4->block_size / e4->desc_size, slot = group % in_block;

    if (group >= e4->groups) {
        ext4_damaged(e4, "there is no group %u", group);
        return -EUCLEAN;
    }
    uint64_t block = desc_block(e4, group / in_block, in_block);
    int error = ext4_buffer_get(&e4->buffers, block, buffer);
    if (error == -EUCLEAN)
        ext4_damaged(e4, "group %u: its descriptor is at block %llu", group, (unsigned long long)block);
    if (error != 0)
        return error;
    *out = desc_in(e4, *buffer, slot);
    error = check(e4, *buffer, group, slot, in_block);
    if (error != 0)
        ext4_buffer_put(&e4->buffers, *buffer);
    return error;
}

int ext4_group_read(struct ext4_fs *e4, uint32_t group, struct ext4_desc *out)
{
    struct ext4_buffer *buffer;
    struct ext4_desc *raw;
    int error = ext4_group_desc(e4, group, &buffer, &raw);

    if (error != 0)
        return error;
    memset(out, 0, sizeof(*out));
    memcpy(out, raw, e4->desc_size < sizeof(*out) ? e4->desc_size : sizeof(*out));
    ext4_buffer_put(&e4->buffers, buffer);
    return 0;
}

uint32_t ext4_group_base(const struct ext4_fs *e4, uint32_t group)
{
    const struct ext4_super *super = &e4->super;
    uint32_t in_block = e4->block_size / e4->desc_size, blocks = (e4->groups + in_block - 1) / in_block;
    bool has_super = ext4_group_has_super(e4, group);

    if (!(e4->incompat & EXT4_INCOMPAT_META_BG))
        return has_super ? 1 + blocks + super->reserved_gdt_blocks : 0;
    if (group / in_block < super->first_meta_bg)
        return has_super ? 1 + super->first_meta_bg + super->reserved_gdt_blocks : 0;
    /* The first two groups of those that a block tells of, and the last one, have it. */
    uint32_t slot = group % in_block;
    return (has_super ? 1 : 0) + (slot < 2 || slot == in_block - 1 ? 1 : 0);
}

int ext4_group_table(struct ext4_fs *e4, uint32_t group, uint64_t *out)
{
    struct ext4_desc desc = {0};
    uint64_t first = e4->first_block, end = e4->blocks;

    *out = e4->table;
    if (e4->table != 0 && e4->table_group == group)
        return 0;
    int error = ext4_group_read(e4, group, &desc);
    if (error != 0)
        return error;
    uint64_t table = (uint64_t)desc.inode_table_hi << 32 | desc.inode_table_lo;
    if (!(e4->incompat & EXT4_INCOMPAT_FLEX_BG)) {
        first = ext4_group_first(e4, group);
        end = end - first < e4->group_blocks ? end : first + e4->group_blocks;
    }
    if (table <= first || table >= end || e4->group_table_blocks > end - table)
        return ext4_damaged(e4, "group %u: its inodes are at block %llu", group, (unsigned long long)table);
    e4->table_group = group;
    e4->table = *out = table;
    return 0;
}

/* How many groups have a copy of the superblock. */
static uint64_t count_supers(const struct ext4_fs *e4)
{
    static const uint32_t bases[] = {3, 5, 7};
    uint64_t count = 1;

    if (e4->compat & EXT4_COMPAT_SPARSE_SUPER2) {
        for (unsigned i = 0; i < 2; i++)
            count += e4->super.backup_bgs[i] != 0 && e4->super.backup_bgs[i] < e4->groups;
        return count;
    }
    if (!(e4->ro_compat & EXT4_RO_SPARSE_SUPER))
        return e4->groups;
    count += e4->groups > 1;
    for (unsigned i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
        for (uint64_t group = bases[i]; group < e4->groups; group *= bases[i])
            count++;
    return count;
}

uint64_t ext4_overhead(const struct ext4_fs *e4)
{
    const struct ext4_super *super = &e4->super;
    uint64_t known = (uint64_t)super->overhead_clusters << e4->cluster_shift;
    uint32_t in_block = e4->block_size / e4->desc_size;
    uint64_t descs = ((uint64_t)e4->groups + in_block - 1) / in_block;

    if (known != 0 && known < e4->blocks)
        return known;
    if (e4->incompat & EXT4_INCOMPAT_META_BG) /* what of them is behind the superblock; those in groups are few */
        descs = super->first_meta_bg;
    known = e4->first_block + (uint64_t)e4->groups * (2 + e4->group_table_blocks) +
            count_supers(e4) * (1 + descs + super->reserved_gdt_blocks);
    return known < e4->blocks ? known : 0;
}
