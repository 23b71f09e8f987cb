/* SPDX-License-Identifier: Apache-2.0 */
/* fat32_bpb.c - the boot sector with the BIOS parameter block, and FSInfo (FAT spec, "Boot Sector and BPB"). */
#include "abi/errno.h"
#include "core/log.h"
#include "fs/fat32.h"
#include "lib/string.h"

enum { /* offsets in the boot sector */
       BPB_BYTES_PER_SECTOR = 11,
       BPB_SECTORS_PER_CLUSTER = 13,
       BPB_RESERVED_SECTORS = 14,
       BPB_FATS = 16,
       BPB_ROOT_ENTRIES = 17,
       BPB_TOTAL_SECTORS_16 = 19,
       BPB_MEDIA = 21,
       BPB_FAT_SECTORS_16 = 22,
       BPB_TOTAL_SECTORS_32 = 32,
       BPB_FAT_SECTORS_32 = 36,
       BPB_EXT_FLAGS = 40,
       BPB_VERSION = 42,
       BPB_ROOT_CLUSTER = 44,
       BPB_INFO_SECTOR = 48,
       BS_STATE = 65, /* reserved in the specification; Linux and Windows mark a volume in use there */
       BS_SIGNATURE = 510,
       /* and in FSInfo */
       FSI_LEAD = 0,
       FSI_STRUCT = 484,
       FSI_FREE_COUNT = 488,
       FSI_NEXT_FREE = 492,
};
#define BS_STATE_DIRTY 1u
#define FSI_LEAD_SIGNATURE 0x41615252u
#define FSI_STRUCT_SIGNATURE 0x61417272u
#define EXT_FLAG_ONE_FAT 0x80u /* bits 0..3 tell which */
#define CLUSTERS_MAX 0x0ffffff5u

static uint32_t read_le(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;

    while (size-- != 0)
        value = value << 8 | bytes[size];
    return value;
}

static void write_le32(uint8_t *bytes, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && !(value & (value - 1));
}

static int refuse(const struct fat_fs *fat, const char *what, unsigned long value)
{
    log_error("%s: not a FAT32 volume: %s %lu", fat->dev->name, what, value);
    return -EINVAL;
}

/* What every FAT volume has: else this is something else, and others may try. */
static bool looks_like_fat(const uint8_t *bpb)
{
    uint32_t sector = read_le(bpb + BPB_BYTES_PER_SECTOR, 2);

    return read_le(bpb + BS_SIGNATURE, 2) == 0xaa55 && is_power_of_two(sector) && sector >= 512 && sector <= 4096 &&
           is_power_of_two(bpb[BPB_SECTORS_PER_CLUSTER]) && bpb[BPB_FATS] != 0 &&
           (bpb[BPB_MEDIA] == 0xf0 || bpb[BPB_MEDIA] >= 0xf8);
}

/* As Linux does, FAT32 is told by the 16-bit fields that it doesn't use, not by the number of clusters. */
static int check_kind(const struct fat_fs *fat, const uint8_t *bpb)
{
    if (read_le(bpb + BPB_FAT_SECTORS_16, 2) != 0)
        return refuse(fat, "it is FAT12 or FAT16, with a FAT of sectors:", read_le(bpb + BPB_FAT_SECTORS_16, 2));
    if (read_le(bpb + BPB_ROOT_ENTRIES, 2) != 0)
        return refuse(fat, "fixed root directory with entries:", read_le(bpb + BPB_ROOT_ENTRIES, 2));
    if (read_le(bpb + BPB_VERSION, 2) != 0)
        return refuse(fat, "version", read_le(bpb + BPB_VERSION, 2));
    if (read_le(bpb + BPB_RESERVED_SECTORS, 2) == 0)
        return refuse(fat, "reserved sectors:", 0);
    return 0;
}

/* Where the FATs and the clusters lie, in sectors of 512. All sums fit in 64 bits. */
static int read_layout(struct fat_fs *fat, const uint8_t *bpb)
{
    uint32_t scale = read_le(bpb + BPB_BYTES_PER_SECTOR, 2) / SECTOR_SIZE;
    uint32_t total_16 = read_le(bpb + BPB_TOTAL_SECTORS_16, 2);
    uint64_t total = (uint64_t)(total_16 != 0 ? total_16 : read_le(bpb + BPB_TOTAL_SECTORS_32, 4)) * scale;
    uint64_t fat_sectors = (uint64_t)read_le(bpb + BPB_FAT_SECTORS_32, 4) * scale;

    fat->cluster_sectors = bpb[BPB_SECTORS_PER_CLUSTER] * scale;
    fat->cluster_shift = (unsigned)__builtin_ctz(fat->cluster_sectors * SECTOR_SIZE);
    fat->fat_sector = read_le(bpb + BPB_RESERVED_SECTORS, 2) * scale;
    fat->fat_count = bpb[BPB_FATS];
    fat->data_sector = fat->fat_sector + fat_sectors * fat->fat_count;
    if (total > fat->dev->sectors)
        return refuse(fat, "it is larger than its disk, sectors:", total);
    if (fat_sectors == 0 || fat->data_sector >= total)
        return refuse(fat, "its FATs leave no room for data, sectors:", fat_sectors);
    uint64_t clusters = (total - fat->data_sector) / fat->cluster_sectors;
    uint64_t entries = fat_sectors * (SECTOR_SIZE / 4);
    if (clusters > entries - FAT_FIRST_CLUSTER)
        clusters = entries - FAT_FIRST_CLUSTER;
    if (clusters == 0 || clusters > CLUSTERS_MAX)
        return refuse(fat, "clusters:", clusters);
    fat->fat_sectors = (uint32_t)fat_sectors; /* fits: it is below the disk's size of at most 2^32 * 8 ... */
    if (fat->fat_sectors != fat_sectors)      /* ... or not */
        return refuse(fat, "FAT sectors:", fat_sectors);
    fat->cluster_end = (uint32_t)clusters + FAT_FIRST_CLUSTER;
    return 0;
}

static int read_rest(struct fat_fs *fat, const uint8_t *bpb)
{
    uint32_t flags = read_le(bpb + BPB_EXT_FLAGS, 2);

    fat->only_fat = flags & EXT_FLAG_ONE_FAT ? (int)(flags & 15) : -1;
    if (fat->only_fat >= (int)fat->fat_count)
        return refuse(fat, "no such active FAT:", flags & 15);
    fat->root_cluster = read_le(bpb + BPB_ROOT_CLUSTER, 4);
    if (!fat_is_cluster(fat, fat->root_cluster))
        return refuse(fat, "root directory in cluster", fat->root_cluster);
    fat->was_dirty = bpb[BS_STATE] & BS_STATE_DIRTY;
    return 0;
}

/* Finds FSInfo: nearly always in the page that we have; with sectors of 4096 bytes in one of its own. */
static uint8_t *load_info(struct fat_fs *fat, uint64_t sector, uint32_t boot_bytes)
{
    uint64_t in_page = PAGE_SIZE / SECTOR_SIZE;

    fat->info_sector = sector;
    if (sector < boot_bytes / SECTOR_SIZE) {
        fat->info = fat->boot;
        page_get(fat->info);
        return (uint8_t *)page_data(fat->info) + sector * SECTOR_SIZE;
    }
    fat->info = page_alloc_dirty();
    if (fat->info == NULL)
        return NULL;
    uint8_t *info = (uint8_t *)page_data(fat->info) + sector % in_page * SECTOR_SIZE;
    struct blk_segment segment = {page_phys(fat->info) + sector % in_page * SECTOR_SIZE, SECTOR_SIZE};
    return blk_transfer(fat->dev, false, sector, &segment, 1) != 0 ? NULL : info;
}

/* FSInfo is only a hint; without a good one we do without. */
static void read_info(struct fat_fs *fat, const uint8_t *bpb, uint32_t boot_bytes)
{
    uint64_t sector =
        (uint64_t)read_le(bpb + BPB_INFO_SECTOR, 2) * (read_le(bpb + BPB_BYTES_PER_SECTOR, 2) / SECTOR_SIZE);

    fat->free_count = FAT_UNKNOWN;
    fat->next_free = FAT_FIRST_CLUSTER;
    if (sector == 0 || sector >= fat->fat_sector)
        return;
    const uint8_t *info = load_info(fat, sector, boot_bytes);
    if (info == NULL || read_le(info + FSI_LEAD, 4) != FSI_LEAD_SIGNATURE ||
        read_le(info + FSI_STRUCT, 4) != FSI_STRUCT_SIGNATURE) {
        fat->info_sector = 0;
        return;
    }
    uint32_t count = read_le(info + FSI_FREE_COUNT, 4), next = read_le(info + FSI_NEXT_FREE, 4);
    if (count <= fat->cluster_end - FAT_FIRST_CLUSTER)
        fat->free_count = count;
    if (fat_is_cluster(fat, next))
        fat->next_free = next;
}

int fat_boot_read(struct fat_fs *fat)
{
    uint64_t sectors = PAGE_SIZE / SECTOR_SIZE;

    if (sectors > fat->dev->sectors)
        sectors = fat->dev->sectors;
    fat->boot = page_alloc_dirty();
    if (fat->boot == NULL)
        return -ENOMEM;
    struct blk_segment segment = {page_phys(fat->boot), (uint32_t)sectors * SECTOR_SIZE};
    int error = sectors != 0 ? blk_transfer(fat->dev, false, 0, &segment, 1) : -EINVAL;
    const uint8_t *bpb = page_data(fat->boot);
    if (error == 0 && !looks_like_fat(bpb))
        error = -EINVAL;
    if (error == 0)
        error = check_kind(fat, bpb);
    if (error == 0)
        error = read_layout(fat, bpb);
    if (error == 0)
        error = read_rest(fat, bpb);
    if (error == 0)
        read_info(fat, bpb, segment.size);
    return error;
}

static int sector_write(struct fat_fs *fat, const struct page *page, uint64_t sector)
{
    struct blk_segment segment = {page_phys(page) + sector * SECTOR_SIZE % PAGE_SIZE, SECTOR_SIZE};

    return blk_transfer(fat->dev, true, sector, &segment, 1);
}

int fat_info_write(struct fat_fs *fat)
{
    if (fat->info_dirty && fat->info_sector != 0) {
        uint8_t *info = (uint8_t *)page_data(fat->info) + fat->info_sector * SECTOR_SIZE % PAGE_SIZE;
        write_le32(info + FSI_FREE_COUNT, fat->free_count);
        write_le32(info + FSI_NEXT_FREE, fat->next_free);
        int error = sector_write(fat, fat->info, fat->info_sector);
        if (error != 0)
            return error;
        fat->info_written = true;
    }
    fat->info_dirty = false;
    return 0;
}

int fat_mark_dirty(struct fat_fs *fat)
{
    uint8_t *state = (uint8_t *)page_data(fat->boot) + BS_STATE;

    if (fat->marked_dirty)
        return 0;
    fat->unordered = true; /* this comes before anything that could need a check */
    if (!(*state & BS_STATE_DIRTY)) {
        *state |= BS_STATE_DIRTY;
        int error = sector_write(fat, fat->boot, 0);
        if (error != 0) {
            *state &= (uint8_t)~BS_STATE_DIRTY;
            return error;
        }
    }
    fat->marked_dirty = true;
    return 0;
}

int fat_mark_clean(struct fat_fs *fat)
{
    uint8_t *state = (uint8_t *)page_data(fat->boot) + BS_STATE;

    if (!fat->was_dirty && !fat->stays_dirty) {
        *state &= (uint8_t)~BS_STATE_DIRTY;
        int error = sector_write(fat, fat->boot, 0);
        if (error != 0) {
            *state |= BS_STATE_DIRTY;
            return error;
        }
    }
    fat->marked_dirty = false;
    return 0;
}

int fat_damaged(struct fat_fs *fat, const char *what)
{
    if (!fat->complained)
        log_error("%s: the file system is damaged: %s; fsck.fat may repair it", fat->dev->name, what);
    fat->complained = true;
    return -EIO;
}
