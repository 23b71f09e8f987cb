/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - file operations for tests, with plain buffers. Paths are absolute. Negative errno as the VFS gives it. */
#ifndef TESTS_GUEST_KERNEL_FILES_H
#define TESTS_GUEST_KERNEL_FILES_H

#include "vfs/path.h"

int64_t put_bytes(struct file *file, uint64_t pos, const void *bytes, size_t size);
int64_t get_bytes(struct file *file, uint64_t pos, void *bytes, size_t size);

int open_path(const char *path, uint32_t flags, struct file **out);
/* Makes the file, or replaces what it held. */
int64_t put_file(const char *path, const void *bytes, size_t size);
/* The file's size; what fits in `size` is read. */
int64_t get_file(const char *path, void *bytes, size_t size);
int64_t size_of(const char *path); /* or the error of looking it up */
int truncate_path(const char *path, uint64_t size);

/* The absolute path of a place: its length; -ENOENT if it has no name any more. */
int64_t place_of(const struct path *path, char *out, size_t size);

/* The directory's names but for "." and "..", each followed by a space, in the order of the listing. */
int list_path(const char *path, char *out, size_t size);

#endif
