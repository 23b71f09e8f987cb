/* SPDX-License-Identifier: Apache-2.0 */
/* image.c - see image.h. */
#include "vmm/disk/image.h"

#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vmm/disk/cow.h"

int disk_image_piece(const struct disk_image *image, bool write, uint64_t offset, uint64_t size,
                     struct disk_piece *piece)
{
    const struct cow *cow = image->cow;
    uint64_t first = offset / COW_SECTOR, sectors = (offset % COW_SECTOR + size + COW_SECTOR - 1) / COW_SECTOR;
    bool changed = true;

    *piece = (struct disk_piece){.fd = image->fd, .offset = image->offset + offset, .size = size};
    if (cow == NULL)
        return 0;
    if (!write) {
        uint64_t alike = cow_run(cow, first, sectors, &changed) * COW_SECTOR - offset % COW_SECTOR;

        piece->size = alike < size ? alike : size;
    }
    if (changed) {
        piece->fd = cow->fd;
        piece->offset = cow->at.data + offset;
    }
    return write ? cow_room(cow, first, sectors) : 0;
}

int disk_image_flags(const struct disk_image *image, int flags)
{
    return image->cow == NULL ? flags : 0;
}

ssize_t disk_image_wrote(struct disk_image *image, uint64_t offset, ssize_t written, int flags)
{
    struct cow *cow = image->cow;

    if (cow == NULL || written <= 0)
        return written;
    written -= written % (ssize_t)COW_SECTOR; /* a sector is changed as a whole */
    if (written == 0)
        return -ENOSPC;
    int error = cow_mark(cow, offset / COW_SECTOR, (uint64_t)written / COW_SECTOR);
    if (error == 0 && (flags & RWF_DSYNC) != 0)
        error = cow_sync(cow);
    return error != 0 ? error : written;
}

ssize_t disk_image_read(struct disk_image *image, void *bytes, size_t size, uint64_t offset)
{
    struct disk_piece piece;

    disk_image_piece(image, false, offset, size, &piece);
    ssize_t n = pread(piece.fd, bytes, piece.size, (off_t)piece.offset);
    return n < 0 ? -errno : n;
}

ssize_t disk_image_write(struct disk_image *image, const void *bytes, size_t size, uint64_t offset, int flags)
{
    struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct disk_piece piece;
    int error = disk_image_piece(image, true, offset, size, &piece);

    if (error != 0)
        return error;
    ssize_t n = pwritev2(piece.fd, &iov, 1, (off_t)piece.offset, disk_image_flags(image, flags));
    return disk_image_wrote(image, offset, n < 0 ? -errno : n, flags);
}

bool disk_image_commits(const struct disk_image *image)
{
    return image->cow != NULL && image->cow->kept;
}

int disk_image_sync_fd(const struct disk_image *image)
{
    if (image->cow == NULL)
        return image->fd;
    return image->cow->kept ? image->cow->fd : -1;
}

int disk_image_sync(struct disk_image *image)
{
    if (image->cow != NULL)
        return cow_sync(image->cow);
    return fdatasync(image->fd) < 0 ? -errno : 0;
}
