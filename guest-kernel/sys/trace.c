/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - see trace.h. Calls are noted until a record is as large as the control port takes, or sent one by one. */
#include "sys/trace.h"

#include <stddef.h>

#include "boot/abi.h"
#include "core/clock.h"
#include "core/process.h"
#include "core/wait.h"
#include "drv/virtio_console.h"
#include "lib/string.h"

#define CALLS ((LVMM_RECORD_MAX - sizeof(struct lvmm_syscalls)) / sizeof(struct lvmm_syscall))
#define NUMBERS 512 /* Linux's calls are below; of unknown ones from here on the first few are told of */
#define OTHERS 8

static struct { /* struct lvmm_syscalls, with its room */
    uint64_t now_ns;
    struct lvmm_syscall call[CALLS];
} record;
_Static_assert(sizeof(record) <= LVMM_RECORD_MAX, "one record");
_Static_assert(offsetof(struct lvmm_syscalls, call) == sizeof(uint64_t), "struct lvmm_syscalls");
static unsigned count;

static uint32_t wanted;          /* enum lvmm_trace_wanted */
static bool asked;               /* lvmm waits for the answer to its record */
static struct lvmm_syscall call; /* the program's current or last one */
static bool begun;               /* it was described, and has not ended */
static bool told;                /* lvmm knows that it has begun */
static bool is_unknown;          /* its handler was trace_unknown's caller */

/* ---- sending ---- */

static void send(void)
{
    record.now_ns = clock_monotonic_ns();
    console_control_send(LVMM_RECORD_SYSCALLS, &record, sizeof(record.now_ns) + count * sizeof(record.call[0]));
    count = 0;
}

void trace_flush(void)
{
    if (count != 0)
        send();
}

static void note(uint32_t state, bool at_once)
{
    record.call[count] = call;
    record.call[count].state |= state;
    if (++count == CALLS || at_once)
        send();
}

static void answer(void)
{
    if (!asked)
        return;
    asked = false;
    if (begun && !told) { /* one that waits counts, too */
        told = true;
        note(LVMM_SYSCALL_BEGUN, false);
    }
    trace_flush();
    send();
}

/* ---- the current call ---- */

static void describe(enum trap_kind kind)
{
    struct trap_frame *frame = &current_thread()->frame;
    uint64_t room[6];

    call = (struct lvmm_syscall){
        .number = (uint32_t)arch_syscall_number(frame),
        .pid = (uint32_t)current_process()->pid,
        .state = kind == TRAP_SYSCALL_I386 ? LVMM_SYSCALL_I386 : 0,
    };
    memcpy(call.arg, arch_syscall_args(frame, kind, room), sizeof(call.arg));
}

static void begin(enum trap_kind kind)
{
    describe(kind);
    call.begin_ns = clock_monotonic_ns();
    begun = true;
    told = is_unknown = false;
}

static void tell_begin(void)
{
    told = true;
    note(LVMM_SYSCALL_BEGUN, true);
}

static void end(void)
{
    uint32_t state = LVMM_SYSCALL_ENDED | (told ? 0u : LVMM_SYSCALL_BEGUN);

    begun = false;
    call.end_ns = clock_monotonic_ns();
    call.result = arch_syscall_result(&current_thread()->frame);
    if (current_process()->exiting)
        state |= LVMM_SYSCALL_GONE;
    if (is_unknown)
        state |= LVMM_SYSCALL_UNKNOWN;
    if (wanted != 0)
        note(state, wanted & LVMM_TRACE_AT_ONCE);
}

void trace_call(enum trap_kind kind, void (*carry_out)(enum trap_kind kind))
{
    console_poll();
    answer();
    if (wanted == 0) {
        carry_out(kind);
        return;
    }
    begin(kind);
    if (wanted & LVMM_TRACE_AT_ONCE)
        tell_begin();
    carry_out(kind);
    end();
}

/* Was it told of before, or are there too many? Notes that it is now. */
static bool is_known_to_be_unknown(bool i386, uint32_t number)
{
    static uint64_t reported[2][NUMBERS / 64];
    static uint32_t others[OTHERS];
    static unsigned other_count;
    uint64_t *word = &reported[i386][number % NUMBERS / 64], bit = 1ull << number % 64;
    bool known = *word & bit;

    if (number < NUMBERS) {
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

void trace_unknown(enum trap_kind kind)
{
    is_unknown = true;
    if (is_known_to_be_unknown(kind == TRAP_SYSCALL_I386, (uint32_t)arch_syscall_number(&current_thread()->frame)))
        return;
    if (!begun)
        describe(kind);
    note(LVMM_SYSCALL_UNKNOWN, true);
}

/* ---- when lvmm asks ---- */

static void attend(void)
{
    if (begun) /* it began untraced */
        end();
    answer();
}

/* From console_poll, which may be an interrupt's: nothing is sent here. */
static void on_record(uint32_t now_wanted)
{
    struct thread *thread = arch_current();

    wanted = now_wanted;
    asked = true;
    console_bell_hold(wanted != 0);
    if (thread != NULL) {
        thread->attention = true;
        process_before_signals = attend;
    }
}

/* A call that waits is shown as soon as tracing is turned on; it ends in attend. */
static bool before_sleep(void)
{
    static bool reached, busy;
    const struct thread *thread = arch_current();
    bool shows = (wanted & LVMM_TRACE_AT_ONCE) && !(begun && told);

    if (busy || thread == NULL || thread->in_fault || thread->process->exiting || (reached && !asked && !shows))
        return false;
    busy = true; /* to send is to wait */
    reached = true;
    console_reach();
    answer();
    if (shows) {
        if (!begun)
            begin(arch_syscall_kind(&current_thread()->frame));
        tell_begin();
    }
    busy = false;
    return true;
}

void trace_init(uint32_t at_first)
{
    wanted = at_first;
    console_on_trace(on_record);
    console_bell_hold(wanted != 0);
}

void trace_start(void)
{
    wait_before_sleep = before_sleep;
    if (wanted != 0)
        console_reach();
}
