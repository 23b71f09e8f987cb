/* SPDX-License-Identifier: Apache-2.0 */
/* pidfd.c - descriptors that stand for processes and threads: pidfd_open, pidfd_send_signal, pidfd_getfd. */
#include "abi/i386.h"
#include "sys/pidfd.h"

#include "abi/signal.h"
#include "core/pid.h"
#include "core/wait.h"
#include "core/signal.h"
#include "core/threads.h"
#include "sys/kill.h"
#include "sys/reach.h"
#include "sys/syscall.h"
#include "sys/user.h"

static struct file *pidfd_get(uint64_t fd)
{
    struct file *file = user_file(fd);

    return file != NULL && pidfd_file_pid(file) != NULL ? file : NULL;
}

struct pid *pidfd_pid(uint64_t fd, bool *nonblocking)
{
    const struct file *file = pidfd_get(fd);

    if (file == NULL)
        return NULL;
    *nonblocking = (file->flags & PIDFD_NONBLOCK) != 0;
    return pidfd_file_pid(file);
}

bool pidfd_is(uint64_t fd)
{
    return pidfd_get(fd) != NULL;
}

int64_t sys_pidfd_open(const uint64_t arg[6])
{
    uint32_t flags = (uint32_t)arg[1];
    struct pid *pid;
    struct file *file;
    int error;

    if ((flags & ~(PIDFD_NONBLOCK | PIDFD_THREAD)) || (int)arg[0] <= 0)
        return -EINVAL;
    pid = pid_find((int)arg[0]);
    if (pid == NULL || (pid->thread == NULL && pid->process == NULL))
        return -ESRCH;
    if (!(flags & PIDFD_THREAD) && pid->process == NULL)
        return -ENOENT;
    error = pidfd_file(pid, flags, &file);
    return error != 0 ? error : fd_install(current_thread()->files, file, 0, true);
}

/* ---- signals ---- */

enum { SEND_TO_THREAD = 1, SEND_TO_PROCESS = 2, SEND_TO_GROUP = 4 };

/* What the signal tells, from the caller or made up. 0, -EFAULT, -E2BIG, -EINVAL, -EPERM. */
static int info_get(struct signal_info *info, int signal, uaddr_t address, bool to_self)
{
    int error;

    *info = (struct signal_info){.signal = signal, .code = SI_USER};
    info->sender.pid = current_process()->pid;
    info->sender.uid = current_thread()->cred.user.real;
    if (address == 0)
        return 0;
    error = kill_info_get(info, NULL, address);
    if (error != 0)
        return error;
    if (info->signal != signal)
        return -EINVAL;
    /* What only the kernel says may be said to oneself alone. */
    return !to_self && (info->code >= 0 || info->code == SI_TKILL) ? -EPERM : 0;
}

/* The caller has a reference to `pid`. */
static int64_t pid_send(struct pid *pid, uint32_t to, int signal, uaddr_t address)
{
    struct signal_info info;
    int error = info_get(&info, signal, address, pid == current_thread()->id && to != SEND_TO_GROUP);

    if (error != 0)
        return error;
    if (signal < 0 || signal > SIGNALS)
        return pid->thread != NULL || pid->process != NULL ? -EINVAL : -ESRCH;
    if (to == SEND_TO_GROUP)
        return kill_group(pid, &info);
    if (to == SEND_TO_THREAD && pid->thread != NULL)
        return kill_thread(pid->thread, &info);
    return pid->process != NULL ? kill_process(pid->process, &info) : -ESRCH;
}

/* Whom a signal to that descriptor is for, borrowed: an open directory /proc/PID will do, too. NULL: it is neither. */
static struct pid *target_of(const struct file *file)
{
    const struct inode *inode = file->inode;
    struct pid *pid = pidfd_file_pid(file);

    if (pid != NULL)
        return pid;
    return inode != NULL && inode->ops->process != NULL && !(file->flags & O_PATH) ? inode->ops->process(file->inode)
                                                                                   : NULL;
}

int64_t sys_pidfd_send_signal(const uint64_t arg[6])
{
    const struct file *file;
    uint32_t to = (uint32_t)arg[3];
    struct pid *pid;
    int64_t result;

    if (to > SEND_TO_GROUP || (to & (to - 1)))
        return -EINVAL;
    file = user_file(arg[0]);
    pid = file != NULL ? target_of(file) : NULL;
    if (pid == NULL)
        return -EBADF;
    if (to == 0)
        to = pidfd_file_pid(file) != NULL && (file->flags & PIDFD_THREAD) ? SEND_TO_THREAD : SEND_TO_PROCESS;
    pid_hold(pid);
    result = pid_send(pid, to, (int)arg[1], arg[2]);
    pid_drop(pid);
    return result;
}

/* ---- another's descriptors ---- */

/* Borrowed. NULL: it isn't open, or the thread has let all go, as it ends. */
static struct file *file_of(const struct thread *thread, uint64_t fd)
{
    return thread->files != NULL ? fd_get(thread->files, (int)fd) : NULL;
}

int64_t sys_pidfd_getfd(const uint64_t arg[6])
{
    const struct file *pidfd;
    const struct thread *other;
    struct file *file;

    if ((uint32_t)arg[2] != 0)
        return -EINVAL;
    pidfd = pidfd_get(arg[0]);
    if (pidfd == NULL)
        return -EBADF;
    other = pidfd_file_pid(pidfd)->thread;
    if (other == NULL)
        return -ESRCH;
    if (!reach_may_trace(other))
        return -EPERM;
    file = file_of(other, arg[1]);
    if (file == NULL)
        return -EBADF;
    file_get(file);
    return fd_install(current_thread()->files, file, 0, true);
}
