/* SPDX-License-Identifier: Apache-2.0 */
/* fdtable.h - a process's file descriptors. */
#ifndef GK_VFS_FDTABLE_H
#define GK_VFS_FDTABLE_H

#include <stdbool.h>

#include "vfs/vfs.h"

#define FD_MAX 4096   /* the most that RLIMIT_NOFILE can be raised to; both are Linux's for its first process */
#define FD_LIMIT 1024 /* RLIMIT_NOFILE at first */

struct fdtable {
    struct file **file; /* grows */
    unsigned char *cloexec;
    unsigned slots;
    unsigned first_free; /* no free slot lies below */
    unsigned limit;      /* RLIMIT_NOFILE, at most FD_MAX: no descriptor from here on is given out */
    uint32_t refs;
};

/* An empty table with one reference and the default limit, or NULL: no memory. */
struct fdtable *fdtable_create(void);
/* A copy with one reference, and one to each file more. NULL: no memory. */
struct fdtable *fdtable_clone(const struct fdtable *from);
static inline void fdtable_get(struct fdtable *table)
{
    table->refs++;
}
void fdtable_put(struct fdtable *table); /* the last reference closes everything */

/* The descriptor that the next file gets, or -EMFILE: for calls that do something before they install it. */
int fd_lowest(struct fdtable *table);
/* Installs `file` (takes over the reference) at the lowest free descriptor >= least. It, or -EMFILE, -ENOMEM, -EINVAL
 * (least is beyond the limit); then the reference is dropped. */
int fd_install(struct fdtable *table, struct file *file, int least, bool cloexec);
/* The same at exactly `fd`, closing what was there (dup2). -EBADF: beyond the limit. */
int fd_replace(struct fdtable *table, struct file *file, int fd, bool cloexec);
struct file *fd_get(const struct fdtable *table, int fd); /* borrowed; NULL: not open */
int fd_close(struct fdtable *table, int fd);              /* 0 or -EBADF */
int fd_cloexec(const struct fdtable *table, int fd);      /* 0, 1 or -EBADF */
int fd_set_cloexec(struct fdtable *table, int fd, bool on);

#endif
