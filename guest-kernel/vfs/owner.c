/* SPDX-License-Identifier: Apache-2.0 */
/* owner.c - see owner.h. */
#include "vfs/owner.h"

#include "abi/poll.h"
#include "core/pid.h"
#include "core/signal.h"
#include "mm/kmalloc.h"
#include "vfs/lock.h"
#include "vfs/vfs.h"

/* ---- the structure ---- */

static void extra_release(struct file *file)
{
    if (file->inode != NULL)
        lock_release(file->inode, file);
    pid_drop(file->extra->owner.pid);
    kfree(file->extra);
}

struct file_extra *file_extra_get(struct file *file)
{
    struct file_extra *extra;

    if (file->extra != NULL)
        return file->extra;
    extra = kmalloc(sizeof(*extra));
    if (file->extra != NULL) { /* another thread's, as this one waited for memory */
        kfree(extra);
        return file->extra;
    }
    if (extra != NULL)
        extra->release = extra_release;
    file->extra = extra;
    return extra;
}

/* ---- who it is ---- */

void owner_set(struct file_owner *owner, int type, struct pid *pid)
{
    const struct cred *cred = &current_thread()->cred;

    if (pid != NULL) {
        pid_hold(pid);
        owner->real = cred->user.real;
        owner->effective = cred->user.effective;
    }
    pid_drop(owner->pid);
    owner->pid = pid;
    owner->type = type;
}

void owner_set_default(struct file_owner *owner, int type, struct pid *pid)
{
    if (owner->pid == NULL)
        owner_set(owner, type, pid);
}

/* Whether there is one of that type by the number, which another may have by now. */
static bool is_there(const struct file_owner *owner)
{
    const struct pid *pid = owner->pid;

    if (pid == NULL || pid->users == 0)
        return false;
    switch (owner->type) {
    case F_OWNER_TID:
        return pid->thread != NULL || pid->process != NULL; /* a first thread is there as long as its process is */
    case F_OWNER_PID:
        return pid->process != NULL;
    default:
        return !list_is_empty(&pid->members);
    }
}

int owner_number(const struct file_owner *owner)
{
    return is_there(owner) ? owner->pid->number : 0;
}

/* ---- signals ---- */

/* The events that stand for what has happened (Linux's band_table); those of priority are nobody's here. */
static int64_t band_of(int code)
{
    enum { BAND_WRITABLE = 0x200, BAND_MESSAGE = 0x400, BAND_PRIORITY = 0x80 }; /* POLLWRBAND, POLLMSG, POLLRDBAND */

    switch (code) {
    case POLL_IN:
        return POLLIN | POLLRDNORM;
    case POLL_OUT:
        return POLLOUT | POLLWRNORM | BAND_WRITABLE;
    case POLL_MSG:
        return POLLIN | POLLRDNORM | BAND_MESSAGE;
    case POLL_ERR:
        return POLLERR;
    case POLL_PRI:
        return POLLPRI | BAND_PRIORITY;
    default: /* POLL_HUP */
        return POLLHUP | POLLERR;
    }
}

/* As kill(2) has it, but for root, who may signal anybody whatever capabilities it has (Linux's sigio_perm). */
static bool may_signal(const struct file_owner *owner, const struct cred *to)
{
    return owner->effective == 0 || owner->effective == to->user.saved || owner->effective == to->user.real ||
           owner->real == to->user.saved || owner->real == to->user.real;
}

/* To the process, whose thread `to` is, or with `only` to that thread. What can't be queued is told as a plain SIGIO.
 */
static void send(struct process *process, struct thread *to, bool only, const struct file_owner *owner,
                 const struct signal_info *info)
{
    const struct signal_info plain = {.signal = SIGIO, .code = SI_KERNEL};
    struct thread *thread = only ? to : NULL;

    if (!may_signal(owner, &to->cred))
        return;
    if (owner->signal == 0 || signal_send_info(process, thread, info) != 0)
        (void)signal_send_info(process, thread, &plain);
}

static void send_to_process(struct process *process, const struct file_owner *owner, const struct signal_info *info)
{
    if (!list_is_empty(&process->threads))
        send(process, container_of(process->threads.next, struct thread, sibling), false, owner, info);
}

static void send_to_owner(const struct file_owner *owner, const struct signal_info *info)
{
    const struct pid *pid = owner->pid;

    if (owner->type == F_OWNER_PGRP) {
        for (struct list *at = pid->members.next; at != &pid->members; at = at->next)
            send_to_process(container_of(at, struct process, group_link), owner, info);
    } else if (pid->thread != NULL) { /* of a thread that isn't its process's first, too (Linux) */
        send(pid->thread->process, pid->thread, owner->type == F_OWNER_TID, owner, info);
    } else if (owner->type == F_OWNER_PID && pid->process != NULL) {
        send_to_process(pid->process, owner, info);
    }
}

void owner_signal(const struct file *file, int fd, int code)
{
    const struct file_owner *owner = file->extra != NULL ? &file->extra->owner : NULL;
    struct signal_info info = {.code = code};

    if (owner == NULL || owner->pid == NULL || owner->pid->users == 0)
        return;
    info.signal = owner->signal;
    if (owner->signal != SIGIO && signal_has_codes(owner->signal))
        info.code = SI_SIGIO; /* POLL_IN would be one of that signal's own */
    info.poll.band = band_of(code);
    info.poll.fd = fd;
    current_thread()->wants_no_wait++; /* whoever tells may have any lock */
    send_to_owner(owner, &info);
    current_thread()->wants_no_wait--;
}

void owner_signal_urgent(const struct file *file)
{
    const struct signal_info info = {.signal = SIGURG, .code = SI_KERNEL};
    struct file_owner owner = {0};

    if (file->extra == NULL || file->extra->owner.pid == NULL || file->extra->owner.pid->users == 0)
        return;
    owner = file->extra->owner;
    owner.signal = SIGURG;
    current_thread()->wants_no_wait++;
    send_to_owner(&owner, &info);
    current_thread()->wants_no_wait--;
}
