/* SPDX-License-Identifier: Apache-2.0 */
/* dirent.h - packs directory entries as getdents64 gives them (struct linux_dirent64). */
#ifndef GK_SYS_DIRENT_H
#define GK_SYS_DIRENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirent_buffer {
    char *bytes; /* aligned to 8 */
    size_t size, used;
    uint64_t first_pos; /* where the first of them is: for dirent_emit_one_32 */
    int error;          /* why there is no more, if it isn't want of room: -EOVERFLOW, or 0 */
};

/* A dir_emit (vfs/vfs.h) whose `arg` is a struct dirent_buffer. */
bool dirent_emit(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos);
/* The same as getdents(2) has it, which is older. */
bool dirent_emit_old(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos);
/* And as a 32-bit program has that: an inode number of more bits doesn't fit. */
bool dirent_emit_old_32(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos);
/* And as readdir(2) has it: one entry and no more, and where that is itself. */
bool dirent_emit_one_32(void *arg, const char *name, size_t length, uint64_t ino, unsigned dt_type, uint64_t next_pos);

#endif
