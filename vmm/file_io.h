/* SPDX-License-Identifier: Apache-2.0 */
/* file_io.h - reads and writes all of a piece of a file, where pread(2) and pwrite(2) may do less. */
#ifndef LVMM_FILE_IO_H
#define LVMM_FILE_IO_H

#include <stddef.h>
#include <stdint.h>

/*
 * Both move `size` bytes at `offset` of an ordinary file or a block device, and begin anew after a signal. The
 * descriptor's own position is neither used nor changed. 0; -errno, or -EIO where the file ends before that (or takes
 * nothing): what was moved until then stays moved. They block as the file does. Any thread.
 */
int file_io_read(int fd, void *bytes, size_t size, uint64_t offset);
int file_io_write(int fd, const void *bytes, size_t size, uint64_t offset);

#endif
