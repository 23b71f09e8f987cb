/* SPDX-License-Identifier: Apache-2.0 */
/* pipe.c - the calls that make pipes: vfs/pipe.h has what they are. */
#include "vfs/pipe.h"

#include "sys/syscall.h"
#include "sys/user.h"

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
