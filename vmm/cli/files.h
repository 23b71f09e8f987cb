/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.h - opens, checks and locks the files that a run uses. Messages name the option, the file and the reason.
 *
 * Locks are flock(2)'s: they go with the descriptor, however lvmm ends. A writer keeps everybody else out, readers
 * share, and so do those whose changes go somewhere else.
 */
#ifndef LVMM_FILES_H
#define LVMM_FILES_H

#include "vmm/backend.h"

/* A disk: not empty, a multiple of 512 bytes, and a device that can be written unless it is only read. What is in it
 * isn't looked at: disk_open.h. 0, or -errno after a message. The caller closes out->fd. */
int files_open_disk(const struct config_file *file, struct backend_file *out);
/* Locks a file, after a moment's patience with an lvmm that was killed. 0; -EWOULDBLOCK: another one has it; -errno. */
int files_lock(int fd, bool shared);
/* A flash image: not empty, at most `window` bytes. */
int files_open_pflash(const struct config_file *file, uint64_t window, struct backend_file *out);
/* A kernel or an initrd, of option "--kernel" or "--initrd": an ordinary file of at most max_bytes, mapped at `*bytes`
 * for good. It must neither shrink nor change while it is in use. */
int files_open_mapped(const char *option, const char *path, uint64_t max_bytes, struct backend_file *out,
                      const void **bytes);

enum files_kind { FILES_UNKNOWN, FILES_DISK_IMAGE, FILES_PROGRAM };

/* What a file of the host seems to be, to explain a mistake by: a disk (a block device, or a file that begins like FAT,
 * ext4 or a partition table), a program (ELF or #!), or neither, or it can't be read. */
enum files_kind files_guess(const char *path);

/* Closes it if it is open. */
void files_close(struct backend_file *file);

#endif
