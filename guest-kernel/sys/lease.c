/* SPDX-License-Identifier: Apache-2.0 */
/* lease.c - leases (fcntl(2), "Leases"). */
#include "abi/signal.h"
#include "abi/time.h"
#include "core/clock.h"
#include "core/cred.h"
#include "core/thread.h"
#include "core/wait.h"
#include "sys/flock.h"
#include "sys/user.h"
#include "vfs/lock.h"
#include "vfs/owner.h"

#define BREAK_TIME_NS (45 * NS_PER_SEC) /* Linux's /proc/sys/fs/lease-break-time */

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

/* The lease becomes that. It is of the whole file, so nothing is ever split, and only a new one needs room. */
static void lease_change(struct file *file, int fd, enum lock_type type, struct lock_room *room)
{
    const struct file_lock wanted = {.owner = file,
                                     .file = file,
                                     .last = INT64_MAX,
                                     .kind = LOCK_LEASE,
                                     .type = (uint8_t)type,
                                     .becomes = (uint8_t)type,
                                     .of_file = true,
                                     .pid = current_process()->pid,
                                     .fd = fd};

    lock_set_in(file->inode, &wanted, room);
}

static bool may_have(const struct file *file, enum lock_type type)
{
    for (const struct file_lock *lease = file->inode->locks; lease != NULL; lease = lease->next)
        if (lease->owner != file && is_in_the_way(lease, type == LOCK_WRITE))
            return false;
    return !is_open_otherwise(file, type);
}

/* What needs memory comes first: others run meanwhile, and may open the file. */
static int lease_take(struct file *file, int fd, enum lock_type type)
{
    struct file_extra *extra = file_extra_get(file);
    struct lock_room room;

    if (extra == NULL || lock_room_get(&room, &(struct file_lock){.type = (uint8_t)type}) != 0)
        return -ENOMEM;
    if (!may_have(file, type)) {
        lock_room_put(&room);
        return -EAGAIN;
    }
    lease_change(file, fd, type, &room);
    owner_set_default(&extra->owner, F_OWNER_PID, current_thread()->id);
    return 0;
}

/* With a lease who is told of it goes, whoever has said who that is (Linux's lease_modify). */
static void owner_forget(const struct file *file)
{
    owner_set(&file->extra->owner, F_OWNER_PID, NULL);
    file->extra->owner.signal = 0;
}

static int lease_give_up(struct file *file, int fd)
{
    struct lock_room none = {NULL, NULL};

    if (lock_find(file->inode, LOCK_LEASE, file) == NULL)
        return -EAGAIN;
    lease_change(file, fd, LOCK_NONE, &none);
    owner_forget(file);
    return 0;
}

int64_t lease_set(struct file *file, int fd, uint64_t type)
{
    const struct cred *cred = &current_thread()->cred;
    struct inode *inode = file->inode;

    if (type != LOCK_READ && type != LOCK_WRITE && type != LOCK_NONE)
        return -EINVAL;
    if (inode == NULL || !S_ISREG(inode->mode))
        return -EINVAL;
    if (cred->user.fs != inode->uid && !cred_has(cred, CAP_LEASE))
        return -EACCES;
    return type != LOCK_NONE ? lease_take(file, fd, (enum lock_type)type) : lease_give_up(file, fd);
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

/* Tells the holders, each once, what is left of their leases. */
static void holders_signal(struct inode *inode, bool writes)
{
    enum lock_type left = writes ? LOCK_NONE : LOCK_READ;

    for (struct file_lock *lease = inode->locks; lease != NULL; lease = lease->next) {
        if (!is_in_the_way(lease, writes) || lease->becomes == LOCK_NONE || lease->becomes == left)
            continue;
        lease->becomes = (uint8_t)left;
        owner_signal(lease->owner, lease->fd, POLL_MSG);
    }
}

/* The holders had their time. */
static void leases_end(struct inode *inode, bool writes)
{
    for (struct file_lock *lease = inode->locks; lease != NULL; lease = lease->next)
        if (is_in_the_way(lease, writes)) {
            lease->type = writes ? LOCK_NONE : LOCK_READ;
            if (writes)
                owner_forget(lease->owner);
        }
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
