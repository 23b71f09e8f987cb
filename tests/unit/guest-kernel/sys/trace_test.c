/* SPDX-License-Identifier: Apache-2.0 */
/* trace_test.c - what is told of system calls, to a host that takes its time: the thread then sleeps in the middle. */
// sources: guest-kernel/sys/trace.c
#include "sys/trace.h"

#include <check.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/sched.h"
#include "core/service.h"
#include "core/signal.h"
#include "core/wait.h"
#include "drv/virtio_console.h"
#include "mm/kmalloc.h"
#include "sys/syscall.h"
#include "sys/trace_memory.h"

static struct process process = {.pid = 1};
static struct thread thread = {.process = &process, .tid = 1}, other = {.process = &process, .tid = 2};
static struct thread *current = &thread;
static void (*on_trace)(uint32_t wanted);

static struct { /* what the host has got */
    struct lvmm_syscall call[1000];
    unsigned count, answers, nested;
    struct lvmm_event event[20];
    unsigned events, decoded, pieces; /* pieces: bytes of them */
} host;
static bool sends_slowly; /* to send is to sleep */
static bool is_sending;
static int asks_while_sending = -1; /* what it wants; -1: it does not ask */
static bool answers_while_sending;  /* the boot's thread gets to answer meanwhile, until it has to wait */
static jmp_buf answer_waits;

/* ---- the kernel around it ---- */

void (*sched_before_idle)(void);
void (*process_trace_late)(struct thread *thread);
void (*signal_trace)(struct thread *thread, const struct signal_info *info);
volatile uint32_t console_bell[16];

/* A page isn't there, and another thread ends and is told of before it is. */
size_t trace_memory_collect(const struct lvmm_syscall *call, bool ended, uint8_t *room, size_t size)
{
    (void)call, (void)ended;
    memset(room, 1, size);
    current = &other;
    trace_thread_end();
    current = &thread;
    return 5;
}

static struct pid id = {.number = 1, .thread = &thread};
static void (*requested)(void);

static bool has_no_memory;

void *kmalloc(size_t size)
{
    return has_no_memory ? NULL : calloc(1, size);
}

void kfree(void *ptr)
{
    free(ptr);
}

struct thread *thread_find(int tid)
{
    return tid == thread.tid ? &thread : NULL;
}

struct pid *pid_from(int number)
{
    return number <= id.number ? &id : NULL;
}

void service_request(void (*work)(void))
{
    requested = work;
}

static void services_run(void)
{
    void (*work)(void) = requested;

    requested = NULL;
    if (work != NULL)
        work();
}

int wait_on(struct wait_queue *queue, uint64_t deadline_ns, unsigned how)
{
    (void)queue, (void)deadline_ns, (void)how;
    if (answers_while_sending)
        longjmp(answer_waits, 1);
    ck_abort_msg("nobody is going to wake it");
}

unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    (void)queue, (void)events, (void)most;
    return 0;
}

struct thread *arch_current(void)
{
    return current;
}

uint64_t clock_monotonic_ns(void)
{
    static uint64_t now;

    return ++now;
}

uint64_t arch_syscall_number(const struct trap_frame *frame)
{
    return frame->rax;
}

enum trap_kind arch_syscall_kind(const struct trap_frame *frame)
{
    (void)frame;
    return TRAP_SYSCALL;
}

const uint64_t *arch_syscall_args(const struct trap_frame *frame, enum trap_kind kind, uint64_t room[6])
{
    (void)kind, (void)room;
    return frame->argument;
}

int64_t arch_syscall_result(const struct trap_frame *frame)
{
    return (int64_t)frame->rax;
}

void console_bell_hold(bool on)
{
    console_bell[0] = on;
}

void console_on_trace(void (*handler)(uint32_t wanted))
{
    on_trace = handler;
}

void console_poll(void)
{
}

void console_reach(void)
{
}

void console_control_send(uint32_t type, const void *payload, size_t size)
{
    const struct lvmm_syscalls *record = payload;
    unsigned count = (unsigned)((size - sizeof(*record)) / sizeof(record->call[0]));

    if (type == LVMM_RECORD_EVENT) {
        ck_assert_uint_eq(size, sizeof(host.event[0]));
        ck_assert_uint_lt(host.events, 20);
        memcpy(&host.event[host.events++], payload, size);
        return;
    }
    if (type == LVMM_RECORD_DECODED) {
        host.decoded++;
        host.pieces += (unsigned)(size - sizeof(struct lvmm_syscall_memory));
        ck_assert_uint_eq(((const struct lvmm_syscall_memory *)payload)->call.number, 39);
        return;
    }
    ck_assert_uint_eq(type, LVMM_RECORD_SYSCALLS);
    ck_assert_uint_le(size, LVMM_RECORD_MAX);
    host.nested += is_sending;
    is_sending = true;
    if (sends_slowly && asks_while_sending >= 0) {
        on_trace((uint32_t)asks_while_sending);
        asks_while_sending = -1;
        if (answers_while_sending) {
            thread.state = THREAD_WAITS;
            if (setjmp(answer_waits) == 0)
                services_run();
            thread.state = THREAD_READY;
            answers_while_sending = false;
        }
    }
    is_sending = false;
    ck_assert_uint_le(host.count + count, 1000);
    memcpy(host.call + host.count, record->call, count * sizeof(record->call[0]));
    host.count += count;
    host.answers += count == 0;
}

/* ---- programs ---- */

static void getpid_do(enum trap_kind kind)
{
    (void)kind;
    thread.frame.rax = 1;
}

static void ask_at_end_do(enum trap_kind kind)
{
    getpid_do(kind);
    asks_while_sending = LVMM_TRACE_AT_ONCE; /* while what comes next is sent: the end */
    answers_while_sending = true;
}

static void unknown_do(enum trap_kind kind)
{
    (void)kind;
    trace_unknown();
    thread.frame.rax = (uint64_t)-38;
}

static void call(uint64_t number, void (*carry_out)(enum trap_kind kind))
{
    thread.frame.rax = number;
    trace_call(TRAP_SYSCALL, carry_out);
    services_run();
    if (thread.traced_late)
        process_trace_late(&thread);
}

static void start(uint32_t wanted)
{
    trace_init(wanted);
    trace_start();
    sends_slowly = true;
}

static unsigned told(uint32_t state)
{
    unsigned count = 0;

    for (unsigned i = 0; i < host.count; i++)
        count += (host.call[i].state & state) != 0;
    return count;
}

START_TEST(test_at_once)
{
    start(LVMM_TRACE_AT_ONCE);
    for (unsigned i = 0; i < 10; i++)
        call(39, getpid_do);
    ck_assert_uint_eq(host.count, 20);
    ck_assert_uint_eq(told(LVMM_SYSCALL_BEGUN), 10);
    ck_assert_uint_eq(told(LVMM_SYSCALL_ENDED), 10);
    ck_assert_uint_eq(host.nested, 0);
}
END_TEST

/* Asked while a record is on its way: each call is told of once, and the answer comes. */
START_TEST(test_asked)
{
    start(LVMM_TRACE_LATER);
    asks_while_sending = LVMM_TRACE_LATER;
    for (unsigned i = 0; i < 100; i++)
        call(39, getpid_do);
    trace_flush();
    ck_assert_uint_eq(told(LVMM_SYSCALL_BEGUN), 100);
    ck_assert_uint_eq(told(LVMM_SYSCALL_ENDED), 100);
    ck_assert_uint_eq(host.answers, 1);
    ck_assert_uint_eq(host.nested, 0);
}
END_TEST

/* And while a record is full that an unknown call, which goes on, has filled: there is no room for that call's own. */
START_TEST(test_asked_in_call)
{
    const unsigned full = (LVMM_RECORD_MAX - sizeof(struct lvmm_syscalls)) / sizeof(struct lvmm_syscall);

    start(LVMM_TRACE_LATER);
    for (unsigned i = 0; i < full - 1; i++)
        call(39, getpid_do);
    ck_assert_uint_eq(host.count, 0);
    asks_while_sending = LVMM_TRACE_LATER;
    call(300, unknown_do);
    trace_flush();
    ck_assert_uint_eq(told(LVMM_SYSCALL_BEGUN), full);
    ck_assert_uint_eq(told(LVMM_SYSCALL_ENDED), full);
    ck_assert_uint_eq(host.answers, 1);
    ck_assert_uint_eq(host.nested, 0);
}
END_TEST

/* Asked, and the answer looks at what waits, while the end of a call is on its way: that call is none that waits. */
START_TEST(test_asked_at_end)
{
    start(LVMM_TRACE_LATER);
    call(39, getpid_do);
    trace_flush();
    on_trace(LVMM_TRACE_AT_ONCE);
    services_run();
    host.count = 0;
    thread.frame.rax = 39;
    trace_call(TRAP_SYSCALL, ask_at_end_do);
    if (thread.traced_late)
        process_trace_late(&thread);
    ck_assert_uint_eq(told(LVMM_SYSCALL_BEGUN), 1);
    ck_assert_uint_eq(told(LVMM_SYSCALL_ENDED), 1);
    ck_assert_uint_eq(host.call[host.count - 1].result, 1);
}
END_TEST

static void send_ten_signals(void)
{
    struct signal_info info = {.signal = SIGUSR1, .code = SI_USER};

    call(39, getpid_do);
    for (int i = 0; i < 10; i++) {
        info.sender.pid = i;
        signal_trace(&thread, &info);
    }
    ck_assert_uint_eq(host.events, 0);
    ck_assert(thread.attention && thread.traced_late);
    process_trace_late(&thread);
}

/* Signals are told on the way back to the program, in order, as many as are kept; then the thread's end. */
START_TEST(test_signals_and_end)
{
    struct signal_info info;

    start(LVMM_TRACE_AT_ONCE | LVMM_TRACE_EVENTS);
    send_ten_signals();
    ck_assert_uint_eq(host.events, 8);
    memcpy(&info, host.event[7].siginfo, sizeof(info));
    ck_assert_int_eq(info.sender.pid, 7);
    ck_assert_uint_eq(host.event[7].kind, LVMM_EVENT_SIGNAL);
    ck_assert_uint_eq(host.event[7].value, SIGUSR1);
    thread.ending = true;
    process.exit_code = 3;
    trace_thread_end();
    ck_assert_uint_eq(host.events, 9);
    ck_assert_uint_eq(host.event[8].kind, LVMM_EVENT_EXIT);
    ck_assert_uint_eq(host.event[8].value, 3);
    process.exit_signal = SIGKILL; /* as a filter of its calls has it */
    trace_thread_end();
    ck_assert_uint_eq(host.event[9].kind, LVMM_EVENT_KILLED);
    ck_assert_uint_eq(host.event[9].value, SIGKILL);
    process.exiting = true;
    trace_thread_end();
    ck_assert_uint_eq(host.event[10].kind, LVMM_EVENT_KILLED);
}
END_TEST

/* Who reads a program's memory for its line may wait long: nobody waits for that. Without memory the line has less. */
START_TEST(test_decoded)
{
    start(LVMM_TRACE_AT_ONCE | LVMM_TRACE_MEMORY | LVMM_TRACE_EVENTS);
    call(39, getpid_do);
    ck_assert_uint_eq(host.decoded, 2);
    ck_assert_uint_eq(host.pieces, 10);
    ck_assert_uint_eq(host.events, 2);
    has_no_memory = true;
    call(39, getpid_do);
    ck_assert_uint_eq(host.decoded, 4);
    ck_assert_uint_eq(host.pieces, 10);
    ck_assert_uint_eq(host.events, 2);
    has_no_memory = false;
    thread.ending = true; /* in the call, of which only the beginning is read */
    call(39, getpid_do);
    ck_assert_uint_eq(host.decoded, 6);
    ck_assert_uint_eq(host.pieces, 15);
}
END_TEST

/* Where nobody wants to know of them, there are none. */
START_TEST(test_no_events)
{
    start(LVMM_TRACE_AT_ONCE);
    call(39, getpid_do);
    signal_trace(&thread, &(struct signal_info){.signal = SIGUSR1});
    ck_assert(!thread.traced_late);
    trace_thread_end();
    ck_assert_uint_eq(host.events, 0);
}
END_TEST

/* A call in which a signal ends its program has a result, but for SIGKILL. */
START_TEST(test_ended_in_call)
{
    start(LVMM_TRACE_AT_ONCE);
    process.exiting = true;
    process.exit_signal = SIGTERM;
    call(39, getpid_do);
    ck_assert_uint_eq(told(LVMM_SYSCALL_GONE), 0);
    process.exit_signal = SIGKILL;
    call(39, getpid_do);
    ck_assert_uint_eq(told(LVMM_SYSCALL_GONE), 1);
    process.exit_signal = 0;
    call(39, getpid_do);
    ck_assert_uint_eq(told(LVMM_SYSCALL_GONE), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *tcase = tcase_create("trace");

    tcase_add_test(tcase, test_at_once);
    tcase_add_test(tcase, test_asked);
    tcase_add_test(tcase, test_asked_in_call);
    tcase_add_test(tcase, test_asked_at_end);
    tcase_add_test(tcase, test_signals_and_end);
    tcase_add_test(tcase, test_decoded);
    tcase_add_test(tcase, test_no_events);
    tcase_add_test(tcase, test_ended_in_call);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
