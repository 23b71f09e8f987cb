/* SPDX-License-Identifier: Apache-2.0 */
/* memory_file.h - files in memory that are in no directory: memfd_create(2)'s, and System V's shared memory. */
#ifndef GK_VFS_MEMORY_FILE_H
#define GK_VFS_MEMORY_FILE_H

#include "vfs/vfs.h"

/* A new one, open for reading and writing, with these permissions; /proc shows it by that name. 0 or -errno. */
int memory_file_open(uint32_t mode, const char *name, size_t length, struct file **out);

#endif
