/* SPDX-License-Identifier: Apache-2.0 */
/* futex_exit.c - what a thread leaves in memory when it ends: robust locks that it has, and its number. */
#include "abi/futex.h"

#include "core/pid.h"
#include "core/residence.h"
#include "core/sched.h"
#include "sys/futex.h"
#include "sys/futex_pi.h"
#include "sys/futex_queue.h"
#include "sys/syscall.h"
#include "sys/user.h"

#define ROBUST_ENTRIES_MAX 2048u /* Linux's ROBUST_LIST_LIMIT: the list may be a ring */
#define ROBUST_PI 1u             /* in a pointer to an entry */

/* ---- the robust list: struct robust_list_head of the program's own word size ---- */

struct robust {
    const struct thread *thread;
    unsigned width; /* of its pointers, in bytes */
    int64_t offset; /* from an entry to its lock's word */
};
struct entry {
    uaddr_t address;
    bool is_pi;
};

/* The list's head and each entry are such a pointer. 0 or -EFAULT. */
static int entry_get(const struct robust *robust, uaddr_t at, struct entry *entry)
{
    uint64_t pointer = 0;
    int error = copy_from_user(&pointer, at, robust->width);

    entry->address = pointer & ~(uint64_t)ROBUST_PI;
    entry->is_pi = pointer & ROBUST_PI;
    return error;
}

static int offset_get(struct robust *robust, uaddr_t at)
{
    uint64_t value = 0;
    int error = copy_from_user(&value, at, robust->width);

    robust->offset = robust->width == sizeof(uint32_t) ? (int32_t)value : (int64_t)value;
    return error;
}

/* A lock that the thread had is one whose owner has died; who waits for it is told. is_pending: the thread was about to
 * take it, or to give it up: it may have done so and not told. False: the list isn't what it should be. */
static bool lock_leave(const struct robust *robust, const struct entry *entry, bool is_pending)
{
    uaddr_t address = entry->address + (uint64_t)robust->offset;
    uint32_t *word, value;

    if ((address & 3) || user_get(value, address) != 0)
        return false;
    if (is_pending && !entry->is_pi && !(value & FUTEX_TID_MASK)) {
        (void)futex_wake(address, true, 1, FUTEX_ANY);
        return true;
    }
    if ((value & FUTEX_TID_MASK) != (uint32_t)robust->thread->tid)
        return true;
    if (user_word(address, true, &word) != 0)
        return false;
    do {
        value = user_word_read(word); /* which may have changed, if it had to be waited for */
        if ((value & FUTEX_TID_MASK) != (uint32_t)robust->thread->tid)
            return true;
    } while (!user_word_exchange(word, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED));
    if (!entry->is_pi && (value & FUTEX_WAITERS))
        (void)futex_wake(address, true, 1, FUTEX_ANY);
    return true;
}

static void robust_list_leave(const struct thread *thread)
{
    struct robust robust = {.thread = thread};
    uaddr_t head = thread->robust_list;
    struct entry entry, next, pending;
    int error = 0;

    robust.width = thread->robust_list_size == 3 * sizeof(uint32_t) ? sizeof(uint32_t) : sizeof(uint64_t);
    if (entry_get(&robust, head, &entry) != 0 || offset_get(&robust, head + robust.width) != 0 ||
        entry_get(&robust, head + 2 * (uaddr_t)robust.width, &pending) != 0)
        return;
    for (unsigned i = 0; i < ROBUST_ENTRIES_MAX && entry.address != head; i++, entry = next) {
        error = entry_get(&robust, entry.address, &next); /* before who waits can reuse it */
        if (entry.address != pending.address && !lock_leave(&robust, &entry, false))
            return;
        if (error != 0)
            return;
    }
    if (pending.address != 0)
        (void)lock_leave(&robust, &pending, true);
}

/* ---- its number ---- */

static void child_tid_clear(const struct thread *thread, uaddr_t address)
{
    const struct process *process = thread->process;
    uint32_t zero = 0;

    if (process->thread_count == 1 && process->space->refs == 1) /* nobody could look */
        return;
    (void)user_put(address, zero); /* as Linux: who gave a bad address isn't told */
    (void)futex_wake(address, true, 1, FUTEX_ANY);
}

void futex_thread_exit(struct thread *thread)
{
    uaddr_t address = thread->clear_child_tid;

    if (thread->robust_list != 0)
        robust_list_leave(thread);
    thread->robust_list = 0;
    futex_pi_exit(thread);
    if (address != 0)
        child_tid_clear(thread, address);
    thread->clear_child_tid = 0;
}

/* User memory is the current space's. */
static void space_use(struct process *process, struct space *space)
{
    process->space = space;
    residence_use_space(space);
}

void futex_exec(struct thread *thread, struct space *old)
{
    struct process *process = thread->process;
    struct space *space = process->space;

    if (thread->robust_list == 0 && thread->clear_child_tid == 0 && list_is_empty(&thread->pi_locks))
        return;
    space_use(process, old);
    futex_thread_exit(thread);
    thread->pi_left = false;
    space_use(process, space);
}

/* ---- the calls ---- */

static uint64_t head_size(void)
{
    return 3 * (call_is_32bit() ? sizeof(uint32_t) : sizeof(uint64_t));
}

int64_t sys_set_robust_list(const uint64_t arg[6])
{
    struct thread *thread = current_thread();

    if (arg[1] != head_size())
        return -EINVAL;
    thread->robust_list = arg[0];
    thread->robust_list_size = arg[1];
    return 0;
}

static bool ids_are(const struct cred_ids *ids, uint32_t id)
{
    return ids->real == id && ids->effective == id && ids->saved == id;
}

/* ptrace(2), "Ptrace access mode checking", for PTRACE_MODE_READ_REALCREDS. */
static bool may_look(const struct thread *self, const struct thread *other)
{
    const struct cred *cred = &self->cred, *its = &other->cred;

    if (self->process == other->process || cred_has(cred, CAP_SYS_PTRACE))
        return true;
    return ids_are(&its->user, cred->user.real) && ids_are(&its->group, cred->group.real) &&
           other->process->dumpable == 1 && !(its->permitted & ~cred->permitted);
}

int64_t sys_get_robust_list(const uint64_t arg[6])
{
    const struct thread *self = current_thread(), *thread = (int)arg[0] == 0 ? self : thread_find((int)arg[0]);
    uint64_t size = head_size(), head;

    if (thread == NULL)
        return -ESRCH;
    if (!may_look(self, thread))
        return -EPERM;
    head = thread->robust_list;
    return user_put_word(arg[2], size) || user_put_word(arg[1], head) ? -EFAULT : 0;
}
