/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_block.c - the disks in /sys (Linux's sysfs-block): each is /sys/devices/virtual/block/NAME. They have no
 * partitions. */
#include "fs/sysfs.h"
#include "lib/string.h"
#include "vfs/blk.h"

/* Disks stay, so that the n-th is there where its inode is. */
static const struct blk_device *disk_of(const struct proc_inode *at)
{
    uint64_t rdev;

    return blk_nth((unsigned)at->fd, &rdev);
}

static bool disk_name(unsigned n, char name[SYSFS_NAME_MAX])
{
    uint64_t rdev;
    const struct blk_device *dev = blk_nth(n, &rdev);

    if (dev != NULL)
        snprintf(name, SYSFS_NAME_MAX, "%s", dev->name);
    return dev != NULL;
}

static void number_put(char *buf, size_t size, unsigned n)
{
    uint64_t rdev = 0;

    blk_nth(n, &rdev);
    snprintf(buf, size, "%u:%u", (unsigned)(rdev >> 8), (unsigned)(rdev & 0xff));
}

static bool disk_number(unsigned n, char name[SYSFS_NAME_MAX])
{
    uint64_t rdev;

    if (blk_nth(n, &rdev) == NULL)
        return false;
    number_put(name, SYSFS_NAME_MAX, n);
    return true;
}

/* ---- of a disk ---- */

static int dev_show(struct proc_text *text, const struct proc_inode *at)
{
    char number[SYSFS_NAME_MAX];

    number_put(number, sizeof(number), (unsigned)at->fd);
    proc_print(text, "%s\n", number);
    return 0;
}

static int size_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%lu\n", (unsigned long)disk_of(at)->sectors);
    return 0;
}

static int read_only_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%u\n", disk_of(at)->read_only);
    return 0;
}

static int stat_show(struct proc_text *text, const struct proc_inode *at)
{
    uint64_t stats[BLK_STAT_NUMBERS];

    blk_stats_tell(disk_of(at), stats);
    for (unsigned i = 0; i < BLK_STAT_NUMBERS; i++)
        proc_print(text, i == 0 ? "%8lu" : " %8lu", (unsigned long)stats[i]);
    proc_print(text, "\n");
    return 0;
}

static int uevent_show(struct proc_text *text, const struct proc_inode *at)
{
    uint64_t rdev;
    const struct blk_device *dev = blk_nth((unsigned)at->fd, &rdev);

    proc_print(text, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\nDEVTYPE=disk\nDISKSEQ=%d\n", (unsigned)(rdev >> 8),
               (unsigned)(rdev & 0xff), dev->name, at->fd + 1);
    return 0;
}

static int sequence_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%d\n", at->fd + 1);
    return 0;
}

/* ---- of its queue ---- */

static int sector_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u\n", SECTOR_SIZE);
    return 0;
}

static int discard_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%u\n", disk_of(at)->takes_discards ? SECTOR_SIZE : 0);
    return 0;
}

static int discard_most_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%lu\n", disk_of(at)->takes_discards ? (unsigned long)BLK_CLEAR_SECTORS * SECTOR_SIZE : 0);
    return 0;
}

static int zeroes_most_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%lu\n", disk_of(at)->takes_zeroes ? (unsigned long)BLK_CLEAR_SECTORS * SECTOR_SIZE : 0);
    return 0;
}

static int transfer_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u\n", BLK_TRANSFER_SECTORS / 2);
    return 0;
}

static int ahead_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u\n", BLK_AHEAD_SECTORS / 2);
    return 0;
}

static int segments_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "%u\n", BLK_SEGMENTS_MAX);
    return 0;
}

/* ---- the tables ---- */

static const struct proc_entry queue_entries[] = {
    SYSFS_LINE("add_random", "0"),
    SYSFS_LINE("chunk_sectors", "0"),
    SYSFS_LINE("dax", "0"),
    SYSFS_SHOW("discard_granularity", discard_show),
    SYSFS_SHOW("discard_max_bytes", discard_most_show),
    SYSFS_SHOW("discard_max_hw_bytes", discard_most_show),
    SYSFS_LINE("discard_zeroes_data", "0"),
    SYSFS_LINE("fua", "0"),
    SYSFS_SHOW("hw_sector_size", sector_show),
    SYSFS_LINE("io_poll", "0"),
    SYSFS_LINE("iostats", "1"),
    SYSFS_SHOW("logical_block_size", sector_show),
    SYSFS_SHOW("max_hw_sectors_kb", transfer_show),
    SYSFS_SHOW("max_sectors_kb", transfer_show),
    SYSFS_SHOW("max_segments", segments_show),
    SYSFS_SHOW("minimum_io_size", sector_show),
    SYSFS_LINE("nr_zones", "0"),
    SYSFS_LINE("optimal_io_size", "0"),
    SYSFS_SHOW("physical_block_size", sector_show),
    SYSFS_SHOW("read_ahead_kb", ahead_show),
    SYSFS_LINE("rotational", "0"),
    SYSFS_LINE("scheduler", "[none] "),
    SYSFS_LINE("stable_writes", "0"),
    SYSFS_LINE("write_cache", "write back"),
    SYSFS_LINE("write_same_max_bytes", "0"),
    SYSFS_SHOW("write_zeroes_max_bytes", zeroes_most_show),
    SYSFS_LINE("zoned", "none"),
    {0},
};

static const struct proc_entry disk_entries[] = {
    SYSFS_LINE("alignment_offset", "0"),
    SYSFS_LINE("cache_type", "write back"),
    SYSFS_LINE("capability", "0"),
    SYSFS_SHOW("dev", dev_show),
    SYSFS_LINE("discard_alignment", "0"),
    SYSFS_SHOW("diskseq", sequence_show),
    SYSFS_LINE("ext_range", "1"), /* this disk alone, without partitions */
    SYSFS_LINE("hidden", "0"),
    SYSFS_DIR("holders", NULL),
    SYSFS_LINE("inflight", "       0        0"),
    SYSFS_DIR("queue", queue_entries),
    SYSFS_LINE("range", "1"),
    SYSFS_LINE("removable", "0"),
    SYSFS_SHOW("ro", read_only_show),
    SYSFS_SHOW("size", size_show),
    SYSFS_DIR("slaves", NULL),
    SYSFS_SHOW("stat", stat_show),
    SYSFS_LINK("subsystem", "../../../../class/block"),
    SYSFS_SHOW("uevent", uevent_show),
    {0},
};
static const struct proc_entry disk_entry = SYSFS_DIR("disk", disk_entries);
const struct sysfs_list sysfs_disks = {&disk_entry, disk_name};

/* ---- links ---- */

/* Its arg is what leads up to /sys. */
static int64_t disk_link(const struct proc_inode *at, char *buf)
{
    const char *up = at->entry->arg;

    return snprintf(buf, PATH_MAX, "%sdevices/virtual/block/%s", up, disk_of(at)->name);
}

#define DISK_LINK(way_up) {.name = "disk", .mode = S_IFLNK | 0777, .link = disk_link, .arg = (way_up)}
static const struct proc_entry block_link = DISK_LINK("../");
static const struct proc_entry class_link = DISK_LINK("../../");
static const struct proc_entry dev_link = DISK_LINK("../../");
const struct sysfs_list sysfs_block_links = {&block_link, disk_name};
const struct sysfs_list sysfs_class_block_links = {&class_link, disk_name};
const struct sysfs_list sysfs_dev_block_links = {&dev_link, disk_number};
