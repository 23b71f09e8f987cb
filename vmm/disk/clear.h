/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clear.h - a stretch of a disk that nobody needs any more, or that is to be zeroes, without anybody sending them.
 *
 * As image.h: system calls alone, and not thread-safe.
 */
#ifndef LVMM_DISK_CLEAR_H
#define LVMM_DISK_CLEAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/disk/image.h"

/* What one call of the host is asked for at most: a stretch, and zeroes that are written. */
#define DISK_CLEAR_BYTES (32u << 20)
#define DISK_ZEROES_BYTES (16u << 10)

enum disk_clear {
    DISK_DISCARD, /* the bytes are nobody's any more: their room goes back to the host as far as it takes it */
    DISK_ZERO,    /* they read as zeroes, and the file keeps their room */
    DISK_UNMAP,   /* they read as zeroes, and their room may go back */
};

/* One call of the host. */
struct disk_clear_step {
    uint64_t skipped; /* bytes before it that stay as they are */
    uint64_t size;    /* bytes; 0: nothing is left to do */
    uint64_t offset;  /* in the file */
    int fd;
    int mode; /* of fallocate(2), unless zeroes are written */
};

/* What is written then: DISK_ZEROES_BYTES. */
extern const uint8_t disk_zeroes[];

/*
 * The first step for the disk's [offset, offset + size), which is in the disk and not empty. by_writing: zeroes are to
 * be written, not more than there are in disk_zeroes. Nothing is skipped of what is to be zeroes. 0; -ENOSPC: the
 * changes have reached their limit.
 */
int disk_clear_step(const struct disk_image *image, enum disk_clear how, bool by_writing, uint64_t offset,
                    uint64_t size, struct disk_clear_step *step);

/* Does fallocate's -errno say that the host can't do such a thing there? */
bool disk_clear_is_refusal(int error);

/* To be asked after such a one: the last way to discard it, on a block device. 0, also where there is no such way: a
 * discard is a hint. Or -errno. */
int disk_clear_otherwise(const struct disk_clear_step *step);

/* Does the first part of it, and says how many bytes that were, or -errno. flags: as for disk_image_write, which what
 * is to be zeroes counts as; with cow, disk_image_wrote has been told. */
ssize_t disk_image_clear(struct disk_image *image, enum disk_clear how, uint64_t offset, uint64_t size, int flags);

#endif
