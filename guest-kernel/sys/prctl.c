/* SPDX-License-Identifier: Apache-2.0 */
/* prctl.c - prctl(2): a process's and a thread's own settings. */
#include "core/cred.h"

#include "core/filter.h"
#include "lib/string.h"
#include "sys/seccomp.h"
#include "sys/syscall.h"
#include "sys/user.h"

enum {
    PR_SET_PDEATHSIG = 1,
    PR_GET_PDEATHSIG = 2,
    PR_GET_DUMPABLE = 3,
    PR_SET_DUMPABLE = 4,
    PR_GET_KEEPCAPS = 7,
    PR_SET_KEEPCAPS = 8,
    PR_GET_TIMING = 13,
    PR_SET_TIMING = 14,
    PR_SET_NAME = 15,
    PR_GET_NAME = 16,
    PR_GET_SECCOMP = 21,
    PR_SET_SECCOMP = 22,
    PR_CAPBSET_READ = 23,
    PR_CAPBSET_DROP = 24,
    PR_GET_SECUREBITS = 27,
    PR_SET_SECUREBITS = 28,
    PR_SET_TIMERSLACK = 29,
    PR_GET_TIMERSLACK = 30,
    PR_SET_CHILD_SUBREAPER = 36,
    PR_GET_CHILD_SUBREAPER = 37,
    PR_SET_NO_NEW_PRIVS = 38,
    PR_GET_NO_NEW_PRIVS = 39,
    PR_GET_TID_ADDRESS = 40,
    PR_CAP_AMBIENT = 47,
};
enum { CAP_AMBIENT_IS_SET = 1, CAP_AMBIENT_RAISE = 2, CAP_AMBIENT_LOWER = 3, CAP_AMBIENT_CLEAR_ALL = 4 };

/* ---- capabilities: those of these operations that concern them ---- */

/* They were changed. */
static int64_t changed(struct cred *cred)
{
    cred_renew(cred);
    return 0;
}

static int64_t keep_caps(struct cred *cred, uint64_t keep)
{
    if (keep > 1)
        return -EINVAL;
    if (cred->securebits & SECURE_KEEP_CAPS_LOCKED)
        return -EPERM;
    cred->securebits = keep != 0 ? cred->securebits | SECURE_KEEP_CAPS : cred->securebits & ~SECURE_KEEP_CAPS;
    return changed(cred);
}

static int64_t bounding_drop(struct cred *cred, uint64_t capability)
{
    if (!cred_has(cred, CAP_SETPCAP))
        return -EPERM;
    if (capability > CAP_LAST)
        return -EINVAL;
    cred->bounding &= ~CAP_BIT(capability);
    return changed(cred);
}

/* A lock stays, and what it locks; other bits are unknown. */
static int64_t securebits_set(struct cred *cred, uint64_t bits)
{
    uint32_t locks = cred->securebits & SECURE_ALL_LOCKS;

    if ((bits & ~(uint64_t)(SECURE_ALL_BITS | SECURE_ALL_LOCKS)) || (locks & ~bits) ||
        ((locks >> 1) & (cred->securebits ^ bits)) || !cred_has(cred, CAP_SETPCAP))
        return -EPERM;
    cred->securebits = (uint32_t)bits;
    return changed(cred);
}

static int64_t ambient_raise(struct cred *cred, uint64_t bit)
{
    if (!(cred->permitted & bit) || !(cred->inheritable & bit) || (cred->securebits & SECURE_NO_CAP_AMBIENT_RAISE))
        return -EPERM;
    cred->ambient |= bit;
    return changed(cred);
}

static int64_t ambient(struct cred *cred, const uint64_t arg[6])
{
    uint64_t operation = arg[1], capability = arg[2], bit;

    if (operation == CAP_AMBIENT_CLEAR_ALL) {
        if ((arg[2] | arg[3] | arg[4]) != 0)
            return -EINVAL;
        cred->ambient = 0;
        return changed(cred);
    }
    if (capability > CAP_LAST || arg[3] != 0 || arg[4] != 0)
        return -EINVAL;
    bit = CAP_BIT(capability);
    switch (operation) {
    case CAP_AMBIENT_IS_SET:
        return (cred->ambient & bit) != 0;
    case CAP_AMBIENT_RAISE:
        return ambient_raise(cred, bit);
    case CAP_AMBIENT_LOWER:
        cred->ambient &= ~bit;
        return changed(cred);
    default:
        return -EINVAL;
    }
}

/* And -EINVAL for every operation that is not there. */
static int64_t cred_operation(struct cred *cred, int operation, const uint64_t arg[6])
{
    switch (operation) {
    case PR_GET_KEEPCAPS:
        return (cred->securebits & SECURE_KEEP_CAPS) != 0;
    case PR_SET_KEEPCAPS:
        return keep_caps(cred, arg[1]);
    case PR_CAPBSET_READ:
        return arg[1] > CAP_LAST ? -EINVAL : (cred->bounding & CAP_BIT(arg[1])) != 0;
    case PR_CAPBSET_DROP:
        return bounding_drop(cred, arg[1]);
    case PR_GET_SECUREBITS:
        return cred->securebits;
    case PR_SET_SECUREBITS:
        return securebits_set(cred, arg[1]);
    case PR_SET_NO_NEW_PRIVS:
        if (arg[1] != 1 || arg[2] != 0 || arg[3] != 0 || arg[4] != 0)
            return -EINVAL;
        cred->no_new_privs = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return arg[1] != 0 || arg[2] != 0 || arg[3] != 0 || arg[4] != 0 ? -EINVAL : cred->no_new_privs;
    case PR_CAP_AMBIENT:
        return ambient(cred, arg);
    default:
        return -EINVAL;
    }
}

/* ---- the others ---- */

static int64_t set_name(uaddr_t address)
{
    char name[sizeof(((struct thread *)0)->name)] = {0};
    int64_t length = string_from_user(name, address, sizeof(name));

    if (length == -EFAULT)
        return length;
    name[sizeof(name) - 1] = 0; /* too long a name is cut */
    memcpy(current_thread()->name, name, sizeof(name));
    return 0;
}

static int64_t int_put(uaddr_t address, int value)
{
    return user_put(address, value);
}

static int64_t set_parent_death_signal(struct thread *thread, uint64_t signal)
{
    if (signal > SIGNALS)
        return -EINVAL;
    thread->parent_death_signal = (int)signal;
    return 0;
}

static int64_t set_dumpable(struct process *process, uint64_t value)
{
    if (value > 1)
        return -EINVAL;
    process->dumpable = (unsigned)value;
    return 0;
}

int64_t sys_prctl(const uint64_t arg[6])
{
    struct process *process = current_process();
    struct thread *thread = current_thread();

    switch ((int)arg[0]) {
    case PR_SET_PDEATHSIG:
        return set_parent_death_signal(thread, arg[1]);
    case PR_GET_PDEATHSIG:
        return int_put(arg[1], thread->parent_death_signal);
    case PR_GET_DUMPABLE:
        return process->dumpable;
    case PR_SET_DUMPABLE:
        return set_dumpable(process, arg[1]);
    case PR_GET_TIMING:
        return 0; /* PR_TIMING_STATISTICAL, and there is no other */
    case PR_SET_TIMING:
        return arg[1] != 0 ? -EINVAL : 0;
    case PR_SET_NAME:
        return set_name(arg[1]);
    case PR_GET_NAME:
        return user_put(arg[1], thread->name);
    case PR_GET_SECCOMP: /* in strict mode nobody comes here to ask */
        return filter_mode(thread->filters);
    case PR_SET_SECCOMP:
        return seccomp_set_mode(arg[1], arg[2]);
    case PR_SET_TIMERSLACK:
        thread->timer_slack_ns = (int64_t)arg[1] > 0 ? arg[1] : TIMER_SLACK_NS;
        return 0;
    case PR_GET_TIMERSLACK:
        return (int64_t)thread->timer_slack_ns;
    case PR_SET_CHILD_SUBREAPER:
        process->child_subreaper = arg[1] != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return int_put(arg[1], process->child_subreaper);
    case PR_GET_TID_ADDRESS:
        return user_put(arg[1], thread->clear_child_tid);
    default:
        return cred_operation(&thread->cred, (int)arg[0], arg);
    }
}
