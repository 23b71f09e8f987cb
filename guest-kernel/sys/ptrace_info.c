/* SPDX-License-Identifier: Apache-2.0 */
/* ptrace_info.c - see ptrace_info.h. */
#include "sys/ptrace_info.h"

#include <stddef.h>

#include "abi/errno.h"
#include "core/sigframe.h"
#include "core/signal.h"
#include "core/sigqueue.h"
#include "core/tracing.h"
#include "core/wait.h"
#include "sys/call_arch.h"
#include "sys/user.h"

struct tracee *ptrace_stopped(int tid)
{
    const struct thread *thread = thread_find(tid);
    struct tracee *tracee = thread != NULL ? thread->tracee : NULL;

    return tracee != NULL && tracee->tracer == current_thread() && tracee->is_stopped && !tracee->is_listening &&
                   thread->state == THREAD_STOPPED
               ? tracee
               : NULL;
}

/* ---- signals ---- */

int64_t ptrace_siginfo_get(const struct tracee *tracee, uaddr_t out)
{
    struct siginfo_user info;

    if (tracee->info == NULL)
        return -EINVAL;
    sigframe_fill_info(tracee->info, &info);
    return user_put(out, info) ? -EFAULT : 0;
}

int64_t ptrace_siginfo_set(int tid, uaddr_t in)
{
    const struct tracee *tracee;
    struct siginfo_user info;

    if (user_get(info, in))
        return -EFAULT;
    tracee = ptrace_stopped(tid); /* now that nothing waits any more */
    if (tracee == NULL)
        return -ESRCH;
    if (tracee->info == NULL)
        return -EINVAL;
    *tracee->info = info.info;
    return 0;
}

struct peeksiginfo_args { /* struct ptrace_peeksiginfo_args */
    uint64_t first;
    uint32_t flags;
    int32_t count;
};
enum { PEEK_SHARED = 1 }; /* those that wait for the process */
#define PEEK_TURN 16      /* so many are told of before others have a turn */

/* Number `index` of the signals that wait for a tracee that is stopped. 0, -ESRCH, -ENOENT: there are no more. */
static int peek_one(int tid, bool is_shared, uint64_t index, struct siginfo_user *out)
{
    const struct tracee *tracee = ptrace_stopped(tid);
    const struct signal_info *info;

    if (tracee == NULL)
        return -ESRCH;
    info = sigqueue_at(is_shared ? &tracee->thread->process->signals : &tracee->thread->signals, index);
    if (info == NULL)
        return -ENOENT;
    sigframe_fill_info(info, out);
    return 0;
}

int64_t ptrace_siginfo_peek(int tid, uaddr_t args, uaddr_t out)
{
    struct peeksiginfo_args given;
    struct siginfo_user info;
    int64_t done;

    if (user_get(given, args))
        return -EFAULT;
    if ((given.flags & ~(uint32_t)PEEK_SHARED) || given.count < 0)
        return -EINVAL;
    for (done = 0; done < given.count; done++) { /* what is told may be gone already, as another has let it go on */
        int error = peek_one(tid, given.flags & PEEK_SHARED, given.first + (uint64_t)done, &info);

        if (error == 0 && user_put(out + (uint64_t)done * sizeof(info), info))
            error = -EFAULT;
        if (error != 0)
            return done != 0 || error == -ENOENT ? done : error;
        if (done % PEEK_TURN == PEEK_TURN - 1 && wait_loop_ends(true))
            return done + 1;
    }
    return done;
}

int64_t ptrace_mask_get(const struct tracee *tracee, uint64_t size, uaddr_t out)
{
    const struct thread *thread = tracee->thread;
    uint64_t mask = thread->restore_mask ? thread->saved_mask : thread->signal_mask;

    if (size != sizeof(mask))
        return -EINVAL;
    return user_put(out, mask) ? -EFAULT : 0;
}

int64_t ptrace_mask_set(int tid, uint64_t size, uaddr_t in)
{
    const struct tracee *tracee;
    uint64_t mask;

    if (size != sizeof(mask))
        return -EINVAL;
    if (user_get(mask, in))
        return -EFAULT;
    tracee = ptrace_stopped(tid);
    if (tracee == NULL)
        return -ESRCH;
    tracee->thread->restore_mask = false; /* a call's that was interrupted: it doesn't come back */
    signal_set_mask(tracee->thread, mask);
    return 0;
}

/* ---- rseq(2) ---- */

struct rseq_info { /* struct ptrace_rseq_configuration */
    uint64_t address;
    uint32_t size, signature, flags, pad;
};
_Static_assert(sizeof(struct rseq_info) == 24, "struct ptrace_rseq_configuration");

int64_t ptrace_rseq_info(const struct tracee *tracee, uint64_t size, uaddr_t out)
{
    const struct thread *thread = tracee->thread;
    struct rseq_info info = {.address = thread->rseq};

    if (thread->rseq != 0) {
        info.size = thread->rseq_size;
        info.signature = thread->rseq_signature;
    }
    return copy_to_user(out, &info, size < sizeof(info) ? size : sizeof(info)) != 0 ? -EFAULT : (int64_t)sizeof(info);
}

/* ---- calls ---- */

struct call_info { /* struct ptrace_syscall_info */
    uint8_t op, pad[3];
    uint32_t arch;
    uint64_t pc, sp;
    union {
        struct {
            uint64_t number, arg[6];
            uint32_t data; /* of a filter */
        } entry;
        struct {
            int64_t result;
            uint8_t is_error;
        } exit;
    };
};

enum { OP_NONE, OP_ENTRY, OP_EXIT, OP_SECCOMP };
enum { SIZE_NONE = 24, SIZE_ENTRY = 80, SIZE_EXIT = 33, SIZE_SECCOMP = 84 };
_Static_assert(offsetof(struct call_info, entry) == SIZE_NONE, "struct ptrace_syscall_info");
_Static_assert(offsetof(struct call_info, entry.data) == SIZE_ENTRY, "struct ptrace_syscall_info");
_Static_assert(offsetof(struct call_info, exit.is_error) == SIZE_EXIT - 1, "struct ptrace_syscall_info");

/* On which side of a call the tracee is stopped. */
static uint8_t op_of(const struct tracee *tracee)
{
    int code = tracee->info != NULL ? tracee->info->code : 0;

    if (code == (SIGTRAP | TRACE_EVENT_SECCOMP << 8))
        return OP_SECCOMP;
    if (code != (SIGTRAP | 0x80))
        return OP_NONE;
    return tracee->message == TRACE_CALL_ENTRY ? OP_ENTRY : tracee->message == TRACE_CALL_EXIT ? OP_EXIT : OP_NONE;
}

static uint64_t entry_fill(struct call_info *info, const struct thread *thread, enum trap_kind kind)
{
    uint64_t room[6];
    const uint64_t *arg = arch_syscall_args(&thread->frame, kind, room);

    info->entry.number = arch_traced_call_number(thread);
    for (unsigned i = 0; i < 6; i++)
        info->entry.arg[i] = arg[i];
    if (info->op != OP_SECCOMP)
        return SIZE_ENTRY;
    info->entry.data = (uint32_t)thread->tracee->message;
    return SIZE_SECCOMP;
}

static uint64_t exit_fill(struct call_info *info, const struct thread *thread)
{
    info->exit.result = arch_syscall_result(&thread->frame);
    info->exit.is_error = info->exit.result < 0 && info->exit.result >= -4095;
    return SIZE_EXIT;
}

int64_t ptrace_call_info(const struct tracee *tracee, uint64_t size, uaddr_t out)
{
    const struct trap_frame *frame = &tracee->thread->frame;
    enum trap_kind kind = arch_syscall_kind(frame);
    struct call_info info = {.op = op_of(tracee), .pc = arch_frame_pc(frame), .sp = arch_frame_sp(frame)};
    uint64_t full = SIZE_NONE;

    info.arch = call_arch(tracee->in_call ? kind : TRAP_SYSCALL);
    if (info.op == OP_ENTRY || info.op == OP_SECCOMP)
        full = entry_fill(&info, tracee->thread, kind);
    else if (info.op == OP_EXIT)
        full = exit_fill(&info, tracee->thread);
    return copy_to_user(out, &info, size < full ? size : full) != 0 ? -EFAULT : (int64_t)full;
}
