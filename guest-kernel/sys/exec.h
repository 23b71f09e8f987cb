/* SPDX-License-Identifier: Apache-2.0 */
/* exec.h - loads a program into a process (execve without the system call). */
#ifndef GK_SYS_EXEC_H
#define GK_SYS_EXEC_H

#include "lib/strings.h"

struct thread;

/* Replaces the thread's program. 0 with a new address space and frame; or -errno as execve(2), and nothing has changed.
 */
int exec_load(struct thread *thread, const char *path, const struct strings *argv, const struct strings *envp);
/* A table of descriptors that the thread shares becomes its own copy. 0 or -ENOMEM. */
int fdtable_unshare(struct thread *thread);

#endif
