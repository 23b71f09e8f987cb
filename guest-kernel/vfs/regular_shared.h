/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regular_shared.h - reading and writing regular files while other CPUs share the kernel lock (core/klock.h): bytes of
 * pages that are in the cache, none of which changes what the cache or the file system knows of them.
 *
 * Each returns false if this isn't such a case; then nothing has happened, but that some bytes may have been copied. A
 * write that is done with the lock then copies the same ones.
 */
#ifndef GK_VFS_REGULAR_SHARED_H
#define GK_VFS_REGULAR_SHARED_H

#include "lib/types.h"
#include "vfs/vfs.h"

/* pos NULL: at and beyond file->pos. *done: as read(2) and write(2) give it. */
bool regular_read_shared(struct file *file, uaddr_t buffer, uint64_t size, const uint64_t *pos, int64_t *done);
bool regular_write_shared(struct file *file, uaddr_t buffer, uint64_t size, const uint64_t *pos, int64_t *done);
/* lseek(2) to a place that doesn't depend on where there is data. */
bool regular_seek_shared(struct file *file, int64_t offset, int whence, int64_t *done);

#endif
