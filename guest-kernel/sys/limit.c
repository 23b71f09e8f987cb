/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limit.c - resource limits. RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_RTTIME and RLIMIT_NPROC hold for programs
 * by what is here, RLIMIT_NICE and RLIMIT_RTPRIO in policy.c, RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK in maplimit.c,
 * RLIMIT_STACK in mm/area.c and exec.c, RLIMIT_SIGPENDING in core/sigqueue.c. The others are kept and given back.
 */
#include "abi/info.h"

#include "abi/i386.h"
#include "abi/signal.h"
#include "abi/time.h"
#include "core/cputimer.h"
#include "core/cred.h"
#include "core/pid.h"
#include "core/rlimit.h"
#include "core/signal.h"
#include "core/threads.h"
#include "core/tick.h"
#include "core/tracing.h"
#include "lib/string.h"
#include "mm/iter.h"
#include "mm/kmalloc.h"
#include "mm/mapping.h"
#include "sys/limit.h"
#include "sys/syscall.h"
#include "sys/user.h"
#include "vfs/blk.h"

_Static_assert(FILES_AT_FIRST == FD_LIMIT && FILES_MAX == FD_MAX, "core/rlimit.h");

uint64_t limit_soft(unsigned resource)
{
    return rlimit_get(current_process(), resource).soft;
}

uint64_t limit_soft_of(const struct process *process, unsigned resource)
{
    return rlimit_get(process, resource).soft;
}

/* ---- RLIMIT_CPU ---- */

static void cpu_arm(struct process *process);

/* Each second from the soft limit on there is a signal, for which Linux raises that; at the hard one it ends. */
static void cpu_expired(struct cpu_timer *timer)
{
    struct process *process = container_of(timer, struct process, cpu_limit);
    struct resource_limit *limit = &process->limits[RLIMIT_CPU];
    uint64_t had_s = process_cpu_ns(process) / NS_PER_SEC;

    if (limit->hard != RLIM_INFINITY && had_s >= limit->hard) {
        signal_send(process, SIGKILL);
        return;
    }
    if (had_s >= limit->soft) {
        signal_send(process, SIGXCPU);
        limit->soft++;
    }
    cpu_arm(process);
}

static void cpu_arm(struct process *process)
{
    const struct resource_limit *limit = &process->limits[RLIMIT_CPU];
    uint64_t first_s = limit->soft < limit->hard ? limit->soft : limit->hard;

    process->cpu_limit.expired = cpu_expired;
    if (limit->soft == RLIM_INFINITY || first_s >= TIMER_NEVER / NS_PER_SEC)
        cputimer_cancel(&process->cpu_limit);
    else
        cputimer_set(&process->cpu_limit, process, NULL, first_s * NS_PER_SEC);
}

/* ---- RLIMIT_RTTIME: in us, of a real-time thread that doesn't wait ---- */

static void rt_ticked(struct thread *thread, uint64_t rt_ns)
{
    struct process *process = thread->process;
    struct resource_limit *limit = process->limits != NULL ? &process->limits[RLIMIT_RTTIME] : NULL;
    uint64_t rt_us = rt_ns / 1000;

    if (limit == NULL || limit->soft == RLIM_INFINITY)
        return;
    if (limit->hard != RLIM_INFINITY && rt_us > limit->hard) {
        signal_send(process, SIGKILL);
    } else if (rt_us > limit->soft) { /* and again each second, for which Linux raises the limit */
        signal_send(process, SIGXCPU);
        limit->soft += NS_PER_SEC / 1000;
    }
}

static void rt_arm(void)
{
    tick_real_time = rt_ticked;
    tick_want();
}

/* ---- all of them ---- */

int limits_copy(struct process *to, const struct process *from)
{
    if (from->limits == NULL)
        return 0;
    to->limits = kmalloc(sizeof(rlimit_default));
    if (to->limits == NULL)
        return -ENOMEM;
    memcpy(to->limits, from->limits, sizeof(rlimit_default));
    cpu_arm(to);
    return 0;
}

/* A table of descriptors that threads share has the limit that was set last. */
static void files_limit(struct process *process, unsigned limit)
{
    for_each_thread(process, thread) if (thread->files != NULL) thread->files->limit = limit;
}

static int limit_set(struct process *process, unsigned resource, const struct resource_limit *limit)
{
    if (limit->soft > limit->hard)
        return -EINVAL;
    if (resource == RLIMIT_NOFILE && limit->hard > FD_MAX)
        return -EPERM;
    if (limit->hard > rlimit_get(process, resource).hard && !cred_has(&current_thread()->cred, CAP_SYS_RESOURCE))
        return -EPERM;
    if (process->limits == NULL) {
        process->limits = kmalloc(sizeof(rlimit_default));
        if (process->limits == NULL)
            return -ENOMEM;
        memcpy(process->limits, rlimit_default, sizeof(rlimit_default));
    }
    process->limits[resource] = *limit;
    if (resource == RLIMIT_NOFILE)
        files_limit(process, (unsigned)limit->soft);
    if (resource == RLIMIT_STACK && process->space != NULL)
        process->space->stack_limit = limit->soft;
    if (resource == RLIMIT_CPU)
        cpu_arm(process);
    if (resource == RLIMIT_RTTIME)
        rt_arm();
    if (resource == RLIMIT_SIGPENDING)
        process->signals_max = limit->soft;
    return 0;
}

/* Whose limits a call means: 0 with the process; -ESRCH; -EPERM, as check_prlimit_permission. */
static int limits_of(int tid, struct process **out)
{
    const struct cred *own = &current_thread()->cred;
    const struct thread *thread = tid != 0 ? thread_find(tid) : current_thread();
    const struct process *process = thread == NULL ? process_find(tid) : NULL;
    const struct cred_ids *user, *group;

    if (process != NULL && !list_is_empty(&process->threads)) /* its first thread has ended: another stands for it */
        thread = container_of(process->threads.next, struct thread, sibling);
    if (thread == NULL)
        return -ESRCH;
    *out = thread->process;
    user = &thread->cred.user;
    group = &thread->cred.group;
    if (thread == current_thread() || cred_has(own, CAP_SYS_RESOURCE))
        return 0;
    return own->user.real == user->effective && own->user.real == user->saved && own->user.real == user->real &&
                   own->group.real == group->effective && own->group.real == group->saved &&
                   own->group.real == group->real
               ? 0
               : -EPERM;
}

/* limit NULL: it stays. */
static int64_t limit_change(int tid, unsigned resource, const struct resource_limit *limit, uaddr_t old_limit)
{
    struct resource_limit old;
    struct process *process;
    int error = limits_of(tid, &process);

    if (error != 0)
        return error;
    if (resource >= RLIMIT_COUNT)
        return -EINVAL;
    old = rlimit_get(process, resource);
    if (limit != NULL)
        error = limit_set(process, resource, limit);
    return error == 0 && old_limit != 0 ? user_put(old_limit, old) : error;
}

int64_t sys_prlimit64(const uint64_t arg[6])
{
    struct resource_limit limit;

    if (arg[2] != 0 && user_get(limit, arg[2]))
        return -EFAULT;
    return limit_change((int)arg[0], (unsigned)arg[1], arg[2] != 0 ? &limit : NULL, arg[3]);
}

int64_t sys_getrlimit(const uint64_t arg[6])
{
    struct resource_limit limit;

    if ((unsigned)arg[0] >= RLIMIT_COUNT)
        return -EINVAL;
    limit = rlimit_get(current_process(), (unsigned)arg[0]);
    return user_put(arg[1], limit);
}

static uint32_t half_of(uint64_t limit)
{
    return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX; /* and that stands for none */
}

/* What is more is told as `most`. */
static int64_t half_put(const uint64_t arg[6], uint32_t most)
{
    struct resource_limit limit;

    if ((unsigned)arg[0] >= RLIMIT_COUNT)
        return -EINVAL;
    limit = rlimit_get(current_process(), (unsigned)arg[0]);
    struct i386_rlimit half = {half_of(limit.soft), half_of(limit.hard)};
    half.soft = half.soft < most ? half.soft : most;
    half.hard = half.hard < most ? half.hard : most;
    return user_put(arg[1], half);
}

int64_t sys_i386_ugetrlimit(const uint64_t arg[6])
{
    return half_put(arg, UINT32_MAX);
}

/* As it was when a limit was an int. */
int64_t sys_i386_getrlimit(const uint64_t arg[6])
{
    return half_put(arg, INT32_MAX);
}

static uint64_t limit_of_half(uint32_t half)
{
    return half == UINT32_MAX ? RLIM_INFINITY : half;
}

int64_t sys_i386_setrlimit(const uint64_t arg[6])
{
    struct i386_rlimit half;

    if (user_get(half, arg[1]))
        return -EFAULT;
    const struct resource_limit limit = {limit_of_half(half.soft), limit_of_half(half.hard)};
    return limit_change(0, (unsigned)arg[0], &limit, 0);
}

int64_t sys_setrlimit(const uint64_t arg[6])
{
    struct resource_limit limit;

    return user_get(limit, arg[1]) ? -EFAULT : limit_change(0, (unsigned)arg[0], &limit, 0);
}

/* ---- RLIMIT_NPROC ---- */

/* One that has ended and that its tracer hasn't waited for counts as the tracer's. */
static bool is_of(const struct pid *pid, uint32_t user)
{
    if (pid->thread != NULL)
        return pid->thread->cred.user.real == user;
    return pid->process == NULL && pid->tracee != NULL && pid->tracee->tracer->cred.user.real == user;
}

/* Counted where there can be as many, which is seldom. */
bool nproc_exceeded(const struct thread *thread, int more)
{
    uint64_t limit = limit_soft(RLIMIT_NPROC);
    uint32_t user = thread->cred.user.real;
    int64_t count = more;

    if (user == 0 || (uint64_t)(threads_count() + trace_ended_count() + (unsigned)more) <= limit ||
        cred_has(&thread->cred, CAP_SYS_RESOURCE) || cred_has(&thread->cred, CAP_SYS_ADMIN))
        return false;
    for (struct pid *pid = pid_from(1); pid != NULL; pid = pid_from(pid->number + 1))
        count += is_of(pid, user);
    return count > 0 && (uint64_t)count > limit;
}

/* ---- RLIMIT_FSIZE ---- */

static int too_large(void)
{
    signal_send(current_process(), SIGXFSZ);
    return -EFBIG;
}

int limit_write_size(uint64_t pos, uint64_t *size)
{
    uint64_t limit = limit_soft(RLIMIT_FSIZE);

    if (pos >= limit)
        return too_large();
    if (*size > limit - pos)
        *size = limit - pos;
    return 0;
}

int limit_write(const struct file *file, struct iter *iter, uint64_t pos)
{
    if (file->inode == NULL || !S_ISREG(file->inode->mode) || !file_is_writable(file) || iter->left == 0)
        return 0;
    int error = limit_write_size(file->flags & O_APPEND ? file->inode->size : pos, &iter->left);
    /* Past the page cache go whole sectors alone. */
    return error == 0 && (file->flags & O_DIRECT) && iter->left % SECTOR_SIZE != 0 ? -EINVAL : error;
}

int limit_grow(const struct inode *inode, uint64_t size)
{
    return size > inode->size && size > limit_soft(RLIMIT_FSIZE) ? too_large() : 0;
}
