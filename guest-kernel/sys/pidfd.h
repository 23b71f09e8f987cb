/* SPDX-License-Identifier: Apache-2.0 */
/* pidfd.h - descriptors that stand for processes and threads (pidfd_open(2)). */
#ifndef GK_SYS_PIDFD_H
#define GK_SYS_PIDFD_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct pid;

/* What the descriptor stands for, borrowed, and whether it has O_NONBLOCK; NULL: it is no such descriptor. */
struct pid *pidfd_pid(uint64_t fd, bool *nonblocking);
bool pidfd_is(uint64_t fd);
/* A new one. flags: PIDFD_*. 0 with a reference to the file, or -ENOMEM. */
int pidfd_file(struct pid *pid, uint32_t flags, struct file **out);

#define PIDFD_NONBLOCK 0x800u /* O_NONBLOCK */
#define PIDFD_THREAD 0x80u    /* O_EXCL: of this thread, rather than of its process */

#endif
