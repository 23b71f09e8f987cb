/* SPDX-License-Identifier: Apache-2.0 */
/* iov.c - see iov.h. */
#include "devices/virtio/iov.h"

#include <stdint.h>
#include <string.h>

void iov_skip(struct iovec **iov, unsigned *count, size_t size)
{
    while (*count > 0 && size >= (*iov)->iov_len) {
        size -= (*iov)->iov_len;
        (*iov)++;
        (*count)--;
    }
    if (*count > 0) {
        (*iov)->iov_base = (uint8_t *)(*iov)->iov_base + size;
        (*iov)->iov_len -= size;
    }
}

void iov_truncate(struct iovec *iov, unsigned *count, size_t size)
{
    for (unsigned i = 0; i < *count; i++) {
        if (iov[i].iov_len >= size) {
            iov[i].iov_len = size;
            *count = size > 0 ? i + 1 : i;
            return;
        }
        size -= iov[i].iov_len;
    }
}

/* The part of buffer `iov` that a copy at *offset of `size` bytes touches; moves *offset past the buffer. */
static size_t iov_overlap(const struct iovec *iov, size_t *offset, size_t size, uint8_t **at)
{
    size_t n;

    if (*offset >= iov->iov_len) {
        *offset -= iov->iov_len;
        return 0;
    }
    *at = (uint8_t *)iov->iov_base + *offset;
    n = iov->iov_len - *offset;
    *offset = 0;
    return n < size ? n : size;
}

size_t iov_read(const struct iovec *iov, unsigned count, size_t offset, void *dst, size_t size)
{
    size_t done = 0;

    for (unsigned i = 0; i < count && done < size; i++) {
        uint8_t *at = NULL;
        size_t n = iov_overlap(&iov[i], &offset, size - done, &at);

        if (n > 0)
            memcpy((uint8_t *)dst + done, at, n);
        done += n;
    }
    return done;
}

size_t iov_write(const struct iovec *iov, unsigned count, size_t offset, const void *src, size_t size)
{
    size_t done = 0;

    for (unsigned i = 0; i < count && done < size; i++) {
        uint8_t *at = NULL;
        size_t n = iov_overlap(&iov[i], &offset, size - done, &at);

        if (n > 0)
            memcpy(at, (const uint8_t *)src + done, n);
        done += n;
    }
    return done;
}
