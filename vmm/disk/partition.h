/* SPDX-License-Identifier: Apache-2.0 */
/*
 * partition.h - finds a partition of a disk, by the table that the disk has: an MBR with logical partitions, or a GPT.
 *
 * Whoever wrote the disk may have had anything in mind, so what is found lies in the disk, overlaps no other partition,
 * and was found in a bounded time. Pure: the disk is read by the caller.
 */
#ifndef LVMM_DISK_PARTITION_H
#define LVMM_DISK_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct partition_disk {
    uint64_t size_bytes;  /* a multiple of 512 */
    const uint8_t *start; /* the first start_size bytes, at least 512 */
    size_t start_size;
    /* Reads bytes that are in the disk. 0 or -errno. */
    int (*read)(void *owner, void *bytes, size_t size, uint64_t offset);
    void *owner;
};

struct partition {
    unsigned number; /* as Linux counts: /dev/vdaN */
    uint64_t offset, size_bytes;
};

#define PARTITION_LINUX 0u /* for a number: the first one whose type is a Linux file system's */

/*
 * 1: found. 0: the disk has no partition table; or, for PARTITION_LINUX, one without such a partition. A file system's
 * boot sector is no table for it, though it may end like one. -ENOENT: no such partition; -EINVAL: the table or the
 * partition is damaged; -errno of reading; each with the reason in `why`, which says what there is instead, for 0 as
 * well if there is a table; else it is "".
 */
int partition_find(const struct partition_disk *disk, unsigned number, struct partition *out, char *why,
                   size_t why_size);

#endif
