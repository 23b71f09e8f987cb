/* SPDX-License-Identifier: Apache-2.0 */
/* i386_signal.c - the signal calls of 32-bit programs on x86 whose structures or masks are others than those of
 * today's. */
#include "abi/i386.h"
#include "core/signal.h"
#include "sys/sigmask.h"
#include "sys/syscall.h"
#include "sys/user.h"

/* The flag stays with the action: the handler's frame is one of 32 bits. */
static struct signal_action action_of(uint32_t handler, uint32_t flags, uint32_t restorer, uint64_t mask)
{
    return (struct signal_action){
        .handler = handler,
        .restorer = restorer,
        .flags = (flags & SA_KNOWN) | SIGNAL_ACTION_32BIT,
        .mask = mask & ~SIGNALS_UNBLOCKABLE,
    };
}

/* Sets an action, or not (NULL), and tells the one before. 0 or -EINVAL. */
static int exchange(int signal, const struct signal_action *action, struct signal_action *old)
{
    if (!signal_is_number(signal) || (action != NULL && (SIGNAL_BIT(signal) & SIGNALS_UNBLOCKABLE)))
        return -EINVAL;
    *old = current_process()->sighand->action[signal - 1];
    if (action != NULL)
        sigaction_set(signal, action);
    return 0;
}

int64_t sys_i386_rt_sigaction(const uint64_t arg[6])
{
    struct i386_sigaction given;
    struct signal_action action, old;
    int error;

    if (arg[3] != sizeof(uint64_t))
        return -EINVAL;
    if (arg[1] != 0) {
        if (user_get(given, arg[1]))
            return -EFAULT;
        action = action_of(given.handler, given.flags, given.restorer, given.mask);
    }
    error = exchange((int)arg[0], arg[1] != 0 ? &action : NULL, &old);
    if (error != 0 || arg[2] == 0)
        return error;
    given = (struct i386_sigaction){(uint32_t)old.handler, (uint32_t)old.flags & SA_KNOWN, (uint32_t)old.restorer,
                                    old.mask};
    return user_put(arg[2], given);
}

int64_t sys_i386_sigaction(const uint64_t arg[6])
{
    struct i386_old_sigaction given;
    struct signal_action action, old;
    int error;

    if (arg[1] != 0) {
        if (user_get(given, arg[1]))
            return -EFAULT;
        action = action_of(given.handler, given.flags, given.restorer, given.mask);
    }
    error = exchange((int)arg[0], arg[1] != 0 ? &action : NULL, &old);
    if (error != 0 || arg[2] == 0)
        return error;
    given = (struct i386_old_sigaction){(uint32_t)old.handler, (uint32_t)old.mask, (uint32_t)old.flags & SA_KNOWN,
                                        (uint32_t)old.restorer};
    return user_put(arg[2], given);
}

/* signal(2) as System V has it. */
int64_t sys_i386_signal(const uint64_t arg[6])
{
    const struct signal_action action = action_of((uint32_t)arg[1], SA_RESETHAND | SA_NODEFER, 0, 0);
    struct signal_action old;
    int error = exchange((int)arg[0], &action, &old);

    return error != 0 ? error : (int64_t)(uint32_t)old.handler;
}

/* The signals up to 32; the others stay as they are. */
int64_t sys_i386_sigprocmask(const uint64_t arg[6])
{
    uint64_t mask = current_thread()->signal_mask;
    uint32_t old = (uint32_t)mask, given;
    int error = 0;

    if (arg[1] != 0) {
        if (user_get(given, arg[1]))
            return -EFAULT;
        error =
            sigmask_change((int)arg[0], (int)arg[0] == SIG_SETMASK ? (mask & ~(uint64_t)UINT32_MAX) | given : given);
    }
    return error == 0 && arg[2] != 0 ? user_put(arg[2], old) : error;
}

int64_t sys_i386_sigpending(const uint64_t arg[6])
{
    const struct thread *thread = current_thread();
    uint32_t pending = (uint32_t)(signal_pending_set(thread) & thread->signal_mask);

    return user_put(arg[0], pending);
}

/* Its first two arguments are for nothing. */
int64_t sys_i386_sigsuspend(const uint64_t arg[6])
{
    return sigmask_wait((uint32_t)arg[2]);
}

int64_t sys_i386_sgetmask(const uint64_t arg[6])
{
    (void)arg;
    return (int64_t)(uint32_t)current_thread()->signal_mask;
}

/* All signals: those from 33 on are let through. */
int64_t sys_i386_ssetmask(const uint64_t arg[6])
{
    int64_t old = (int64_t)(uint32_t)current_thread()->signal_mask;

    (void)sigmask_change(SIG_SETMASK, (uint32_t)arg[0]);
    return old;
}
