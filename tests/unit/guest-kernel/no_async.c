/* SPDX-License-Identifier: Apache-2.0 */
/* no_async.c - for tests without signals: open files whose owners nobody tells of anything. */
#include "core/pid.h"
#include "vfs/fasync.h"
#include "vfs/owner.h"

int fasync_set(struct fasync **list, struct file *file, int fd, bool on)
{
    (void)list, (void)file, (void)fd, (void)on;
    return 0;
}

void fasync_drop(struct fasync **list, bool (*goes)(const struct file *file))
{
    (void)list, (void)goes;
}

struct file_extra *file_extra_get(struct file *file)
{
    (void)file;
    return NULL;
}

void owner_set_default(struct file_owner *owner, int type, struct pid *pid)
{
    (void)owner, (void)type, (void)pid;
}
