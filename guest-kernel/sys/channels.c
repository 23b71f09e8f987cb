/* SPDX-License-Identifier: Apache-2.0 */
/* channels.c - the calls that make pipes and event counters. */
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/eventfd.h"
#include "vfs/pipe.h"

/* ---- pipe, pipe2 ---- */

static int64_t pipe_make(uaddr_t address, uint32_t flags)
{
    struct fdtable *table = current_thread()->files;
    struct file *ends[2];
    int fd[2];
    int error;

    if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    error = pipe_create(flags & ~O_CLOEXEC, ends);
    if (error != 0)
        return error;
    fd[0] = fd_install(table, ends[0], 0, flags & O_CLOEXEC);
    if (fd[0] < 0) {
        file_put(ends[1]);
        return fd[0];
    }
    fd[1] = fd_install(table, ends[1], 0, flags & O_CLOEXEC);
    error = fd[1] < 0 ? fd[1] : user_put(address, fd) ? -EFAULT : 0;
    if (error == 0)
        return 0;
    fd_close(table, fd[0]);
    if (fd[1] >= 0)
        fd_close(table, fd[1]);
    return error;
}

int64_t sys_pipe(const uint64_t arg[6])
{
    return pipe_make(arg[0], 0);
}

int64_t sys_pipe2(const uint64_t arg[6])
{
    return pipe_make(arg[0], ISA_OPEN_FLAGS((uint32_t)arg[1]));
}

/* ---- eventfd, eventfd2 ---- */

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
