/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.c - scheduling (sched(7)). There is one thread on one CPU, so that whatever it asks for it has: policy,
 * priority and niceness are checked, kept and given back.
 */
#include "abi/time.h"
#include "core/cred.h"
#include "core/sched.h"
#include "sys/syscall.h"
#include "sys/user.h"

#define NICE_MIN (-20)
#define NICE_MAX 19
#define RT_PRIORITY_MAX 99

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool may_raise(void)
{
    return cred_has(&current_thread()->cred, CAP_SYS_NICE);
}

int64_t sys_sched_yield(const uint64_t arg[6])
{
    (void)arg;
    sched_yield();
    return 0;
}

/* ---- policies ---- */

int64_t sys_sched_get_priority_max(const uint64_t arg[6])
{
    switch ((int)arg[0]) {
    case SCHED_FIFO:
    case SCHED_RR:
        return RT_PRIORITY_MAX;
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE:
    case SCHED_DEADLINE:
        return 0;
    default:
        return -EINVAL;
    }
}

int64_t sys_sched_get_priority_min(const uint64_t arg[6])
{
    int64_t most = sys_sched_get_priority_max(arg);

    return most > 0 ? 1 : most;
}

/* A thread that a call names: 0, -EINVAL, -ESRCH. */
static int check_pid(uint64_t pid)
{
    if ((int)pid < 0)
        return -EINVAL;
    return process_is_current(pid) ? 0 : -ESRCH;
}

static int64_t policy_set(int policy, uint64_t pid, uaddr_t address)
{
    struct thread *thread = current_thread();
    int priority, error, kind = policy & ~SCHED_RESET_ON_FORK;

    if (address == 0 || (int)pid < 0)
        return -EINVAL;
    if (user_get(priority, address))
        return -EFAULT;
    error = check_pid(pid);
    if (error != 0)
        return error;
    if (kind != SCHED_OTHER && kind != SCHED_BATCH && kind != SCHED_IDLE && !is_real_time(kind))
        return -EINVAL;
    if (is_real_time(kind) ? priority < 1 || priority > RT_PRIORITY_MAX : priority != 0)
        return -EINVAL;
    if (is_real_time(kind) && priority > thread->sched.rt_priority && !may_raise())
        return -EPERM;
    sched_set_policy(thread, policy, priority, thread->sched.nice);
    return 0;
}

int64_t sys_sched_setscheduler(const uint64_t arg[6])
{
    return (int)arg[1] < 0 ? -EINVAL : policy_set((int)arg[1], arg[0], arg[2]);
}

int64_t sys_sched_setparam(const uint64_t arg[6])
{
    return policy_set(current_thread()->sched.policy, arg[0], arg[1]);
}

int64_t sys_sched_getscheduler(const uint64_t arg[6])
{
    int error = check_pid(arg[0]);

    return error != 0 ? error : current_thread()->sched.policy;
}

int64_t sys_sched_getparam(const uint64_t arg[6])
{
    int error = arg[1] != 0 ? check_pid(arg[0]) : -EINVAL;

    return error != 0 ? error : user_put(arg[1], current_thread()->sched.rt_priority);
}

/* There are no time slices, which 0 says. */
int64_t sys_sched_rr_get_interval(const uint64_t arg[6])
{
    const struct timespec_user interval = {0, 0};
    int error = check_pid(arg[0]);

    return error != 0 ? error : user_put(arg[1], interval);
}

/* ---- the CPU ---- */

int64_t sys_sched_getaffinity(const uint64_t arg[6])
{
    uint64_t mask = 1;

    if ((unsigned)arg[1] < sizeof(mask) || (unsigned)arg[1] % sizeof(mask) != 0)
        return -EINVAL;
    if (!process_is_current(arg[0]))
        return -ESRCH;
    return user_put(arg[2], mask) ? -EFAULT : (int64_t)sizeof(mask);
}

int64_t sys_sched_setaffinity(const uint64_t arg[6])
{
    size_t size = (unsigned)arg[1] < sizeof(uint64_t) ? (unsigned)arg[1] : sizeof(uint64_t);
    uint64_t mask = 0;

    if (copy_from_user(&mask, arg[2], size) != 0)
        return -EFAULT;
    if (!process_is_current(arg[0]))
        return -ESRCH;
    return mask & 1 ? 0 : -EINVAL; /* CPU 0 is the one that there is */
}

/* ---- niceness ---- */

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

/* Whether getpriority's or setpriority's `who` means this process. 0, -EINVAL, -ESRCH. */
static int check_who(int which, uint64_t who)
{
    if (which < PRIO_PROCESS || which > PRIO_USER)
        return -EINVAL;
    if (which == PRIO_USER)
        return (uint32_t)who == 0 || (uint32_t)who == current_thread()->cred.user.real ? 0 : -ESRCH;
    return process_is_current(who) ? 0 : -ESRCH;
}

/* 20 - nice, so that it isn't negative. */
int64_t sys_getpriority(const uint64_t arg[6])
{
    int error = check_who((int)arg[0], arg[1]);

    return error != 0 ? error : 20 - current_thread()->sched.nice;
}

int64_t sys_setpriority(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    int error = check_who((int)arg[0], arg[1]), nice = (int)arg[2];

    if (error != 0)
        return error;
    if (nice < NICE_MIN)
        nice = NICE_MIN;
    if (nice > NICE_MAX)
        nice = NICE_MAX;
    if (nice < thread->sched.nice && !may_raise())
        return -EACCES;
    sched_set_policy(thread, thread->sched.policy, thread->sched.rt_priority, nice);
    return 0;
}
