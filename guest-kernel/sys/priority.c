/* SPDX-License-Identifier: Apache-2.0 */
/* priority.c - niceness, and the priority of input and output: of a thread, a process group, or all that a user has. */
#include "abi/sched.h"
#include "core/pid.h"
#include "core/sched.h"
#include "core/threads.h"
#include "sys/futex_boost.h"
#include "sys/sched_thread.h"
#include "sys/syscall.h"
#include "sys/user.h"

#define NICE_MIN (-20)
#define NICE_MAX 19

/* Something is done with each thread: false: no more of them. */
typedef bool visitor(struct thread *thread, int64_t *result);

static void visit_one(uint64_t who, visitor *visit, int64_t *result)
{
    struct thread *thread = (int)who < 0 ? NULL : sched_thread(who);

    if (thread != NULL)
        (void)visit(thread, result);
}

static void visit_group(uint64_t who, visitor *visit, int64_t *result)
{
    struct pid *group = (int)who != 0 ? pid_find((int)who) : current_process()->group;

    if (group == NULL)
        return;
    for (struct list *at = group->members.next; at != &group->members; at = at->next)
        for_each_thread(container_of(at, struct process, group_link), thread) if (!visit(thread, result)) return;
}

static void visit_user(uint64_t who, visitor *visit, int64_t *result)
{
    uint32_t user = (uint32_t)who != 0 ? (uint32_t)who : current_thread()->cred.user.real;

    for (struct pid *pid = pid_from(1); pid != NULL; pid = pid_from(pid->number + 1))
        if (pid->thread != NULL && pid->thread->cred.user.real == user && !visit(pid->thread, result))
            return;
}

/* which: from 0 on. -EINVAL: not one of them; -ESRCH: there is none; else what the visits made of it. */
static int64_t visit_all(int which, uint64_t who, visitor *visit)
{
    int64_t result = -ESRCH;

    switch (which) {
    case PRIO_PROCESS:
        visit_one(who, visit, &result);
        break;
    case PRIO_PGRP:
        visit_group(who, visit, &result);
        break;
    case PRIO_USER:
        visit_user(who, visit, &result);
        break;
    default:
        return -EINVAL;
    }
    return result;
}

/* ---- niceness ---- */

static int wanted_nice; /* of the call that is being made, which doesn't wait */

static int nice_clamp(int nice)
{
    return nice < NICE_MIN ? NICE_MIN : nice > NICE_MAX ? NICE_MAX : nice;
}

static void nice_give(struct thread *thread, int nice)
{
    sched_set_policy(thread, thread->sched.own.policy, thread->sched.own.rt_priority, nice);
    futex_pi_priority_changed(thread);
}

static bool nice_read(struct thread *thread, int64_t *result)
{
    int64_t rank = 20 - thread->sched.own.nice; /* which isn't negative */

    if (rank > *result)
        *result = rank;
    return true;
}

/* The other's IDs as Linux's set_one_prio_perm looks at them. */
static bool nice_set(struct thread *thread, int64_t *result)
{
    const struct cred *own = &current_thread()->cred, *other = &thread->cred;

    if (other->user.real != own->user.effective && other->user.effective != own->user.effective &&
        !cred_has(own, CAP_SYS_NICE)) {
        *result = -EPERM;
    } else if (wanted_nice < thread->sched.own.nice && !sched_may_be_nice(thread, wanted_nice)) {
        *result = -EACCES;
    } else {
        if (*result == -ESRCH)
            *result = 0;
        nice_give(thread, wanted_nice);
    }
    return true;
}

int64_t sys_getpriority(const uint64_t arg[6])
{
    return visit_all((int)arg[0], arg[1], nice_read);
}

int64_t sys_setpriority(const uint64_t arg[6])
{
    wanted_nice = nice_clamp((int)arg[2]);
    return visit_all((int)arg[0], arg[1], nice_set);
}

int64_t sys_nice(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    int more = (int)arg[0] < -40 ? -40 : (int)arg[0] > 40 ? 40 : (int)arg[0];
    int nice = nice_clamp(thread->sched.own.nice + more);

    if (more < 0 && !sched_may_be_nice(thread, nice))
        return -EPERM;
    nice_give(thread, nice);
    return 0;
}

/* ---- input and output: kept and given back; there is no queue that would heed it ---- */

static uint16_t wanted_io;

static int64_t io_check(unsigned priority)
{
    const struct cred *own = &current_thread()->cred;
    unsigned level = priority & IOPRIO_LEVEL_MASK;

    switch (priority >> IOPRIO_CLASS_SHIFT & IOPRIO_CLASS_MASK) {
    case IOPRIO_CLASS_RT:
        return cred_has(own, CAP_SYS_ADMIN) || cred_has(own, CAP_SYS_NICE) ? 0 : -EPERM;
    case IOPRIO_CLASS_BE:
    case IOPRIO_CLASS_IDLE:
        return 0;
    case IOPRIO_CLASS_NONE:
        return level == 0 ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

static bool io_set(struct thread *thread, int64_t *result)
{
    const struct cred *own = &current_thread()->cred, *other = &thread->cred;

    if (other->user.real != own->user.effective && other->user.real != own->user.real && !cred_has(own, CAP_SYS_NICE)) {
        *result = -EPERM;
        return false;
    }
    thread->sched.io_priority = wanted_io;
    *result = 0;
    return true;
}

static bool io_read_raw(struct thread *thread, int64_t *result)
{
    *result = thread->sched.io_priority;
    return true;
}

/* What none stands for: as the CPU's priority is. */
static int64_t io_effective(const struct thread *thread)
{
    int policy = thread->sched.own.policy & ~SCHED_RESET_ON_FORK;
    unsigned class = policy == SCHED_IDLE                         ? IOPRIO_CLASS_IDLE
                     : policy == SCHED_FIFO || policy == SCHED_RR ? IOPRIO_CLASS_RT
                                                                  : IOPRIO_CLASS_BE;

    if (thread->sched.io_priority >> IOPRIO_CLASS_SHIFT != IOPRIO_CLASS_NONE)
        return thread->sched.io_priority;
    return (int64_t)(class << IOPRIO_CLASS_SHIFT | (unsigned)(thread->sched.own.nice + 20) / 5);
}

static bool io_read_best(struct thread *thread, int64_t *result)
{
    int64_t priority = io_effective(thread);

    if (*result == -ESRCH || priority < *result)
        *result = priority;
    return true;
}

int64_t sys_ioprio_set(const uint64_t arg[6])
{
    int64_t error = io_check((unsigned)arg[2]);

    if (error != 0)
        return error;
    wanted_io = (uint16_t)arg[2];
    return visit_all((int)((uint32_t)arg[0] - IOPRIO_WHO_PROCESS), arg[1], io_set);
}

int64_t sys_ioprio_get(const uint64_t arg[6])
{
    int which = (int)((uint32_t)arg[0] - IOPRIO_WHO_PROCESS);

    return visit_all(which, arg[1], which == PRIO_PROCESS ? io_read_raw : io_read_best);
}
