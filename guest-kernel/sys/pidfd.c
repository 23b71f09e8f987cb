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

/* ---- kcmp ---- */

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM, KCMP_EPOLL_TFD, KCMP_KINDS };

/* 0: the same; else 1 or 2, in an order that says nothing of where they are. */
static int64_t order_of(const void *one, const void *other)
{
    const uint64_t mix = 0x9e3779b97f4a7c15u; /* odd: one to one */
    uint64_t first = (uintptr_t)one * mix, second = (uintptr_t)other * mix;

    return first == second ? 0 : first < second ? 1 : 2;
}

static int64_t files_compare(const struct thread *one, const struct thread *other, const uint64_t arg[6])
{
    const struct file *first = file_of(one, arg[3]), *second = file_of(other, arg[4]);

    return first != NULL && second != NULL ? order_of(first, second) : -EBADF;
}

int64_t sys_kcmp(const uint64_t arg[6])
{
    const struct thread *one = thread_find((int)arg[0]), *other = thread_find((int)arg[1]);

    if (one == NULL || other == NULL)
        return -ESRCH;
    if (!reach_may_trace(one) || !reach_may_trace(other))
        return -EPERM;
    switch ((int)arg[2]) {
    case KCMP_FILE:
        return files_compare(one, other, arg);
    case KCMP_VM:
        return order_of(one->process->space, other->process->space);
    case KCMP_FILES:
        return order_of(one->files, other->files);
    case KCMP_FS:
        return order_of(one->fs, other->fs);
    case KCMP_SIGHAND:
        return order_of(one->process->sighand, other->process->sighand);
    case KCMP_IO: /* nobody has one */
        return 0;
    case KCMP_SYSVSEM: /* none is the same as none */
        return order_of(one->sem_undo, other->sem_undo);
    case KCMP_EPOLL_TFD: /* not there */
        return -EOPNOTSUPP;
    default:
        return -EINVAL;
    }
}
