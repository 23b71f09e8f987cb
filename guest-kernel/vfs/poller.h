/* SPDX-License-Identifier: Apache-2.0 */
/* poller.h - a thread that waits until one of several files is ready (poll, select). */
#ifndef GK_VFS_POLLER_H
#define GK_VFS_POLLER_H

#include "core/wait.h"
#include "vfs/vfs.h"

/* Where one of the files tells of a change. */
struct poller_hook {
    struct waiter waiter;
    struct poller *poller;
    struct file *file; /* a reference: another thread may close it */
    uint32_t wanted;
};

#define POLLER_HOOKS_INLINE 4u /* so many need no memory */

struct poller_block {
    struct poller_block *next;
    struct poller_hook hook[];
};

struct poller { /* on the stack */
    struct poll_table table;
    struct thread *thread;
    uint64_t deadline_ns;
    struct file *file; /* that is looked at */
    uint32_t wanted;
    bool hooks;      /* files are looked at for the first time: their queues are hooked */
    bool is_woken;   /* since the last sleep */
    bool lacks_room; /* a queue could not be hooked: no memory */
    unsigned count;  /* hooks in `first`, or in the first block if there is one */
    struct poller_hook first[POLLER_HOOKS_INLINE];
    struct poller_block *blocks;
};

/*
 *     poller_begin(&poller, deadline_ns);
 *     while (!look_at_all_files(by poller_look) && error == 0)
 *         error = poller_sleep(&poller);
 *     poller_end(&poller);
 */
void poller_begin(struct poller *poller, uint64_t deadline_ns);
/* Which of `wanted` hold for the file now. If none does, one of them ends poller_sleep later; if one does, the caller
 * doesn't sleep. */
uint32_t poller_look(struct poller *poller, struct file *file, uint32_t wanted);
/* Waits until a file has changed since it was looked at. 0; -ETIMEDOUT, -ERESTARTSYS, -ENOMEM: look once more. */
int poller_sleep(struct poller *poller);
void poller_end(struct poller *poller);

#endif
