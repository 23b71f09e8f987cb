/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c - scheduling (sched(7)): the policies of threads, and the CPU that they may have. */
#include "sys/sched_thread.h"

#include "abi/info.h"
#include "abi/sched.h"
#include "abi/time.h"
#include "core/kick.h"
#include "core/pid.h"
#include "core/sched.h"
#include "lib/string.h"
#include "sys/futex_boost.h"
#include "sys/limit.h"
#include "sys/syscall.h"
#include "sys/timeout.h"
#include "sys/user.h"

#define RT_PRIORITY_MAX 99

/* What a call asks for. */
struct request {
    int policy; /* without SCHED_RESET_ON_FORK */
    int priority, nice;
    bool reset_on_fork;
    bool keeps_params;                  /* SCHED_FLAG_KEEP_PARAMS, with which Linux keeps the policy as well */
    uint64_t runtime, deadline, period; /* SCHED_DEADLINE */
};

int64_t sys_sched_yield(const uint64_t arg[6])
{
    (void)arg;
    sched_yield();
    return 0;
}

/* ---- threads of others ---- */

struct thread *sched_thread(uint64_t tid)
{
    return (int)tid != 0 ? thread_find((int)tid) : current_thread();
}

/* As Linux's check_same_owner. */
static bool is_owner(const struct thread *thread)
{
    uint32_t own = current_thread()->cred.user.effective;

    return own == thread->cred.user.effective || own == thread->cred.user.real;
}

/* A thread that a call names: 0, -EINVAL, -ESRCH. */
static int find(uint64_t tid, struct thread **out)
{
    if ((int)tid < 0)
        return -EINVAL;
    *out = sched_thread(tid);
    return *out != NULL ? 0 : -ESRCH;
}

bool sched_may_be_nice(const struct thread *thread, int nice)
{
    return (uint64_t)(20 - nice) <= limit_soft_of(thread->process, RLIMIT_NICE) ||
           cred_has(&current_thread()->cred, CAP_SYS_NICE);
}

/* ---- policies ---- */

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_fair(int policy)
{
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

static int policy_of(const struct thread *thread)
{
    return thread->sched.own.policy & ~SCHED_RESET_ON_FORK;
}

int64_t sys_sched_get_priority_max(const uint64_t arg[6])
{
    int policy = (int)arg[0];

    return is_real_time(policy) ? RT_PRIORITY_MAX : is_fair(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

int64_t sys_sched_get_priority_min(const uint64_t arg[6])
{
    int64_t most = sys_sched_get_priority_max(arg);

    return most > 0 ? 1 : most;
}

/* As Linux's __checkparam_dl: periods of up to 2^22 us, run times of 1024 ns at least. */
static bool deadline_is_valid(const struct request *request)
{
    uint64_t period = request->period != 0 ? request->period : request->deadline;

    return request->deadline != 0 && request->runtime >= 1u << 10 && !(request->deadline >> 63) && !(period >> 63) &&
           period >= request->deadline && request->deadline >= request->runtime && period >= 100000 &&
           period <= (1ull << 22) * 1000;
}

static bool is_valid(const struct request *request)
{
    if (!is_real_time(request->policy) && !is_fair(request->policy) && request->policy != SCHED_DEADLINE)
        return false;
    if (request->priority < 0 || request->priority > RT_PRIORITY_MAX)
        return false;
    if (request->policy == SCHED_DEADLINE && !deadline_is_valid(request))
        return false;
    return is_real_time(request->policy) == (request->priority != 0);
}

/* As Linux's user_check_sched_setscheduler: whether it can be had without CAP_SYS_NICE. */
static bool is_allowed(const struct thread *thread, const struct request *request)
{
    uint64_t most = limit_soft_of(thread->process, RLIMIT_RTPRIO);

    if (is_fair(request->policy) && request->nice < thread->sched.own.nice && !sched_may_be_nice(thread, request->nice))
        return false;
    if (is_real_time(request->policy) &&
        ((request->policy != policy_of(thread) && most == 0) ||
         (request->priority > thread->sched.own.rt_priority && (uint64_t)request->priority > most)))
        return false;
    if (request->policy == SCHED_DEADLINE)
        return false;
    if (policy_of(thread) == SCHED_IDLE && request->policy != SCHED_IDLE &&
        !sched_may_be_nice(thread, thread->sched.own.nice))
        return false;
    return is_owner(thread) && (!(thread->sched.own.policy & SCHED_RESET_ON_FORK) || request->reset_on_fork);
}

/* No CPU time is set aside for SCHED_DEADLINE, so that there is never enough left for another thread. */
static int request_apply(struct thread *thread, const struct request *request)
{
    int nice = is_fair(request->policy) ? request->nice : thread->sched.own.nice;
    int reset = request->reset_on_fork ? SCHED_RESET_ON_FORK : 0;

    if (!is_valid(request))
        return -EINVAL;
    if (!cred_has(&current_thread()->cred, CAP_SYS_NICE) && !is_allowed(thread, request))
        return -EPERM;
    if (request->policy == SCHED_DEADLINE)
        return -EBUSY;
    if (request->keeps_params)
        sched_set_policy(thread, policy_of(thread) | reset, thread->sched.own.rt_priority, thread->sched.own.nice);
    else
        sched_set_policy(thread, request->policy | reset, request->priority, nice);
    futex_pi_priority_changed(thread);
    return 0;
}

/* policy: with SCHED_RESET_ON_FORK; -1: the one that it has. */
static int64_t policy_set(int policy, uint64_t tid, uaddr_t address)
{
    struct request request = {0};
    struct thread *thread;
    int error;

    if (address == 0 || (int)tid < 0)
        return -EINVAL;
    if (user_get(request.priority, address))
        return -EFAULT;
    error = find(tid, &thread);
    if (error != 0)
        return error;
    if (policy < 0)
        policy = thread->sched.own.policy;
    request.policy = policy & ~SCHED_RESET_ON_FORK;
    request.reset_on_fork = (policy & SCHED_RESET_ON_FORK) != 0;
    request.nice = thread->sched.own.nice;
    return request_apply(thread, &request);
}

int64_t sys_sched_setscheduler(const uint64_t arg[6])
{
    return (int)arg[1] < 0 ? -EINVAL : policy_set((int)arg[1], arg[0], arg[2]);
}

int64_t sys_sched_setparam(const uint64_t arg[6])
{
    return policy_set(-1, arg[0], arg[1]);
}

int64_t sys_sched_getscheduler(const uint64_t arg[6])
{
    struct thread *thread;
    int error = find(arg[0], &thread);

    return error != 0 ? error : thread->sched.own.policy;
}

int64_t sys_sched_getparam(const uint64_t arg[6])
{
    struct thread *thread;
    int error = arg[1] != 0 ? find(arg[0], &thread) : -EINVAL;

    return error != 0 ? error : user_put(arg[1], thread->sched.own.rt_priority);
}

int64_t sys_sched_rr_get_interval(const uint64_t arg[6])
{
    struct timespec_user interval = {0, 0};
    struct thread *thread;
    int error = find(arg[0], &thread);

    if (error != 0)
        return error;
    interval.nsec = (int64_t)sched_slice_ns(thread);
    return timespec_to_user(arg[1], &interval);
}

/* ---- struct sched_attr ---- */

/* A structure of another size than ours is good as long as what we don't know is zero. 0, -E2BIG, -EFAULT, -EINVAL. */
static int attr_read(struct sched_attr_user *attr, uaddr_t address)
{
    const uint32_t ours = sizeof(*attr);
    uint8_t more[64];
    uint32_t size;

    memset(attr, 0, sizeof(*attr));
    if (user_get(size, address))
        return -EFAULT;
    if (size == 0)
        size = SCHED_ATTR_SIZE_FIRST;
    if (size < SCHED_ATTR_SIZE_FIRST || size > PAGE_SIZE)
        return user_put(address, ours), -E2BIG;
    for (uint32_t at = ours; at < size; at += sizeof(more)) {
        uint32_t count = size - at < sizeof(more) ? size - at : sizeof(more);

        if (copy_from_user(more, address + at, count) != 0)
            return -EFAULT;
        for (uint32_t i = 0; i < count; i++)
            if (more[i] != 0)
                return user_put(address, ours), -E2BIG;
    }
    if (copy_from_user(attr, address, size < ours ? size : ours) != 0)
        return -EFAULT;
    if ((attr->flags & SCHED_FLAG_UTIL_CLAMP) && size < ours)
        return -EINVAL;
    attr->nice = attr->nice < -20 ? -20 : attr->nice > 19 ? 19 : attr->nice;
    return 0;
}

int64_t sys_sched_setattr(const uint64_t arg[6])
{
    struct sched_attr_user attr;
    struct request request;
    struct thread *thread;
    int error;

    if (arg[1] == 0 || (int)arg[0] < 0 || (uint32_t)arg[2] != 0)
        return -EINVAL;
    error = attr_read(&attr, arg[1]);
    if (error == 0 && (int)attr.policy < 0)
        error = -EINVAL;
    if (error == 0)
        error = find(arg[0], &thread);
    if (error != 0)
        return error;
    request = (struct request){
        .policy = (int)attr.policy,
        .priority = attr.priority > RT_PRIORITY_MAX ? RT_PRIORITY_MAX + 1 : (int)attr.priority,
        .nice = attr.nice,
        .reset_on_fork = (attr.flags & SCHED_FLAG_RESET_ON_FORK) != 0,
        .keeps_params = (attr.flags & SCHED_FLAG_KEEP_PARAMS) != 0,
        .runtime = attr.runtime,
        .deadline = attr.deadline,
        .period = attr.period,
    };
    if (attr.flags & SCHED_FLAG_KEEP_POLICY) {
        request.policy = policy_of(thread);
        request.reset_on_fork = (thread->sched.own.policy & SCHED_RESET_ON_FORK) != 0;
    }
    if ((attr.flags & SCHED_FLAG_KEEP_PARAMS) && is_real_time(policy_of(thread)))
        request.priority = thread->sched.own.rt_priority;
    else if (attr.flags & SCHED_FLAG_KEEP_PARAMS)
        request.nice = thread->sched.own.nice;
    if (attr.flags & ~SCHED_FLAG_ALL)
        return -EINVAL;
    if ((attr.flags & SCHED_FLAG_UTIL_CLAMP) && is_valid(&request))
        return -EOPNOTSUPP; /* a kernel without them */
    return request_apply(thread, &request);
}

int64_t sys_sched_getattr(const uint64_t arg[6])
{
    uint32_t size = (uint32_t)arg[2];
    struct sched_attr_user attr = {.size = sizeof(attr)};
    struct thread *thread;
    int error;

    if (arg[1] == 0 || (int)arg[0] < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_FIRST || (uint32_t)arg[3] != 0)
        return -EINVAL;
    error = find(arg[0], &thread);
    if (error != 0)
        return error;
    attr.policy = (uint32_t)policy_of(thread);
    if (thread->sched.own.policy & SCHED_RESET_ON_FORK)
        attr.flags = SCHED_FLAG_RESET_ON_FORK;
    if (is_real_time(policy_of(thread))) {
        attr.priority = (uint32_t)thread->sched.own.rt_priority;
    } else {
        attr.nice = thread->sched.own.nice;
        attr.runtime = sched_slice_ns(thread);
    }
    if (size < attr.size)
        attr.size = size;
    if (copy_to_user(arg[1], &attr, attr.size) != 0)
        return -EFAULT;
    return size > attr.size && zero_user(arg[1] + attr.size, size - attr.size) != 0 ? -EFAULT : 0;
}

/* ---- CPUs ---- */

static uint64_t cpus_there(void)
{
    return (1ull << cpu_count) - 1;
}

int64_t sys_sched_getaffinity(const uint64_t arg[6])
{
    const struct thread *thread;
    uint64_t mask;
    unsigned word = call_is_32bit() ? sizeof(uint32_t) : sizeof(mask), size = (unsigned)arg[1];

    if (size == 0 || size % word != 0)
        return -EINVAL;
    if (size > sizeof(mask))
        size = sizeof(mask);
    thread = (int)arg[0] < 0 ? NULL : sched_thread(arg[0]);
    if (thread == NULL)
        return -ESRCH;
    mask = thread->sched.allowed & cpus_there();
    return copy_to_user(arg[2], &mask, size) != 0 ? -EFAULT : (int64_t)size;
}

int64_t sys_sched_setaffinity(const uint64_t arg[6])
{
    size_t size = (unsigned)arg[1] < sizeof(uint64_t) ? (unsigned)arg[1] : sizeof(uint64_t);
    struct thread *thread;
    uint64_t mask = 0;

    if (copy_from_user(&mask, arg[2], size) != 0)
        return -EFAULT;
    thread = (int)arg[0] < 0 ? NULL : sched_thread(arg[0]);
    if (thread == NULL)
        return -ESRCH;
    if (!is_owner(thread) && !cred_has(&current_thread()->cred, CAP_SYS_NICE))
        return -EPERM;
    if (!(mask & cpus_there()))
        return -EINVAL;
    sched_set_allowed(thread, (uint32_t)mask);
    if (cpu_is_one_of_many && thread != current_thread() && thread->process->space != NULL)
        kick_in(&thread->process->space->arch); /* it has left its CPU when this returns */
    return 0;
}
