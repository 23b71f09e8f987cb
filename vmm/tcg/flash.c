/* SPDX-License-Identifier: Apache-2.0 */
/* flash.c - see flash.h. */
#include "vmm/tcg/flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/file_io.h"
#include "vmm/log.h"

#define CHUNK_BYTES (1u << 20)
#define PAGE_BYTES 4096u

static size_t chunk_at(uint64_t offset, uint64_t end)
{
    return end - offset < CHUNK_BYTES ? (size_t)(end - offset) : CHUNK_BYTES;
}

static int fill(int fd, const struct backend_file *image, uint64_t window, uint8_t *chunk)
{
    uint64_t offset = 0;
    int error = 0;

    for (size_t n; offset < image->size_bytes && error == 0; offset += n) {
        n = chunk_at(offset, image->size_bytes);
        error = file_io_read(image->fd, chunk, n, offset);
        error = error != 0 ? error : file_io_write(fd, chunk, n, offset);
    }
    memset(chunk, 0xff, CHUNK_BYTES);
    for (size_t n; offset < window && error == 0; offset += n) {
        n = chunk_at(offset, window);
        error = file_io_write(fd, chunk, n, offset);
    }
    return error;
}

/* QEMU takes a descriptor only if its access mode is what it would open the file with. */
static int reopen_read_only(int fd)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int reader = open(path, O_RDONLY | O_CLOEXEC);
    int error = reader < 0 ? -errno : 0;
    close(fd);
    return error != 0 ? error : reader;
}

int tcg_flash_open(const struct backend_file *image, uint64_t window)
{
    uint8_t *chunk = malloc(CHUNK_BYTES);
    int fd = memfd_create("flash", MFD_CLOEXEC);
    int error = fd < 0 ? -errno : chunk == NULL ? -ENOMEM : fill(fd, image, window, chunk);

    free(chunk);
    if (error != 0 && fd >= 0)
        close(fd);
    if (error != 0)
        return error;
    return image->read_only ? reopen_read_only(fd) : fd;
}

/* ---- the way back ---- */

/* `now` and `before` are the same part of both. */
static int save_pages(const struct backend_file *image, const uint8_t *now, const uint8_t *before, size_t size,
                      uint64_t offset)
{
    int error = 0;

    for (size_t at = 0; at < size && error == 0; at += PAGE_BYTES) {
        size_t n = size - at < PAGE_BYTES ? size - at : PAGE_BYTES;
        if (memcmp(now + at, before + at, n) != 0)
            error = file_io_write(image->fd, now + at, n, offset + at);
    }
    return error;
}

static int save(int fd, const struct backend_file *image, uint8_t *chunks)
{
    int error = 0;

    for (uint64_t offset = 0; offset < image->size_bytes && error == 0; offset += CHUNK_BYTES) {
        size_t n = chunk_at(offset, image->size_bytes);
        error = file_io_read(fd, chunks, n, offset);
        error = error != 0 ? error : file_io_read(image->fd, chunks + CHUNK_BYTES, n, offset);
        error = error != 0 ? error : save_pages(image, chunks, chunks + CHUNK_BYTES, n, offset);
    }
    return error;
}

int tcg_flash_save(int fd, const struct backend_file *image)
{
    if (image->read_only)
        return 0;
    uint8_t *chunks = malloc(2 * (size_t)CHUNK_BYTES);
    int error = chunks == NULL ? -ENOMEM : save(fd, image, chunks);

    if (error == 0 && fdatasync(image->fd) < 0) /* nothing to do if nothing was written */
        error = -errno;
    free(chunks);
    if (error != 0)
        log_error("--pflash %s: what the guest has written may be lost: %s", image->path, strerror(-error));
    return error;
}
