/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - leases (fcntl(2), "Leases") and who is signalled about an open file (F_SETOWN and its kin). */
#include "abi/signal.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/pid.h"
#include "core/signal.h"
#include "core/wait.h"
#include "sys/flock.h"
#include "sys/user.h"
#include "vfs/lock.h"

#define BREAK_TIME_NS (45 * NS_PER_SEC) /* Linux's /proc/sys/fs/lease-break-time */

/* ---- who is signalled ---- */

enum { F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP };

struct owner_user { /* struct f_owner_ex */
    int32_t type, pid;
};

static int64_t owner_set(struct file *file, int type, int pid)
{
    struct file_extra *extra;

    if (pid != 0 && pid_find(pid) == NULL)
        return -ESRCH;
    extra = file_extra_get(file);
    if (extra == NULL)
        return -ENOMEM;
    extra->owner_type = type;
    extra->owner = pid;
    return 0;
}

static int64_t owner_set_user(struct file *file, uaddr_t address)
{
    struct owner_user user;

    if (user_get(user, address))
        return -EFAULT;
    if (user.type < F_OWNER_TID || user.type > F_OWNER_PGRP)
        return -EINVAL;
    return owner_set(file, user.type, user.pid);
}

static int64_t owner_put_user(const struct file_extra *extra, uaddr_t address)
{
    struct owner_user user = {0, 0};

    if (extra != NULL)
        user = (struct owner_user){extra->owner_type, extra->owner};
    return user_put(address, user);
}

static int64_t signal_set(struct file *file, uint64_t signal)
{
    struct file_extra *extra;

    if (signal > SIGNALS)
        return -EINVAL;
    extra = file_extra_get(file);
    if (extra == NULL)
        return -ENOMEM;
    extra->signal = (int)signal;
    return 0;
}

int64_t owner_fcntl(struct file *file, int command, uint64_t arg)
{
    const struct file_extra *extra = file->extra;
    int pid = (int)arg;

    switch (command) {
    case F_SETOWN:
        if (pid == INT32_MIN)
            return -EINVAL;
        return pid < 0 ? owner_set(file, F_OWNER_PGRP, -pid) : owner_set(file, F_OWNER_PID, pid);
    case F_GETOWN:
        if (extra == NULL)
            return 0;
        return extra->owner_type == F_OWNER_PGRP ? -extra->owner : extra->owner;
    case F_SETOWN_EX:
        return owner_set_user(file, arg);
    case F_GETOWN_EX:
        return owner_put_user(extra, arg);
    case F_SETSIG:
        return signal_set(file, arg);
    default: /* F_GETSIG */
        return extra != NULL ? extra->signal : 0;
    }
}

/* ---- leases ---- */

/* Whether another open file than `file` stands in the way of such a lease (fcntl(2)): for F_RDLCK one that may write,
 * `file` too; for F_WRLCK any. */
static bool is_open_otherwise(const struct file *file, enum lock_type type)
{
    return type == LOCK_READ ? file->inode->writers > 0 : file->inode->opens > 1;
}

/* Whether what the lease protects from is an open like this. */
static bool is_in_the_way(const struct file_lock *lease, bool writes)
{
    return lease->kind == LOCK_LEASE && (lease->type == LOCK_WRITE || (writes && lease->type == LOCK_READ));
}

static int lease_change(struct file *file, enum lock_type type)
{
    const struct file_lock wanted = {.owner = file,
                                     .last = INT64_MAX,
                                     .kind = LOCK_LEASE,
                                     .type = (uint8_t)type,
                                     .becomes = (uint8_t)type,
                                     .of_file = true};

    return lock_set(file->inode, &wanted);
}

static int lease_take(struct file *file, enum lock_type type)
{
    struct file_extra *extra;

    for (const struct file_lock *lease = file->inode->locks; lease != NULL; lease = lease->next)
        if (lease->owner != file && is_in_the_way(lease, type == LOCK_WRITE))
            return -EAGAIN;
    if (is_open_otherwise(file, type))
        return -EAGAIN;
    extra = file_extra_get(file);
    if (extra == NULL)
        return -ENOLCK;
    if (extra->owner == 0) {
        extra->owner_type = F_OWNER_PID;
        extra->owner = current_process()->pid;
    }
    return lease_change(file, type);
}

int64_t lease_set(struct file *file, uint64_t type)
{
    const struct cred *cred = &current_thread()->cred;
    struct inode *inode = file->inode;

    if (type != LOCK_READ && type != LOCK_WRITE && type != LOCK_NONE)
        return -EINVAL;
    if (inode == NULL || !S_ISREG(inode->mode))
        return -EINVAL;
    if (cred->user.fs != inode->uid && !cred_has(cred, CAP_LEASE))
        return -EACCES;
    if (type != LOCK_NONE)
        return lease_take(file, (enum lock_type)type);
    return lock_find(inode, LOCK_LEASE, file) != NULL ? lease_change(file, LOCK_NONE) : -EAGAIN;
}

int64_t lease_get(const struct file *file)
{
    const struct file_lock *lease = file->inode != NULL ? lock_find(file->inode, LOCK_LEASE, file) : NULL;

    return lease != NULL ? lease->becomes : LOCK_NONE;
}

/* ---- the end of a lease: another open is in its way ---- */

static bool is_broken(const struct inode *inode, bool writes)
{
    for (const struct file_lock *lease = inode->locks; lease != NULL; lease = lease->next)
        if (is_in_the_way(lease, writes))
            return false;
    return true;
}

static void holder_signal(const struct file_extra *holder)
{
    int signal = holder->signal != 0 ? holder->signal : SIGIO;
    const struct pid *pid = pid_find(holder->owner);
    struct thread *thread = thread_find(holder->owner);

    if (holder->owner == 0 || pid == NULL)
        return;
    if (holder->owner_type == F_OWNER_TID && thread != NULL) {
        const struct signal_info info = {.signal = signal, .code = SI_KERNEL};

        (void)signal_send_info(thread->process, thread, &info);
    } else if (holder->owner_type == F_OWNER_PID && pid->process != NULL) {
        signal_send(pid->process, signal);
    } else if (holder->owner_type == F_OWNER_PGRP) {
        for (struct list *at = pid->members.next; at != &pid->members; at = at->next)
            signal_send(container_of(at, struct process, group_link), signal);
    }
}

/* Tells the holders, each once, what is left of their leases. */
static void holders_signal(struct inode *inode, bool writes)
{
    enum lock_type left = writes ? LOCK_NONE : LOCK_READ;

    for (struct file_lock *lease = inode->locks; lease != NULL; lease = lease->next) {
        const struct file *holder = lease->owner;

        if (!is_in_the_way(lease, writes) || lease->becomes == LOCK_NONE || lease->becomes == left)
            continue;
        lease->becomes = (uint8_t)left;
        holder_signal(holder->extra);
    }
}

/* The holders had their time. */
static void leases_end(struct inode *inode, bool writes)
{
    for (struct file_lock *lease = inode->locks; lease != NULL; lease = lease->next)
        if (is_in_the_way(lease, writes))
            lease->type = writes ? LOCK_NONE : LOCK_READ;
    wait_wake_all(lock_queue(inode), 0);
}

int lease_break(struct inode *inode, uint32_t flags)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC);
    uint64_t deadline = clock_monotonic_ns() + BREAK_TIME_NS;
    int error = 0;

    if ((flags & O_PATH) || is_broken(inode, writes))
        return 0;
    holders_signal(inode, writes);
    if (flags & O_NONBLOCK)
        return -EWOULDBLOCK;
    while (error == 0 && !is_broken(inode, writes))
        error = wait_on(lock_queue(inode), deadline, WAIT_INTERRUPTIBLE);
    if (error != -ETIMEDOUT)
        return error;
    leases_end(inode, writes);
    return 0;
}
