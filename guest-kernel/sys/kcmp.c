/* SPDX-License-Identifier: Apache-2.0 */
/* kcmp.c - kcmp(2): whether two threads have the same file, memory, descriptors ... */
#include "abi/errno.h"
#include "core/thread.h"
#include "core/pid.h"
#include "sys/reach.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/eventpoll.h"

enum { KCMP_FILE, KCMP_VM, KCMP_FILES, KCMP_FS, KCMP_SIGHAND, KCMP_IO, KCMP_SYSVSEM, KCMP_EPOLL_TFD };

struct kcmp_epoll_slot { /* linux/kcmp.h */
    uint32_t efd;
    uint32_t tfd;
    uint32_t toff; /* of those with this number, in the epoll's order */
};

/* 0: the same; else 1 or 2, in an order that says nothing of where they are. */
static int64_t order_of(const void *one, const void *other)
{
    const uint64_t mix = 0x9e3779b97f4a7c15u; /* odd: one to one */
    uint64_t first = (uintptr_t)one * mix, second = (uintptr_t)other * mix;

    return first == second ? 0 : first < second ? 1 : 2;
}

/* Borrowed. NULL: it isn't open, or the thread has let all go, as it ends. */
static const struct file *file_of(const struct thread *thread, uint64_t fd)
{
    return thread->files != NULL ? fd_get(thread->files, (int)fd) : NULL;
}

static int64_t files_compare(const struct thread *one, const struct thread *other, const uint64_t arg[6])
{
    const struct file *first = file_of(one, arg[3]), *second = file_of(other, arg[4]);

    return first != NULL && second != NULL ? order_of(first, second) : -EBADF;
}

/* 0 or -errno: the two may not be looked at, or aren't there. Both hold until the next wait. */
static int find_both(const uint64_t arg[6], const struct thread **one, const struct thread **other)
{
    *one = thread_find((int)arg[0]);
    *other = thread_find((int)arg[1]);
    if (*one == NULL || *other == NULL)
        return -ESRCH;
    return reach_may_trace(*one) && reach_may_trace(*other) ? 0 : -EPERM;
}

/* A file of the first with one that an epoll of the second has. To read the slot may be to wait, so both are looked up
 * again. */
static int64_t epoll_compare(const uint64_t arg[6])
{
    const struct thread *one, *other;
    const struct file *file, *epoll, *target;
    struct kcmp_epoll_slot slot;
    int error = user_get(slot, arg[4]);

    if (error == 0)
        error = find_both(arg, &one, &other);
    if (error != 0)
        return error;
    file = file_of(one, arg[3]);
    epoll = file_of(other, slot.efd);
    if (file == NULL || epoll == NULL)
        return -EBADF;
    error = eventpoll_target(epoll, (int)slot.tfd, slot.toff, &target);
    return error != 0 ? error : order_of(file, target);
}

int64_t sys_kcmp(const uint64_t arg[6])
{
    const struct thread *one, *other;
    int error = find_both(arg, &one, &other);

    if (error != 0)
        return error;
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
    case KCMP_EPOLL_TFD:
        return epoll_compare(arg);
    default:
        return -EINVAL;
    }
}
