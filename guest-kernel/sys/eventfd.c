/* SPDX-License-Identifier: Apache-2.0 */
/* eventfd.c - the calls that make event counters. */
#include "vfs/eventfd.h"

#include "sys/syscall.h"
#include "sys/user.h"

#define EFD_SEMAPHORE 1u

static int64_t eventfd_make(unsigned count, unsigned flags)
{
    struct file *file;
    int error;

    if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    error = eventfd_create(count, flags & EFD_SEMAPHORE, flags & O_NONBLOCK, &file);
    return error != 0 ? error : fd_install(current_thread()->files, file, 0, flags & O_CLOEXEC);
}

int64_t sys_eventfd(const uint64_t arg[6])
{
    return eventfd_make((unsigned)arg[0], 0);
}

int64_t sys_eventfd2(const uint64_t arg[6])
{
    return eventfd_make((unsigned)arg[0], (unsigned)arg[1]);
}
