/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - see trace.h. Calls are noted until a record is as large as the control port takes, or sent one by one. */
#include "sys/trace.h"

#include <stddef.h>

#include "boot/abi.h"
#include "core/clock.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/sched.h"
#include "core/service.h"
#include "core/signal.h"
#include "core/wait.h"
#include "drv/virtio_console.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "sys/syscall.h"
#include "sys/trace_memory.h"

#define CALLS ((LVMM_RECORD_MAX - sizeof(struct lvmm_syscalls)) / sizeof(struct lvmm_syscall))
#define SIGNALS_KEPT 8 /* so many a thread has taken, or was sent for nothing, before they can be told */
#define OTHERS 8       /* so many unknown calls with numbers from SYSCALL_NUMBERS on are told of */

static struct { /* struct lvmm_syscalls, with its room; or struct lvmm_syscall_memory, the pieces behind the first call
                 */
    uint64_t now_ns;
    struct lvmm_syscall call[CALLS];
} record;
_Static_assert(offsetof(struct lvmm_syscall_memory, call) == sizeof(uint64_t), "the same place");
_Static_assert(sizeof(record) <= LVMM_RECORD_MAX, "one record");
_Static_assert(offsetof(struct lvmm_syscalls, call) == sizeof(uint64_t), "struct lvmm_syscalls");
static unsigned count;
static bool sending;           /* the record is the host's until it has been taken */
static struct wait_queue sent; /* who has something to note meanwhile */

static uint32_t wanted; /* enum lvmm_trace_wanted */
static bool asked;      /* lvmm waits for the answer to its record */

/* A thread's current or last call (thread.h). */
struct traced {
    struct lvmm_syscall call;
    bool begun;      /* it was described, and has not ended */
    bool told;       /* lvmm knows that it has begun */
    bool ending;     /* it has ended, and lvmm is being told: which may wait, but isn't the call's own wait any more */
    bool is_unknown; /* its handler was trace_unknown's caller */
    unsigned signals;
    struct signal_info signal[SIGNALS_KEPT]; /* to be told before its next call */
};

/* ---- sending ---- */

static void wait_for_room(void)
{
    while (sending)
        (void)wait_on(&sent, WAIT_FOREVER, 0);
}

/* To send may be to sleep. There is room. */
static void send(void)
{
    sending = true;
    record.now_ns = clock_monotonic_ns();
    console_control_send(LVMM_RECORD_SYSCALLS, &record, sizeof(record.now_ns) + count * sizeof(record.call[0]));
    count = 0;
    sending = false;
    wait_wake_all(&sent, 0);
}

void trace_flush(void)
{
    wait_for_room();
    if (count != 0)
        send();
}

/* One call of the current thread, with what it leads to. To read that may be to wait long, for a disk or for the end of
 * a process that is killed for its memory: meanwhile others send, and so end. */
static void send_decoded(const struct lvmm_syscall *call, uint32_t state)
{
    const size_t room = sizeof(record.call) - sizeof(record.call[0]);
    uint8_t *pieces = state & LVMM_SYSCALL_GONE ? NULL : kmalloc(room); /* that one has given nothing */
    size_t size = 0;

    if (pieces != NULL) /* or nothing is shown of it */
        size = trace_memory_collect(call, state & LVMM_SYSCALL_ENDED, pieces, room);
    wait_for_room();
    if (count != 0)
        send();
    sending = true;
    record.call[0] = *call;
    record.call[0].state |= state;
    if (size != 0)
        memcpy(&record.call[1], pieces, size);
    kfree(pieces);
    record.now_ns = clock_monotonic_ns();
    console_control_send(LVMM_RECORD_DECODED, &record, sizeof(struct lvmm_syscall_memory) + size);
    sending = false;
    wait_wake_all(&sent, 0);
}

static void send_event(const struct thread *thread, enum lvmm_event_kind kind, uint32_t value,
                       const struct signal_info *info)
{
    static struct lvmm_event event; /* as long as it is the host's */
    struct signal_info copy = info != NULL ? *info : (struct signal_info){0};

    _Static_assert(sizeof(event.siginfo) == sizeof(copy), "siginfo_t without its expansion");
    wait_for_room();
    if (count != 0)
        send();
    sending = true;
    event = (struct lvmm_event){.kind = kind, .value = value};
    event.pid = (uint32_t)thread->process->pid;
    event.tid = (uint32_t)thread->tid;
    memcpy(event.siginfo, &copy, sizeof(copy));
    event.now_ns = clock_monotonic_ns();
    console_control_send(LVMM_RECORD_EVENT, &event, sizeof(event));
    sending = false;
    wait_wake_all(&sent, 0);
}

/* `told` may change while this waits for room, and so may be gone: what is told is what it was. */
static void note(const struct lvmm_syscall *told, uint32_t state, bool at_once)
{
    const struct lvmm_syscall copy = *told, *call = &copy;

    if (at_once && (wanted & LVMM_TRACE_MEMORY) && !(state & LVMM_SYSCALL_UNKNOWN)) {
        send_decoded(call, state);
        return;
    }
    wait_for_room();
    record.call[count] = *call;
    record.call[count].state |= state;
    if (++count == CALLS || at_once)
        send();
}

/* ---- a thread's call ---- */

/* Of the thread with this number. NULL: no memory, and then it isn't told of; or the thread has ended, while others ran
 * for that. */
static struct traced *traced_of(int tid)
{
    struct thread *thread = thread_find(tid);
    struct traced *fresh = thread != NULL && thread->traced == NULL ? kmalloc(sizeof(struct traced)) : NULL;

    thread = thread_find(tid);
    if (fresh != NULL && thread != NULL && thread->traced == NULL)
        thread->traced = fresh;
    else
        kfree(fresh);
    return thread != NULL ? thread->traced : NULL;
}

static void describe(struct lvmm_syscall *call, const struct thread *thread, enum trap_kind kind)
{
    uint64_t room[6];

    *call = (struct lvmm_syscall){
        .number = (uint32_t)arch_syscall_number(&thread->frame),
        .pid = (uint32_t)thread->process->pid,
        .tid = (uint32_t)thread->tid,
        .state = kind == TRAP_SYSCALL_I386 ? LVMM_SYSCALL_I386 : 0,
    };
    memcpy(call->arg, arch_syscall_args(&thread->frame, kind, room), sizeof(call->arg));
}

static void begin(struct traced *traced, const struct thread *thread, enum trap_kind kind)
{
    describe(&traced->call, thread, kind);
    traced->call.begin_ns = clock_monotonic_ns();
    traced->begun = true;
    traced->told = traced->is_unknown = false;
}

static void tell_begin(struct traced *traced, bool at_once)
{
    traced->told = true;
    note(&traced->call, LVMM_SYSCALL_BEGUN, at_once);
}

/* Whether the call gives its program nothing any more: that ends by it, or was killed in it. A program that another
 * signal ends has the result before. */
static bool is_gone(const struct thread *thread)
{
    const struct process *process = thread->process;

    return thread->ending || (process->exiting && (process->exit_signal == 0 || process->exit_signal == SIGKILL));
}

static void end(struct traced *traced, const struct thread *thread)
{
    uint32_t state = LVMM_SYSCALL_ENDED | (traced->told ? 0u : LVMM_SYSCALL_BEGUN);

    traced->begun = false;
    traced->call.end_ns = clock_monotonic_ns();
    traced->call.result = arch_syscall_result(&thread->frame);
    if (is_gone(thread))
        state |= LVMM_SYSCALL_GONE;
    if (traced->is_unknown)
        state |= LVMM_SYSCALL_UNKNOWN;
    if (wanted == 0)
        return;
    traced->ending = true;
    note(&traced->call, state, wanted & LVMM_TRACE_AT_ONCE);
    traced->ending = false; /* the thread is the caller, and so is still there */
}

/* ---- when lvmm asks ---- */

/* A call that waits is shown as soon as tracing is turned on, and counts; it ends in trace_late. */
static void tell_waiting(int tid)
{
    struct traced *traced = traced_of(tid);
    struct thread *thread = thread_find(tid);

    if (traced == NULL || thread->state == THREAD_READY || thread->in_fault)
        return;
    if (traced->ending || (traced->begun && traced->told))
        return;
    if (!traced->begun) {
        begin(traced, thread, arch_syscall_kind(&thread->frame));
        thread->traced_late = thread->attention = true;
    }
    tell_begin(traced, false);
}

static void tell_all_waiting(void)
{
    const struct pid *pid;

    /* Telling may wait: who comes next is found anew. */
    for (int number = 0; (pid = pid_from(number)) != NULL; number++) {
        number = pid->number;
        if (pid->thread != NULL && pid->thread->state != THREAD_READY)
            tell_waiting(number);
    }
}

static void answer(void)
{
    if (!asked)
        return;
    asked = false;
    if (wanted != 0)
        tell_all_waiting();
    trace_flush();
    wait_for_room();
    send();
}

/* ---- signals and ends ---- */

/* More of them may come meanwhile. The current thread's. */
static void tell_signals(struct traced *traced, const struct thread *thread)
{
    while (traced->signals != 0) {
        struct signal_info info = traced->signal[0];

        traced->signals--;
        memmove(&traced->signal[0], &traced->signal[1], traced->signals * sizeof(info));
        if (wanted & LVMM_TRACE_EVENTS)
            send_event(thread, LVMM_EVENT_SIGNAL, (uint32_t)info.signal, &info);
    }
}

/* Nothing is sent here: who takes a signal or sends one doesn't expect to wait. */
static void keep_signal(struct thread *thread, const struct signal_info *info)
{
    struct traced *traced = thread->traced;

    if (!(wanted & LVMM_TRACE_EVENTS) || traced->signals == SIGNALS_KEPT)
        return;
    traced->signal[traced->signals++] = *info;
    thread->traced_late = thread->attention = true;
}

/* Of the current thread, on its way back to the program. */
static void trace_late(struct thread *thread)
{
    struct traced *traced = thread->traced;

    thread->traced_late = false;
    if (traced == NULL)
        return;
    if (traced->begun)
        end(traced, thread);
    tell_signals(traced, thread);
}

void trace_thread_end(void)
{
    const struct thread *thread = current_thread();
    const struct process *process = thread->process;
    struct traced *traced = thread->traced;

    if (!(wanted & LVMM_TRACE_EVENTS))
        return;
    if (traced != NULL && traced->begun)
        end(traced, thread);
    if (traced != NULL)
        tell_signals(traced, thread);
    if (process->exit_signal != 0) /* or it is the thread alone that a filter has ended (seccomp_call.c) */
        send_event(thread, LVMM_EVENT_KILLED, process->exit_signal, NULL);
    else
        send_event(thread, LVMM_EVENT_EXIT, process->exit_code, NULL);
}

/* From console_poll, which may be an interrupt's: nothing is sent here. */
static void on_record(uint32_t now_wanted)
{
    wanted = now_wanted;
    asked = true;
    console_bell_hold(wanted != 0);
    service_request(answer);
}

/* ---- calls ---- */

void trace_call(enum trap_kind kind, void (*carry_out)(enum trap_kind kind))
{
    struct thread *thread = current_thread();
    struct traced *traced;

    console_poll();
    answer();
    traced = wanted != 0 ? traced_of(thread->tid) : NULL;
    if (traced == NULL) {
        carry_out(kind);
        return;
    }
    if (!traced->begun) /* or it was told of while this waited to answer, or for memory */
        begin(traced, thread, kind);
    if ((wanted & LVMM_TRACE_AT_ONCE) && !traced->told)
        tell_begin(traced, true);
    carry_out(kind);
    if (traced->begun)
        end(traced, thread);
}

/* Was it told of before, or are there too many? Notes that it is now. */
static bool is_known_to_be_unknown(bool i386, uint32_t number)
{
    static uint64_t reported[2][SYSCALL_NUMBERS / 64];
    static uint32_t others[OTHERS];
    static unsigned other_count;
    uint64_t *word = &reported[i386][number % SYSCALL_NUMBERS / 64], bit = 1ull << number % 64;
    bool known = *word & bit;

    if (number < SYSCALL_NUMBERS) {
        *word |= bit;
        return known;
    }
    for (unsigned i = 0; i < other_count; i++)
        if (others[i] == number)
            return true;
    if (other_count == OTHERS)
        return true;
    others[other_count++] = number;
    return false;
}

void trace_unknown(void)
{
    struct thread *thread = current_thread();
    enum trap_kind kind = arch_syscall_kind(&thread->frame);
    struct lvmm_syscall call;

    if (thread->traced != NULL)
        thread->traced->is_unknown = true;
    if (is_known_to_be_unknown(kind == TRAP_SYSCALL_I386, (uint32_t)arch_syscall_number(&thread->frame)))
        return;
    describe(&call, thread, kind);
    note(&call, LVMM_SYSCALL_UNKNOWN, true);
}

void trace_init(uint32_t at_first)
{
    wanted = at_first;
    console_on_trace(on_record);
    console_bell_hold(wanted != 0);
}

void trace_start(void)
{
    sched_before_idle = console_reach;
    process_trace_late = trace_late;
    signal_trace = keep_signal;
    if (wanted != 0)
        console_reach();
}
