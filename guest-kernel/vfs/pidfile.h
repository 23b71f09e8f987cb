/* SPDX-License-Identifier: Apache-2.0 */
/* pidfile.h - open files that stand for processes and threads (pidfd_open(2)); sys/pidfd.h has their descriptors. */
#ifndef GK_VFS_PIDFILE_H
#define GK_VFS_PIDFILE_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct inode;
struct pid;

#define PIDFD_NONBLOCK 0x800u /* O_NONBLOCK */
#define PIDFD_THREAD 0x80u    /* O_EXCL: of this thread, rather than of its process */

/* A new one. flags: PIDFD_*. 0 with a reference to the file, or -ENOMEM. It may wait for memory; the caller has a
 * reference to `pid`, or has found it just now. */
int pidfd_file(struct pid *pid, uint32_t flags, struct file **out);
/* What the file stands for, borrowed; NULL: it is no such file. */
struct pid *pidfd_file_pid(const struct file *file);
/* Whether the inode is that of such a file. */
bool pidfd_inode_is(const struct inode *inode);

#endif
