/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fasync.h - signal-driven I/O (fcntl(2), O_ASYNC): the open files whose owners (vfs/owner.h) are signalled of what
 * happens to what they are files of.
 *
 * A kind of file that has it keeps a list, NULL at first, or one for each direction, says so by file_ops.fasync, and
 * calls fasync_tell beside its wake-ups, as Linux does for that kind.
 */
#ifndef GK_VFS_FASYNC_H
#define GK_VFS_FASYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/signal.h"

struct file;

struct fasync { /* of one open file in one list, which goes before the file */
    struct fasync *next;
    struct file *file;
    int fd; /* that O_ASYNC was set by */
    void (*tell)(const struct fasync *async, int code);
};

/* For file_ops.fasync: the file is in the list from now on, or isn't any more, and has O_ASYNC accordingly. Only
 * -ENOMEM is an error. One that has O_ASYNC from open(2) and was never in a list keeps it, as on Linux. */
int fasync_set(struct fasync **list, struct file *file, int fd, bool on);
/* Takes those out that `goes` is true of. */
void fasync_drop(struct fasync **list, bool (*goes)(const struct file *file));

/* Signals the owners, the file first that came last. code: POLL_IN ... of abi/signal.h. Doesn't wait; an interrupt may
 * call it. */
static inline void fasync_tell(const struct fasync *list, int code)
{
    for (const struct fasync *async = list; async != NULL; async = async->next)
        async->tell(async, code);
}
/* The same of room, if somebody's write had none: *awaited, which it no longer is. */
static inline void fasync_tell_room(const struct fasync *list, bool *awaited)
{
    if (!*awaited)
        return;
    *awaited = false;
    fasync_tell(list, POLL_OUT);
}

#endif
