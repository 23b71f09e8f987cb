/* SPDX-License-Identifier: Apache-2.0 */
/* owner.h - who is told by a signal of what happens to an open file (fcntl(2), "Managing signals"). */
#ifndef GK_VFS_OWNER_H
#define GK_VFS_OWNER_H

#include <stdint.h>

struct file;
struct pid;

struct file_owner {
    struct pid *pid;          /* a reference to the structure, which doesn't keep the number; NULL: nobody */
    int type;                 /* F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP */
    uint32_t real, effective; /* users of who has set it: what a signal may reach */
    int signal;               /* F_SETSIG; 0: SIGIO, without what has happened to which file */
};

/* What few open files have. */
struct file_extra {
    void (*release)(struct file *file); /* the file goes: its locks and this structure too */
    struct file_owner owner;
};

/* The file's structure, made if it has none, with which its locks (vfs/lock.h) end when it does. NULL: no memory. */
struct file_extra *file_extra_get(struct file *file);

/* The current thread says who is told: `pid`, which may be NULL, as one of F_OWNER_*. */
void owner_set(struct file_owner *owner, int type, struct pid *pid);
/* The same if nobody is. */
void owner_set_default(struct file_owner *owner, int type, struct pid *pid);
/* The number of who is told; 0: there is none, or none any more. */
int owner_number(const struct file_owner *owner);

/* Signals the file's owner, if it has one whom who has set it may signal. fd, code: what siginfo says beside the events
 * (POLL_IN ... of abi/signal.h). It doesn't wait, and may be called from an interrupt. */
void owner_signal(const struct file *file, int fd, int code);
/* The same of an urgent byte that has come: SIGURG, whether or not the file has O_ASYNC. */
void owner_signal_urgent(const struct file *file);

#endif
