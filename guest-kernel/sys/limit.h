/* SPDX-License-Identifier: Apache-2.0 */
/* limit.h - resource limits, for the calls that have to keep to them (getrlimit(2)). */
#ifndef GK_SYS_LIMIT_H
#define GK_SYS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct file;
struct inode;
struct iter;

/* The process's soft limit; RLIM_INFINITY: none. resource: RLIMIT_* (abi/info.h). */
uint64_t limit_soft(unsigned resource);
/* Another process's. */
struct process;
uint64_t limit_soft_of(const struct process *process, unsigned resource);

/* RLIMIT_FSIZE for a write at `pos`: leaves of *iter what the file may still take. 0, or -EFBIG with a SIGXFSZ. */
int limit_write(const struct file *file, struct iter *iter, uint64_t pos);
/* The same for `*size` bytes at `pos` of a regular file. */
int limit_write_size(uint64_t pos, uint64_t *size);
/* The same for a change of the file's size. */
int limit_grow(const struct inode *inode, uint64_t size);

/* RLIMIT_NPROC: whether the thread's real user has too many threads, or would with `more` (-1: without this one). Never
 * for root, or who may exceed limits. */
struct thread;
bool nproc_exceeded(const struct thread *thread, int more);

/* A new process has the limits of the one that made it. 0 or -ENOMEM. */
struct process;
int limits_copy(struct process *to, const struct process *from);

#endif
