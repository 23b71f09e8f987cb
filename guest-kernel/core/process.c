/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - the kernel's main loop: run the program to its next trap, serve it, again. */
#include "core/process.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "core/hold.h"
#include "core/irq.h"
#include "core/klock.h"
#include "core/oom.h"
#include "core/rseq.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/tracing.h"
#include "core/smp.h"
#include "mm/space.h"

static void page_fault(struct thread *thread, const struct trap *trap)
{
    uint64_t waits = thread->sched.waits;
    const struct area *area;
    int error = oom_fault(thread->process->space, trap->address, trap->access | ACCESS_KEYED);

    thread->page_faults++;
    if (thread->sched.waits != waits)
        thread->major_faults++;
    switch (error) {
    case 0:
        return;
    case -EFAULT:
        signal_force(thread, SIGSEGV, SEGV_MAPERR, trap->address);
        return;
    case -EACCES:
        signal_force(thread, SIGSEGV, SEGV_ACCERR, trap->address);
        return;
    case -EKEYREJECTED:
        signal_force(thread, SIGSEGV, SEGV_PKUERR, trap->address);
        area = area_first(thread->process->space, trap->address);
        if (area != NULL)
            thread->forced.fault.key = area->key;
        return;
    case -ENOMEM: /* and it is to end itself */
        return;
    default: /* beyond the file's end, or the disk failed */
        signal_force(thread, SIGBUS, BUS_ADRERR, trap->address);
    }
}

/* ---- tracees ---- */

/* True: it is to stop after one instruction, or call. */
static bool trace_step_begin(struct thread *thread)
{
    const struct tracee *tracee = thread->tracee;

    if (tracee == NULL)
        return false;
    return arch_traced_enter(&thread->frame, tracee->resume == TRACE_STEP || tracee->resume == TRACE_EMULATE_STEP);
}

static void trace_step_end(struct thread *thread, bool steps)
{
    if (steps)
        arch_step_end(&thread->frame);
    if (thread->tracee != NULL)
        thread->tracee->in_call = false;
}

/* A call is carried out, and no trap has followed it. (One that the tracer emulates has told of itself.) */
static void trace_step_call(struct thread *thread)
{
    if (thread->tracee != NULL && thread->tracee->resume == TRACE_STEP && thread->forced.signal == 0)
        signal_force(thread, SIGTRAP, ISA_STEP_CALL_CODE, ISA_STEP_CALL_CODE != 0 ? arch_frame_pc(&thread->frame) : 0);
}

/* ---- traps ---- */

static void fault(struct thread *thread, const struct trap *trap, int signal)
{
    signal_force(thread, signal, trap->code, trap->address);
}

static __attribute__((noinline)) void trap_handle(struct thread *thread, const struct trap *trap,
                                                  void (*on_syscall)(enum trap_kind kind))
{
    switch (trap->kind) {
    case TRAP_SYSCALL:
    case TRAP_SYSCALL_I386:
        thread->process->system_calls++;
        on_syscall(trap->kind);
        break;
    case TRAP_INTERRUPT:
        irq_dispatch(trap->irq);
        break;
    case TRAP_PAGE_FAULT:
        thread->process->page_faults++;
        thread->in_fault = true;
        page_fault(thread, trap);
        thread->in_fault = false;
        break;
    case TRAP_ILLEGAL:
        fault(thread, trap, SIGILL);
        break;
    case TRAP_BREAKPOINT:
        fault(thread, trap, SIGTRAP);
        break;
    case TRAP_ARITHMETIC:
        fault(thread, trap, SIGFPE);
        break;
    case TRAP_ALIGNMENT:
        fault(thread, trap, SIGBUS);
        break;
    case TRAP_PROTECTION:
        fault(thread, trap, SIGSEGV);
        break;
    }
}

/* Not inline: it wants much of the stack, aligned, and the loop around arch_user_run can't have a frame pointer, which
 * no ISA's user_enter keeps. */
static __attribute__((noinline)) void signals_act(struct thread *thread)
{
    int ending;

    switch (signal_deliver(thread, &ending)) {
    case SIGNAL_END:
        process_exit(0, (uint32_t)ending);
        break;
    case SIGNAL_STOP:
        signal_stop(thread);
        thread->attention = true; /* what came meanwhile */
        break;
    default:
        break;
    }
}

void (*process_trace_late)(struct thread *thread);

/* Whether somebody looks at the thread's calls. */
static inline bool is_watched(const struct thread *thread)
{
    return thread->filters != NULL || thread->tracee != NULL;
}

/* What there is to be done before the program runs on. False: it doesn't, or not in this loop: that of those that are
 * `watched`, or of the others. */
static inline __attribute__((always_inline)) bool attend(struct thread *thread, bool watched)
{
    while (thread->attention) {
        thread->attention = false;
        if (thread->process->exiting || thread->ending)
            return false;
        if (__builtin_expect(thread->traced_late, false) != 0)
            process_trace_late(thread);
        if (thread->rseq != 0)
            rseq_resume(thread);
        signals_act(thread);
        if (cpu_this()->is_due)
            sched_give_way();
        if (__builtin_expect(is_watched(thread) != watched, false) != 0) {
            thread->attention = true; /* once more, in the other loop: the end may have come meanwhile */
            return false;
        }
    }
    return true;
}

static inline __attribute__((always_inline)) void serve(struct thread *thread, const struct trap *trap,
                                                        void (*on_syscall)(enum trap_kind kind))
{
    if (__builtin_expect(trap->kind == TRAP_SYSCALL, true) != 0) {
        thread->process->system_calls++;
        on_syscall(TRAP_SYSCALL);
    } else {
        trap_handle(thread, trap, on_syscall);
    }
}

/* ---- with other CPUs ---- */

static bool page_fault_sharing(struct thread *thread, const struct trap *trap)
{
    struct cpu *cpu = cpu_this();
    bool is_done = false;

    if (klock_try_share(cpu)) {
        is_done = space_fault_shared(thread->process->space, trap->address, trap->access);
        klock_unshare(cpu);
    }
    if (is_done) {
        thread->page_faults++;
        __atomic_fetch_add(&thread->process->page_faults, 1, __ATOMIC_RELAXED);
    }
    klock_count_sharing(cpu, is_done);
    return is_done;
}

/* Where there are several CPUs, which go through the kernel one at a time. A call that wants no lock, or shares it, is
 * a part of user mode as far as other CPUs can tell: who waits for this one to leave that waits for its next trap. One
 * that comes for the lock may find that another thread has given this one filters meanwhile (seccomp(2)), or traces it.
 */
static void run_among_others(struct thread *thread, void (*on_syscall)(enum trap_kind kind), bool (*unlocked)(void),
                             void (*watched)(enum trap_kind kind))
{
    struct process *process = thread->process;
    struct trap trap;

    while (attend(thread, false)) {
        uint64_t calls = 0;
        bool is_done = true;

        smp_leave_kernel();
        while (is_done) {
            arch_user_run(&thread->frame, &trap);
            if (trap.kind == TRAP_PAGE_FAULT)
                is_done = page_fault_sharing(thread, &trap);
            else
                is_done = trap.kind == TRAP_SYSCALL && unlocked();
            calls += is_done && trap.kind == TRAP_SYSCALL;
        }
        smp_enter_kernel();
        process->system_calls += calls;
        if (__builtin_expect(is_watched(thread), false) != 0)
            trap_handle(thread, &trap, watched);
        else
            serve(thread, &trap, on_syscall);
    }
}

static void run_alone(struct thread *thread, void (*on_syscall)(enum trap_kind kind))
{
    struct trap trap;

    while (attend(thread, false)) {
        hold_end();
        arch_user_run(&thread->frame, &trap);
        hold_begin(false);
        serve(thread, &trap, on_syscall);
    }
}

/* A thread that is watched has a loop of its own, so that the others don't ask at each call. With other CPUs or
 * without, as it is slower all the same. A tracee may go instruction by instruction. */
static __attribute__((noinline)) void run_watched(struct thread *thread, void (*watched)(enum trap_kind kind))
{
    struct trap trap;

    while (attend(thread, true)) {
        bool steps = trace_step_begin(thread);

        if (cpu_is_one_of_many)
            smp_leave_kernel();
        else
            hold_end();
        arch_user_run(&thread->frame, &trap);
        if (cpu_is_one_of_many)
            smp_enter_kernel();
        else
            hold_begin(false);
        trace_step_end(thread, steps);
        trap_handle(thread, &trap, watched);
        if (steps && (trap.kind == TRAP_SYSCALL || trap.kind == TRAP_SYSCALL_I386))
            trace_step_call(thread);
    }
}

void process_run(void (*on_syscall)(enum trap_kind kind), bool (*unlocked)(void), void (*watched)(enum trap_kind kind))
{
    struct thread *thread = current_thread();

    do {
        if (is_watched(thread))
            run_watched(thread, watched);
        else if (cpu_is_one_of_many)
            run_among_others(thread, on_syscall, unlocked, watched);
        else
            run_alone(thread, on_syscall);
    } while (!thread->process->exiting && !thread->ending);
}
