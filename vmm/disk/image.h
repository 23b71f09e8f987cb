/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - where a disk's bytes are: in a file or a part of it, and what was changed perhaps in another.
 *
 * As cow.h: system calls alone, and not thread-safe.
 */
#ifndef LVMM_DISK_IMAGE_H
#define LVMM_DISK_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/meter.h"

struct cow;

/* Bytes of requests that were begun, of all disks; what is only discarded isn't counted. */
struct disk_meters {
    struct meter read, written;
};

struct disk_image {
    int fd;                     /* the base */
    uint64_t offset;            /* where the disk begins in it, bytes */
    struct cow *cow;            /* what is written goes there; NULL: to the base */
    struct disk_meters *meters; /* for whoever takes the requests: disk_image_count. NULL: none */
};

/* A part of one file. */
struct disk_piece {
    int fd;
    uint64_t offset, size; /* bytes */
};

/*
 * The first piece of the disk's [offset, offset + size), which is in the disk and not empty. What is written has to
 * begin at a sector, and is one piece. 0; -ENOSPC: the changes have reached their limit.
 */
int disk_image_piece(const struct disk_image *image, bool write, uint64_t offset, uint64_t size,
                     struct disk_piece *piece);

/* RWF_* for a write of a piece, where the driver wants `flags` for it. */
int disk_image_flags(const struct disk_image *image, int flags);

/*
 * To be told of each write of a piece before anybody else is: `written` bytes at the disk's `offset`, or -errno. What
 * has come of it: so many bytes count as written, or -errno. flags: those that the driver wants; with RWF_DSYNC it is
 * on the disk then.
 */
ssize_t disk_image_wrote(struct disk_image *image, uint64_t offset, ssize_t written, int flags);

/* Counts a request. False: more than may be written. */
static inline bool disk_image_count(const struct disk_image *image, bool write, uint64_t size)
{
    if (image->meters == NULL)
        return true;
    if (write)
        return meter_take_all(&image->meters->written, size);
    meter_add(&image->meters->read, size);
    return true;
}

/* As pread(2), pwritev2(2) and fdatasync(2), but with -errno for a result: they may do less than all. */
ssize_t disk_image_read(struct disk_image *image, void *bytes, size_t size, uint64_t offset);
ssize_t disk_image_write(struct disk_image *image, const void *bytes, size_t size, uint64_t offset, int flags);
int disk_image_sync(struct disk_image *image);

/* Must a flush be done in the steps of cow_commit, or is it one fdatasync of disk_image_sync_fd? -1 there: there is
 * nothing to sync. */
bool disk_image_commits(const struct disk_image *image);
int disk_image_sync_fd(const struct disk_image *image);

#endif
