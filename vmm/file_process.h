/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file_process.h - a process that does the I/O on one disk's file, for files of hosts that may never answer.
 *
 * A thread that waits for a file's server (FUSE's, a network's) can be past the reach of signals, SIGKILL included, and
 * a process with such a thread doesn't end. This one can be left behind: who waits for it waits for a socket. Of what
 * is open here it has the file alone, and that of the disk's changes if there is one; the requests and their data come
 * through a buffer that both have. It ends with us, or else when the server lets it.
 *
 * One I/O at a time. Not thread-safe.
 */
#ifndef LVMM_FILE_PROCESS_H
#define LVMM_FILE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/disk/image.h"
#include "vmm/sandbox/level.h"

#define FILE_PROCESS_BYTES (1u << 20) /* the most of one I/O */

/* Those of vmm/disk/clear.h have no data, and any size. The last one is file_process_give_back's. */
enum file_process_op {
    FILE_PROCESS_READ,
    FILE_PROCESS_WRITE,
    FILE_PROCESS_SYNC,
    FILE_PROCESS_DISCARD,
    FILE_PROCESS_ZERO,
    FILE_PROCESS_UNMAP,
    FILE_PROCESS_GIVE_BACK,
};

struct file_process;

/* Does somebody else have to answer for this file's data: is it on no file system that is known to be this host's own?
 * One system call. */
bool file_process_is_wanted(int fd);

/*
 * To be called by a thread that lasts until our process ends, as the other one ends with it. image: copied, and what
 * it has is the other process's alone from now on, though the descriptors are still the caller's. What must not be
 * copied has MADV_DONTFORK. The other process locks itself in as `level` says, and ends where it can't. 0 or -errno.
 */
int file_process_create(const struct disk_image *image, enum sandbox_level level, struct file_process **out);

/* Readable when an I/O is done. */
int file_process_fd(const struct file_process *process);

/* FILE_PROCESS_BYTES, for what is written, and what was read; not to be touched during an I/O. */
void *file_process_data(struct file_process *process);

/*
 * From now on the file is the other process's alone: even a close(2) asks the server, and this is the last one, so the
 * server should have been heard of a moment ago. The image's descriptors name nothing from then on, but are still the
 * caller's to close. A second time does nothing.
 */
void file_process_give_up_fd(struct file_process *process);

/* After that, with no I/O under way: the image's file, not that of its changes, is ours as well again, by the same
 * number. 0 or -errno: it isn't. */
int file_process_give_back(struct file_process *process);

/* Begins an I/O; none may be under way. flags: RWF_* of a write, or of zeroes. */
void file_process_start(struct file_process *process, enum file_process_op op, uint64_t offset, size_t size, int flags);

/* True: the I/O is done; result: bytes or -errno, -EIO if the process is gone. Where none is under way, true says that
 * it is gone: file_process_fd was readable for that, and isn't any more. */
bool file_process_take(struct file_process *process, ssize_t *result);

/* Waits until file_process_take has something. Handlers of signals run meanwhile. */
void file_process_wait(const struct file_process *process);

/* Ends the process. Waits for its end, so that the file is closed, but not for an I/O that is under way: a process that
 * doesn't end within some 50 ms is left behind. NULL: nothing. */
void file_process_destroy(struct file_process *process);

#endif
