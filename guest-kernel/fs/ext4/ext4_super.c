/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_super.c - the superblock: each number of it that is used is checked here (ext4 layout, "Super Block"). */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/ext4/ext4.h"
#include "lib/crc.h"
#include "lib/string.h"
#include "mm/page.h"
#include "vfs/blk.h"

#define SIGNED_TO_UNSIGNED (EXT4_HASH_LEGACY_UNSIGNED - EXT4_HASH_LEGACY)

static int refuse(const struct ext4_fs *e4, const char *what, uint64_t value)
{
    log_error("%s: ext4: the superblock can't be right: %s %llu", e4->dev->name, what, (unsigned long long)value);
    return -EINVAL;
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && !(value & (value - 1));
}

int ext4_super_read(struct ext4_fs *e4)
{
    uint64_t sector = e4->super_kib * (EXT4_SUPER_SIZE / SECTOR_SIZE);
    struct ext4_super *super = &e4->super;
    struct blk_segment segment = {virt_to_phys(super), EXT4_SUPER_SIZE};

    if (e4->dev->sectors < 2 || sector > e4->dev->sectors - 2)
        return -EINVAL;
    int error = blk_transfer(e4->dev, false, sector, &segment, 1);
    if (error != 0)
        return error;
    if (super->magic != EXT4_MAGIC)
        return -EINVAL;
    e4->compat = super->feature_compat;
    e4->incompat = super->feature_incompat;
    e4->ro_compat = super->feature_ro_compat;
    return 0;
}

static int check_sum(struct ext4_fs *e4)
{
    const struct ext4_super *super = &e4->super;

    e4->has_checksums = e4->ro_compat & EXT4_RO_METADATA_CSUM;
    if (e4->has_checksums || (e4->incompat & EXT4_INCOMPAT_EA_INODE)) /* whose values have a hash */
        e4->seed = e4->incompat & EXT4_INCOMPAT_CSUM_SEED ? super->checksum_seed
                                                          : crc32c(~0u, super->uuid, sizeof(super->uuid));
    if (!e4->has_checksums)
        return 0;
    if (super->checksum_type != EXT4_CHECKSUM_CRC32C)
        return refuse(e4, "checksums of type", super->checksum_type);
    if (crc32c(~0u, super, offsetof(struct ext4_super, checksum)) == super->checksum)
        return 0;
    /* What it says of errors (errors=panic) doesn't count either. */
    log_error("%s: ext4: damaged: the checksum of the superblock at KiB %llu is wrong", e4->dev->name,
              (unsigned long long)e4->super_kib);
    return -EBADMSG;
}

static int check_sizes(struct ext4_fs *e4)
{
    const struct ext4_super *super = &e4->super;

    if (super->log_block_size > EXT4_BLOCK_SHIFT_MAX - EXT4_BLOCK_SHIFT_MIN)
        return refuse(e4, "blocks may have 1, 2 or 4 KiB, and not 1 KiB shifted by", super->log_block_size);
    e4->block_shift = EXT4_BLOCK_SHIFT_MIN + super->log_block_size;
    e4->block_size = 1u << e4->block_shift;
    e4->super_block = e4->super_kib >> super->log_block_size;
    e4->inode_size = super->rev_level != 0 ? super->inode_size : EXT4_OLD_INODE_SIZE;
    e4->first_inode = super->rev_level != 0 ? super->first_ino : EXT4_OLD_FIRST_INODE;
    e4->desc_size = EXT4_DESC_SIZE;
    if (e4->incompat & EXT4_INCOMPAT_64BIT) {
        e4->desc_size = super->desc_size;
        if (e4->desc_size < EXT4_DESC_SIZE_64BIT || e4->desc_size > EXT4_DESC_SIZE_MAX ||
            !is_power_of_two(e4->desc_size))
            return refuse(e4, "descriptors of bytes:", e4->desc_size);
    }
    if (e4->inode_size < EXT4_OLD_INODE_SIZE || e4->inode_size > e4->block_size || !is_power_of_two(e4->inode_size))
        return refuse(e4, "inodes of bytes:", e4->inode_size);
    if (e4->first_inode < EXT4_OLD_FIRST_INODE)
        return refuse(e4, "the first inode is", e4->first_inode);
    return 0;
}

/* Blocks of a group, and clusters, which are blocks but with bigalloc. */
static int check_clusters(struct ext4_fs *e4)
{
    const struct ext4_super *super = &e4->super;
    uint32_t most = e4->block_size * 8; /* bits in a block of a bitmap */

    e4->group_blocks = super->blocks_per_group;
    if (!(e4->ro_compat & EXT4_RO_BIGALLOC)) {
        if (super->log_cluster_size != super->log_block_size)
            return refuse(e4, "fragments unlike blocks, shift", super->log_cluster_size);
        if (e4->group_blocks == 0 || e4->group_blocks > most)
            return refuse(e4, "blocks in a group:", e4->group_blocks);
        return 0;
    }
    if (super->log_cluster_size < super->log_block_size || super->log_cluster_size > 30 - EXT4_BLOCK_SHIFT_MIN)
        return refuse(e4, "clusters of 1 KiB shifted by", super->log_cluster_size);
    e4->cluster_shift = super->log_cluster_size - super->log_block_size;
    if (super->clusters_per_group == 0 || super->clusters_per_group > most)
        return refuse(e4, "clusters in a group:", super->clusters_per_group);
    if (e4->group_blocks != (uint64_t)super->clusters_per_group << e4->cluster_shift)
        return refuse(e4, "blocks in a group, which aren't its clusters':", e4->group_blocks);
    return 0;
}

static int check_blocks(struct ext4_fs *e4)
{
    const struct ext4_super *super = &e4->super;
    uint64_t on_disk = e4->dev->sectors >> (e4->block_shift - 9);

    e4->blocks = super->blocks_count_lo;
    if (e4->incompat & EXT4_INCOMPAT_64BIT)
        e4->blocks |= (uint64_t)super->blocks_count_hi << 32;
    e4->first_block = super->first_data_block;
    if (e4->blocks > on_disk)
        return refuse(e4, "it is larger than its disk, blocks:", e4->blocks);
    if (e4->first_block >= e4->blocks || e4->first_block > 1)
        return refuse(e4, "its first block is", e4->first_block);
    if (e4->first_block == 0 && e4->block_shift == EXT4_BLOCK_SHIFT_MIN && e4->cluster_shift == 0)
        return refuse(e4, "with blocks of 1 KiB its first block is", 0);
    uint64_t groups = (e4->blocks - e4->first_block + e4->group_blocks - 1) / e4->group_blocks;
    if (groups > UINT32_MAX)
        return refuse(e4, "groups:", groups);
    e4->groups = (uint32_t)groups;
    return 0;
}

static int check_inodes(struct ext4_fs *e4)
{
    const struct ext4_super *super = &e4->super;
    uint32_t in_block = e4->block_size / e4->inode_size;

    e4->group_inodes = super->inodes_per_group;
    e4->inodes = super->inodes_count;
    if (e4->group_inodes < in_block || e4->group_inodes > e4->block_size * 8)
        return refuse(e4, "inodes in a group:", e4->group_inodes);
    if ((uint64_t)e4->groups * e4->group_inodes != e4->inodes)
        return refuse(e4, "inodes, which aren't those of its groups:", e4->inodes);
    e4->group_table_blocks = (e4->group_inodes + in_block - 1) / in_block;
    return 0;
}

static int check_descriptors(const struct ext4_fs *e4)
{
    uint32_t in_block = e4->block_size / e4->desc_size;
    uint64_t blocks = ((uint64_t)e4->groups + in_block - 1) / in_block;

    if ((e4->incompat & EXT4_INCOMPAT_META_BG) && e4->super.first_meta_bg > blocks)
        return refuse(e4, "descriptors begin to be spread at block", e4->super.first_meta_bg);
    if (e4->super.reserved_gdt_blocks > e4->block_size / 4)
        return refuse(e4, "blocks kept for descriptors:", e4->super.reserved_gdt_blocks);
    return 0;
}

int ext4_super_check(struct ext4_fs *e4)
{
    int error = check_sum(e4);

    if (error == 0)
        error = check_sizes(e4);
    if (error == 0)
        error = check_clusters(e4);
    if (error == 0)
        error = check_blocks(e4);
    if (error == 0)
        error = check_inodes(e4);
    if (error == 0)
        error = check_descriptors(e4);
    if (e4->super.flags & EXT4_FLAG_UNSIGNED_HASH)
        e4->hash_unsigned = SIGNED_TO_UNSIGNED;
    return error;
}
