/* SPDX-License-Identifier: Apache-2.0 */
/* signal.c - which signals are pending, and what becomes of them (signal(7)). */
#include "abi/signal.h"

#include "arch/arch.h"
#include "core/process.h"
#include "lib/log.h"

#define BIT(signal) (1ull << ((signal) - 1))

static const uint64_t default_ignored = BIT(SIGCHLD) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGCONT);
/* There is no job control yet: a stop would be for good. */
static const uint64_t default_stop = BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU);

static bool is_ignored(const struct process *process, int signal)
{
    uaddr_t handler = process->action[signal - 1].handler;

    return handler == SIG_IGN || (handler == SIG_DFL && ((default_ignored | default_stop) & BIT(signal)));
}

void signal_send(struct process *process, int signal)
{
    /* A blocked signal stays pending even if it is ignored now: the action may change before it is unblocked. */
    if (signal < 1 || signal > SIGNALS)
        return;
    process->pending |= BIT(signal);
    process->thread->attention = true;
}

bool signal_is_pending(const struct thread *thread)
{
    uint64_t ready = (thread->pending | thread->process->pending) & ~thread->signal_mask;

    for (; ready; ready &= ready - 1)
        if (!is_ignored(thread->process, __builtin_ctzll(ready) + 1))
            return true;
    return false;
}

bool signal_fatal_pending(const struct thread *thread)
{
    uint64_t ready = (thread->pending | thread->process->pending) & ~thread->signal_mask;

    for (; ready; ready &= ready - 1) {
        int signal = __builtin_ctzll(ready) + 1;
        if (thread->process->action[signal - 1].handler == SIG_DFL && !is_ignored(thread->process, signal))
            return true;
    }
    return thread->process->exiting;
}

void signal_set_mask(struct thread *thread, uint64_t mask)
{
    thread->signal_mask = mask & ~(BIT(SIGKILL) | BIT(SIGSTOP));
    thread->attention = true; /* one that was blocked may be due */
}

static int signal_take(struct thread *thread)
{
    uint64_t ready = (thread->pending | thread->process->pending) & ~thread->signal_mask;

    if (!ready)
        return 0;
    int signal = __builtin_ctzll(ready) + 1;
    thread->pending &= ~BIT(signal);
    thread->process->pending &= ~BIT(signal);
    return signal;
}

static void handler_enter(struct thread *thread, int signal, const struct signal_info *info)
{
    struct signal_action *slot = &thread->process->action[signal - 1];
    struct signal_action action = *slot;

    if (arch_signal_enter(thread, signal, &action, info)) { /* no room on the stack */
        process_exit(0, SIGSEGV);
        return;
    }
    thread->restore_mask = false; /* the frame has it */
    if (action.flags & SA_RESETHAND)
        slot->handler = SIG_DFL;
    signal_set_mask(thread, thread->signal_mask | action.mask | (action.flags & SA_NODEFER ? 0 : BIT(signal)));
}

void signal_deliver(struct thread *thread)
{
    struct process *process = thread->process;
    int signal;

    while (!process->exiting && (signal = signal_take(thread)) != 0) {
        struct signal_info info = {.signal = signal, .code = SI_USER};
        if (is_ignored(process, signal))
            continue;
        if (process->action[signal - 1].handler == SIG_DFL)
            process_exit(0, (uint32_t)signal);
        else
            handler_enter(thread, signal, &info);
    }
    if (thread->restore_mask) {
        thread->restore_mask = false;
        signal_set_mask(thread, thread->saved_mask);
    }
}

void signal_force(struct thread *thread, int signal, int code, uaddr_t address)
{
    struct process *process = thread->process;
    struct signal_info info = {.signal = signal, .code = code, .address = address};
    uaddr_t handler = process->action[signal - 1].handler;
    bool blocked = thread->signal_mask & BIT(signal);

    if (handler == SIG_DFL || handler == SIG_IGN || blocked) {
        char registers[160];
        arch_frame_print(&thread->frame, registers, sizeof(registers));
        log_info("%s: signal %d, code %d, at address %lx: %s", process->name, signal, code, (unsigned long)address,
                 registers);
        process_exit(0, (uint32_t)signal);
        return;
    }
    handler_enter(thread, signal, &info);
}
