/* SPDX-License-Identifier: Apache-2.0 */
/* iov.h - arithmetic on lists of buffers. */
#ifndef LVMM_DEVICES_IOV_H
#define LVMM_DEVICES_IOV_H

#include <stddef.h>
#include <sys/uio.h>

/* Drops the first `size` bytes (at most what there is), and buffers that become empty. */
void iov_skip(struct iovec **iov, unsigned *count, size_t size);

/* Cuts the list to its first `size` bytes. */
void iov_truncate(struct iovec *iov, unsigned *count, size_t size);

/* Copies `size` bytes at `offset` of the list out of it or into it; returns how many of them it holds. */
size_t iov_read(const struct iovec *iov, unsigned count, size_t offset, void *dst, size_t size);
size_t iov_write(const struct iovec *iov, unsigned count, size_t offset, const void *src, size_t size);

#endif
