/* SPDX-License-Identifier: Apache-2.0 */
/* clear.c - see clear.h. */
#include "vmm/disk/clear.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmm/disk/cow.h"

const uint8_t disk_zeroes[DISK_ZEROES_BYTES];

/* A file of changes gives up what it has: it reads as zeroes from then on. Sectors that aren't in it are the base's,
 * which stays as it is, and less than a page has no room of its own. */
static void step_in_changes(const struct disk_image *image, uint64_t offset, uint64_t size,
                            struct disk_clear_step *step)
{
    uint64_t end = offset + size, at = offset;

    while (at < end) {
        struct disk_piece piece;

        disk_image_piece(image, false, at, end - at, &piece);
        uint64_t first = (piece.offset + COW_PAGE - 1) & ~(uint64_t)(COW_PAGE - 1);
        uint64_t last = (piece.offset + piece.size) & ~(uint64_t)(COW_PAGE - 1);
        if (piece.fd == image->cow->fd && first < last) {
            step->skipped = at - offset + (first - piece.offset);
            step->offset = first;
            step->size = last - first;
            return;
        }
        at += piece.size;
    }
    step->skipped = size;
}

int disk_clear_step(const struct disk_image *image, enum disk_clear how, bool by_writing, uint64_t offset,
                    uint64_t size, struct disk_clear_step *step)
{
    uint64_t most = by_writing ? DISK_ZEROES_BYTES : DISK_CLEAR_BYTES;
    struct disk_piece piece;
    bool keeps_room = how == DISK_ZERO && image->cow == NULL; /* changes have no room that is theirs for sure */

    *step = (struct disk_clear_step){.fd = image->fd, .mode = FALLOC_FL_KEEP_SIZE};
    step->mode |= keeps_room ? FALLOC_FL_ZERO_RANGE : FALLOC_FL_PUNCH_HOLE;
    size = size < most ? size : most;
    if (how == DISK_DISCARD && image->cow != NULL) {
        step->fd = image->cow->fd;
        step_in_changes(image, offset, size, step);
        return 0;
    }
    int error = disk_image_piece(image, true, offset, size, &piece);
    step->fd = piece.fd;
    step->offset = piece.offset;
    step->size = piece.size;
    return error;
}

/* EINVAL: what a block device says of sectors that aren't whole blocks of it. */
bool disk_clear_is_refusal(int error)
{
    return error == -EOPNOTSUPP || error == -ENOSYS || error == -ENODEV || error == -ENOTTY || error == -EINVAL;
}

int disk_clear_otherwise(const struct disk_clear_step *step)
{
    uint64_t range[2] = {step->offset, step->size};
    struct stat about;

    if (fstat(step->fd, &about) < 0 || !S_ISBLK(about.st_mode) || ioctl(step->fd, BLKDISCARD, range) == 0)
        return 0;
    return disk_clear_is_refusal(-errno) ? 0 : -errno;
}

/* 0 or -errno. */
static int do_step(const struct disk_image *image, enum disk_clear how, const struct disk_clear_step *step, int flags)
{
    if (fallocate(step->fd, step->mode, (off_t)step->offset, (off_t)step->size) < 0) {
        int error = -errno;

        return how == DISK_DISCARD && disk_clear_is_refusal(error) ? disk_clear_otherwise(step) : error;
    }
    bool is_stable = how == DISK_DISCARD || (disk_image_flags(image, flags) & RWF_DSYNC) == 0;
    return is_stable || fdatasync(step->fd) == 0 ? 0 : -errno;
}

ssize_t disk_image_clear(struct disk_image *image, enum disk_clear how, uint64_t offset, uint64_t size, int flags)
{
    struct disk_clear_step step;
    int error = disk_clear_step(image, how, false, offset, size, &step);

    if (error == 0 && step.size > 0)
        error = do_step(image, how, &step, flags);
    if (how != DISK_DISCARD && disk_clear_is_refusal(error))
        return disk_image_write(image, disk_zeroes, size < DISK_ZEROES_BYTES ? size : DISK_ZEROES_BYTES, offset, flags);
    if (error != 0)
        return error;
    if (how == DISK_DISCARD)
        return (ssize_t)(step.skipped + step.size);
    return disk_image_wrote(image, offset, (ssize_t)step.size, flags);
}
