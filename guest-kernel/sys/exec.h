/* SPDX-License-Identifier: Apache-2.0 */
/* exec.h - loads a program into a process (execve without the system call). */
#ifndef GK_SYS_EXEC_H
#define GK_SYS_EXEC_H

#include <stddef.h>

struct thread;

/* Strings one after the other, each with its NUL, in kernel memory: argv or envp as they come from the device tree. */
struct exec_strings {
    const char *bytes;
    size_t size;
    unsigned count;
};

/* Replaces the thread's program. 0 with a new address space and frame; or -errno as execve(2), and nothing has changed.
 */
int exec_load(struct thread *thread, const char *path, const struct exec_strings *argv,
              const struct exec_strings *envp);

#endif
