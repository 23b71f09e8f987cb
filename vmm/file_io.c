/* SPDX-License-Identifier: Apache-2.0 */
/* file_io.c - see file_io.h. */
#include "vmm/file_io.h"

#include <errno.h>
#include <unistd.h>

/* What one call has moved: 0 with *done grown, or -errno. */
static int account(ssize_t moved, size_t *done)
{
    if (moved < 0 && errno == EINTR)
        return 0;
    if (moved <= 0)
        return moved < 0 ? -errno : -EIO;
    *done += (size_t)moved;
    return 0;
}

int file_io_read(int fd, void *bytes, size_t size, uint64_t offset)
{
    int error = 0;

    for (size_t done = 0; done < size && error == 0;)
        error = account(pread(fd, (uint8_t *)bytes + done, size - done, (off_t)(offset + done)), &done);
    return error;
}

int file_io_write(int fd, const void *bytes, size_t size, uint64_t offset)
{
    int error = 0;

    for (size_t done = 0; done < size && error == 0;)
        error = account(pwrite(fd, (const uint8_t *)bytes + done, size - done, (off_t)(offset + done)), &done);
    return error;
}
