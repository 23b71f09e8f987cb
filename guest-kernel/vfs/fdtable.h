/* SPDX-License-Identifier: Apache-2.0 */
/* fdtable.h - a process's file descriptors. */
#ifndef GK_VFS_FDTABLE_H
#define GK_VFS_FDTABLE_H

#include <stdbool.h>

#include "vfs/vfs.h"

#define FDS_AT_ONCE 64u /* who closes or copies many lets others have a turn (core/wait.h) after so many */
#define FD_MAX 1048576  /* the most that RLIMIT_NOFILE can be raised to: Linux's fs.nr_open */
#define FD_LIMIT 1024   /* RLIMIT_NOFILE at first */

struct fdtable {
    struct file **file; /* of the first `slots` descriptors; grows. Others: fd_get */
    unsigned slots;
    unsigned first_free;      /* no free descriptor lies below */
    unsigned limit;           /* RLIMIT_NOFILE, at most FD_MAX: no descriptor from here on is given out */
    unsigned size;            /* there is room for so many */
    uint64_t *open, *cloexec; /* a bit for each of them; cloexec's only means something where open's is set */
    struct file ***far;       /* those from `slots` on, in blocks of a page; NULL as long as there are none */
    uint32_t refs;
    struct fdtable *copy; /* that is being made of it, of those below `copied` (fdtable_clone_below), or NULL */
    unsigned copied;
    bool copy_fails;            /* there was no memory for what others changed meanwhile */
    struct wait_queue uncopied; /* who wants to make the next one */
};

/* An empty table with one reference and the default limit, or NULL: no memory. */
struct fdtable *fdtable_create(void);
/* A table of its own with the same files at the same descriptors (fork): those below `end`, or all, as they are when
 * the last of them is copied. NULL: no memory. The caller has a reference to `from`; it may wait, and gives way, so
 * others who have one may change it meanwhile. */
struct fdtable *fdtable_clone_below(struct fdtable *from, unsigned end);
static inline struct fdtable *fdtable_clone(struct fdtable *from)
{
    return fdtable_clone_below(from, FD_MAX);
}
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
int fd_close(struct fdtable *table, int fd);         /* 0 or -EBADF */
int fd_cloexec(const struct fdtable *table, int fd); /* 0, 1 or -EBADF */
int fd_set_cloexec(struct fdtable *table, int fd, bool on);

/* fd_get of what isn't among the first. */
__attribute__((cold, noinline)) struct file *fd_get_far(const struct fdtable *table, unsigned fd);
/* Borrowed; NULL: not open. */
static inline struct file *fd_get(const struct fdtable *table, int fd)
{
    if ((unsigned)fd < table->slots)
        return table->file[(unsigned)fd]; /* NOLINT(clang-analyzer-core.NullDereference): NULL has no slots */
    return fd_get_far(table, (unsigned)fd);
}

/* The first open descriptor from `fd` on; FD_MAX: there is none. To go through them all costs what is open. */
unsigned fd_next(const struct fdtable *table, unsigned fd);
/* The same of those that are closed at exec. */
unsigned fd_next_cloexec(const struct fdtable *table, unsigned fd);
/* How many are open. */
unsigned fd_count(const struct fdtable *table);

#endif
