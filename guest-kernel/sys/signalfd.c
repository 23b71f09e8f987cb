/* SPDX-License-Identifier: Apache-2.0 */
/* signalfd.c - signals that are read from a file (signalfd(2)): those of whoever reads. */
#include "abi/errno.h"
#include "abi/poll.h"
#include "abi/signal.h"
#include "core/signal.h"
#include "core/wait.h"
#include "lib/printf.h"
#include "mm/kmalloc.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/anon.h"

struct signalfd {
    uint64_t set;
};

/* ---- what is read ---- */

/* What is told beside number, error and code depends on where the signal comes from (Linux's siginfo_layout). */
static void siginfo_fill(struct signalfd_siginfo *out, const struct signal_info *info)
{
    const uint64_t faults =
        SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) | SIGNAL_BIT(SIGTRAP);
    bool is_specific = info->code > SI_USER && info->code < SI_KERNEL;

    *out = (struct signalfd_siginfo){.signal = (uint32_t)info->signal, .error = info->error, .code = info->code};
    if (is_specific && (faults & SIGNAL_BIT(info->signal))) {
        out->address = info->fault.address;
    } else if (is_specific && info->signal == SIGCHLD) {
        out->pid = (uint32_t)info->child.pid;
        out->uid = info->child.uid;
        out->status = info->child.status;
        out->utime = (uint64_t)info->child.utime;
        out->stime = (uint64_t)info->child.stime;
    } else if (signal_tells_of_file(info)) {
        out->band = (uint32_t)info->poll.band;
        out->fd = info->poll.fd;
    } else if (info->code == SI_TIMER) {
        out->tid = (uint32_t)info->timer.id;
        out->overrun = (uint32_t)info->timer.overrun;
        out->value = info->timer.value;
        out->value_int = (int32_t)info->timer.value;
    } else {
        out->pid = (uint32_t)info->sender.pid;
        out->uid = info->sender.uid;
        out->value = info->code < 0 ? info->sender.value : 0;
        out->value_int = (int32_t)out->value;
    }
}

/* 0, -EAGAIN or as wait_on. */
static int take(const struct file *file, bool may_wait, struct signal_info *info)
{
    const struct signalfd *signalfd = file->owner;
    struct thread *thread = current_thread();
    int error = 0;

    while (signal_take(thread, signalfd->set, info) == 0) {
        if (error == 0)
            error = may_wait ? wait_on(&thread->process->sighand->arrived, WAIT_FOREVER, WAIT_INTERRUPTIBLE) : -EAGAIN;
        else
            return error;
    }
    return 0;
}

/* As many as are there, and at least one. */
static int64_t signalfd_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    bool may_wait = !(file->flags & O_NONBLOCK);
    int64_t done = 0;
    int error = iter->left < sizeof(struct signalfd_siginfo) ? -EINVAL : 0;

    (void)pos;
    while (error == 0 && iter->left >= sizeof(struct signalfd_siginfo)) {
        struct signalfd_siginfo out;
        struct signal_info info;

        error = take(file, may_wait && done == 0, &info);
        if (error != 0)
            break;
        siginfo_fill(&out, &info);
        if (iter_fill(iter, &out, sizeof(out)) != (int64_t)sizeof(out))
            error = -EFAULT;
        else
            done += (int64_t)sizeof(out);
    }
    return done != 0 ? done : error;
}

static uint32_t signalfd_poll(struct file *file, struct poll_table *table)
{
    const struct signalfd *signalfd = file->owner;
    const struct thread *thread = current_thread();

    poll_hook(table, &thread->process->sighand->arrived);
    return signal_pending_set(thread) & signalfd->set ? POLLIN : 0;
}

static void signalfd_release(struct file *file)
{
    kfree(file->owner);
}

static int signalfd_describe(struct file *file, char *buf, size_t size)
{
    const struct signalfd *signalfd = file->owner;

    return snprintf(buf, size, "sigmask:\t%016lx\n", (unsigned long)signalfd->set);
}

static const struct file_ops signalfd_ops = {
    .describe = signalfd_describe,
    .name = "anon_inode:[signalfd]",
    .read = signalfd_read,
    .takes_nowait = true,
    .release = signalfd_release,
    .poll = signalfd_poll,
    .seek_is_void = true,
};

/* ---- the calls ---- */

static int64_t signalfd_make(uint64_t set, uint32_t flags)
{
    struct signalfd *signalfd = kmalloc(sizeof(*signalfd));
    struct file *file;
    int error;

    if (signalfd == NULL)
        return -ENOMEM;
    signalfd->set = set;
    error = anon_file_new(&signalfd_ops, O_RDWR | (flags & O_NONBLOCK), signalfd, &file);
    if (error != 0) {
        kfree(signalfd);
        return error;
    }
    return fd_install(current_thread()->files, file, 0, flags & O_CLOEXEC);
}

static int64_t signalfd_change(int fd, uint64_t set)
{
    struct file *file = fd_get(current_thread()->files, fd);

    if (file == NULL)
        return -EBADF;
    if (file->ops != &signalfd_ops)
        return -EINVAL;
    ((struct signalfd *)file->owner)->set = set;
    wait_wake_all(&current_process()->sighand->arrived, POLLIN);
    return fd;
}

static int64_t signalfd(int fd, uaddr_t address, uint64_t size, uint32_t flags)
{
    uint64_t set;

    if (size != sizeof(set))
        return -EINVAL;
    if (user_get(set, address))
        return -EFAULT;
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    set &= ~SIGNALS_UNBLOCKABLE;
    return fd == -1 ? signalfd_make(set, flags) : signalfd_change(fd, set);
}

int64_t sys_signalfd(const uint64_t arg[6])
{
    return signalfd((int)arg[0], arg[1], arg[2], 0);
}

int64_t sys_signalfd4(const uint64_t arg[6])
{
    return signalfd((int)arg[0], arg[1], arg[2], (uint32_t)arg[3]);
}
