/* SPDX-License-Identifier: Apache-2.0 */
/* pidfd.h - descriptors that stand for processes and threads (pidfd_open(2)). */
#ifndef GK_SYS_PIDFD_H
#define GK_SYS_PIDFD_H

#include <stdbool.h>
#include <stdint.h>

#include "vfs/pidfile.h"

struct pid;

/* What the descriptor stands for, borrowed, and whether it has O_NONBLOCK; NULL: it is no such descriptor. */
struct pid *pidfd_pid(uint64_t fd, bool *nonblocking);
bool pidfd_is(uint64_t fd);

#endif
