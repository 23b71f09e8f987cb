/* SPDX-License-Identifier: Apache-2.0 */
/* epoll.c - epoll(7)'s calls; vfs/eventpoll.c does it. */
#include "abi/epoll.h"

#include "abi/poll.h"
#include "abi/signal.h"
#include "core/wait.h"
#include "sys/sigmask.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"
#include "vfs/eventpoll.h"

struct epoll_event_user {
    uint32_t events;
    uint64_t data;
} ISA_EPOLL_EVENT_LAYOUT;

#define EVENTS_MAX ((int)(INT32_MAX / sizeof(struct epoll_event_user)))
#define EXCLUSIVE_MAY_HAVE (POLLIN | POLLOUT | POLLERR | POLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

static int64_t create(uint32_t flags)
{
    struct file *file;
    int error;

    if (flags & ~(uint32_t)O_CLOEXEC)
        return -EINVAL;
    error = eventpoll_create(flags, &file);
    return error != 0 ? error : fd_install(current_thread()->files, file, 0, flags & O_CLOEXEC);
}

int64_t sys_epoll_create1(const uint64_t arg[6])
{
    return create((uint32_t)arg[0]);
}

/* The size is a hint of which nothing is left but that it is positive. */
int64_t sys_epoll_create(const uint64_t arg[6])
{
    return (int)arg[0] > 0 ? create(0) : -EINVAL;
}

static int check_exclusive(int operation, const struct file *target, uint32_t events)
{
    if (!(events & EPOLLEXCLUSIVE) || operation == EPOLL_CTL_DEL)
        return 0;
    if (operation == EPOLL_CTL_MOD || file_is_eventpoll(target) || (events & ~EXCLUSIVE_MAY_HAVE))
        return -EINVAL;
    return 0;
}

static struct file *file_for_use(uint64_t fd)
{
    struct file *file = user_file(fd);

    return file != NULL && !(file->flags & O_PATH) ? file : NULL;
}

int64_t sys_epoll_ctl(const uint64_t arg[6])
{
    int operation = (int)arg[1], fd = (int)arg[2], error;
    struct epoll_event_user event = {0};

    if (operation != EPOLL_CTL_DEL && user_get(event, arg[3]))
        return -EFAULT;
    struct file *file = file_for_use(arg[0]), *target = file_for_use(arg[2]);
    if (file == NULL || target == NULL)
        return -EBADF;
    if (target->ops->poll == NULL)
        return -EPERM;
    if (file == target || !file_is_eventpoll(file))
        return -EINVAL;
    error = check_exclusive(operation, target, event.events);
    if (error != 0)
        return error;
    event.events |= POLLERR | POLLHUP;
    file_get(file);
    file_get(target);
    switch (operation) {
    case EPOLL_CTL_ADD:
        error = eventpoll_add(file, target, fd, event.events, event.data);
        break;
    case EPOLL_CTL_MOD:
        error = eventpoll_modify(file, target, fd, event.events, event.data);
        break;
    case EPOLL_CTL_DEL:
        error = eventpoll_remove(file, target, fd);
        break;
    default:
        error = -EINVAL;
    }
    file_put(target);
    file_put(file);
    return error;
}

static bool emit(void *arg, uint32_t events, uint64_t data)
{
    const struct epoll_event_user event = {.events = events, .data = data};
    uaddr_t *at = arg;

    if (user_put(*at, event))
        return false;
    *at += sizeof(event);
    return true;
}

/* deadline 0: no waiting. */
static int64_t wait_until_deadline(const uint64_t arg[6], uint64_t deadline)
{
    struct file *file = file_for_use(arg[0]);
    uaddr_t to = arg[1];
    int most = (int)arg[2];
    int64_t result;

    if (file == NULL)
        return -EBADF;
    if (most <= 0 || most > EVENTS_MAX)
        return -EINVAL;
    if (to > ISA_USER_TOP || (uint64_t)most * sizeof(struct epoll_event_user) > ISA_USER_TOP - to)
        return -EFAULT;
    if (!file_is_eventpoll(file))
        return -EINVAL;
    file_get(file);
    result = eventpoll_wait(file, (unsigned)most, deadline, emit, &to);
    file_put(file);
    return result;
}

static uint64_t deadline_of_ms(int timeout_ms)
{
    if (timeout_ms < 0)
        return WAIT_FOREVER;
    return timeout_ms != 0 ? deadline_after((uint64_t)timeout_ms * 1000000) : 0;
}

int64_t sys_epoll_wait(const uint64_t arg[6])
{
    return wait_until_deadline(arg, deadline_of_ms((int)arg[3]));
}

static int64_t wait_with_mask(const uint64_t arg[6], uint64_t deadline)
{
    int64_t result = arg[4] != 0 ? sigmask_suspend(arg[4], arg[5]) : 0;

    if (result != 0)
        return result;
    result = wait_until_deadline(arg, deadline);
    sigmask_resume(result);
    return result;
}

int64_t sys_epoll_pwait(const uint64_t arg[6])
{
    return wait_with_mask(arg, deadline_of_ms((int)arg[3]));
}

int64_t sys_epoll_pwait2(const uint64_t arg[6])
{
    uint64_t deadline = WAIT_FOREVER, ns;
    int error = arg[3] != 0 ? timeout_read(arg[3], &ns) : 0;

    if (error != 0)
        return error;
    if (arg[3] != 0)
        deadline = ns != 0 ? deadline_after(ns) : 0;
    return wait_with_mask(arg, deadline);
}
