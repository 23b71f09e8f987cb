/* SPDX-License-Identifier: Apache-2.0 */
/* signal_test.c - queues of signals and what delivery makes of them, with a frame that only remembers. */
// sources: guest-kernel/core/signal.c guest-kernel/core/sigset.c guest-kernel/core/sigsend.c
// sources: guest-kernel/core/sigstop.c guest-kernel/core/sigqueue.c guest-kernel/core/sigframe.c
#include "core/signal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "core/log.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/sched.h"
#include "core/sigframe.h"
#include "core/sigqueue.h"
#include "core/threads.h"
#include "mm/kmalloc.h"

static struct process process, parent;
static struct thread thread, parent_thread;
static struct sighand sighand, parent_sighand;
static struct pid group;

/* ---- the kernel around it ---- */

static int entered[16], entered_count, enter_fails;
static int64_t result;
static bool was_restarted, was_resumed;
static unsigned allocations_left;

void *kmalloc(size_t size)
{
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    return calloc(1, size);
}

void kfree(void *ptr)
{
    free(ptr);
}

void log_info(const char *fmt, ...)
{
    (void)fmt;
}

int arch_signal_enter(struct thread *at, int signal, const struct signal_action *action, const struct signal_info *info)
{
    (void)at, (void)action, (void)info;
    if (enter_fails != 0) {
        enter_fails--;
        return -EFAULT;
    }
    entered[entered_count++] = signal;
    return 0;
}

struct thread *arch_current(void)
{
    return &thread;
}

void sched_signal(struct thread *to)
{
    to->attention = true;
}

void sched_continue(struct thread *to)
{
    if (to->state == THREAD_STOPPED)
        to->state = THREAD_READY;
}

void sched_stop(void)
{
    arch_current()->state = THREAD_STOPPED;
}

static int ended_by;

void process_end(struct process *to, uint32_t code, uint32_t signal)
{
    (void)to, (void)code;
    ended_by = (int)signal;
}

uint32_t process_uid(const struct process *of)
{
    (void)of;
    return 7;
}

struct pid *pid_from(int number)
{
    (void)number;
    return NULL;
}

unsigned wait_wake(struct wait_queue *queue, uint32_t events, unsigned most)
{
    (void)queue, (void)events, (void)most;
    return 0;
}

int64_t arch_syscall_result(const struct trap_frame *frame)
{
    (void)frame;
    return result;
}

void arch_syscall_return(struct trap_frame *frame, int64_t value)
{
    (void)frame;
    result = value;
}

void arch_syscall_restart(struct trap_frame *frame, uint64_t first, bool resume)
{
    (void)frame;
    result = (int64_t)first;
    was_restarted = true;
    was_resumed = resume;
}

uint64_t arch_frame_sp(const struct trap_frame *frame)
{
    return frame->rsp;
}

void arch_frame_print(const struct trap_frame *frame, char *buf, size_t size)
{
    (void)frame;
    if (size != 0)
        *buf = 0;
}

/* ---- tests ---- */

#define HANDLER 0x1000

static void setup(void)
{
    memset(&process, 0, sizeof(process));
    memset(&thread, 0, sizeof(thread));
    process.pid = 1;
    memset(&sighand, 0, sizeof(sighand));
    process.sighand = &sighand;
    list_init(&process.threads);
    list_insert(&process.threads, &thread.sibling);
    process.signals_max = 100;
    thread.process = &process;
    memset(&parent, 0, sizeof(parent));
    memset(&parent_thread, 0, sizeof(parent_thread));
    memset(&parent_sighand, 0, sizeof(parent_sighand));
    list_init(&parent.threads);
    list_init(&group.members);
    list_insert(&group.members, &process.group_link);
    process.thread_count = 1;
    process.group = &group;
    process.parent = &parent;
    ended_by = 0;
    entered_count = enter_fails = 0;
    was_restarted = was_resumed = false;
    allocations_left = 1000;
}

static void teardown(void)
{
    for (int signal = 1; signal <= SIGNALS; signal++)
        signal_drop(&process, UINT64_MAX);
    ck_assert_uint_eq(process.signals_queued, 0);
    kfree(process.signal_spare);
}

static void handle(int signal, uint64_t flags)
{
    process.sighand->action[signal - 1] = (struct signal_action){.handler = HANDLER, .flags = flags};
}

static int send(int signal, int code, struct thread *to)
{
    struct signal_info info = {.signal = signal, .code = code, .sender.pid = 1};

    return signal_send_info(&process, to, &info);
}

static enum signal_verdict deliver(int *ending)
{
    *ending = -1;
    return signal_deliver(&thread, ending);
}

START_TEST(nothing_is_due)
{
    int ending;

    ck_assert_int_eq(deliver(&ending), SIGNAL_GO_ON);
    ck_assert(!signal_is_pending(&thread));
}
END_TEST

START_TEST(default_actions)
{
    int ending;

    ck_assert_int_eq(send(SIGCHLD, SI_USER, NULL), 0);
    ck_assert_int_eq(deliver(&ending), SIGNAL_GO_ON);
    ck_assert_int_eq(send(SIGTERM, SI_USER, NULL), 0);
    ck_assert(signal_is_pending(&thread));
    ck_assert_int_eq(ended_by, SIGTERM); /* at once */
    ck_assert_int_eq(deliver(&ending), SIGNAL_END);
    ck_assert_int_eq(ending, SIGTERM);
}
END_TEST

/* What is ignored isn't kept, unless it is blocked. */
START_TEST(ignored_signals)
{
    ck_assert_int_eq(send(SIGCHLD, SI_USER, NULL), 0);
    ck_assert_uint_eq(signal_pending_set(&thread), 0);
    signal_set_mask(&thread, SIGNAL_BIT(SIGCHLD));
    ck_assert_int_eq(send(SIGCHLD, SI_USER, NULL), 0);
    ck_assert_uint_eq(signal_pending_set(&thread), SIGNAL_BIT(SIGCHLD));
    signal_set_mask(&thread, UINT64_MAX);
    ck_assert_uint_eq(thread.signal_mask, ~SIGNALS_UNBLOCKABLE);
}
END_TEST

START_TEST(thread_and_process_wait_apart)
{
    struct signal_info info;

    signal_set_mask(&thread, SIGNAL_BIT(SIGUSR1));
    ck_assert_int_eq(send(SIGUSR1, SI_USER, NULL), 0);
    ck_assert_int_eq(send(SIGUSR1, SI_TKILL, &thread), 0);
    ck_assert_int_eq(send(SIGUSR1, SI_TKILL, &thread), 0);
    ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), SIGUSR1);
    ck_assert_int_eq(info.code, SI_TKILL);
    ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), SIGUSR1);
    ck_assert_int_eq(info.code, SI_USER);
    ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), 0);
}
END_TEST

START_TEST(real_time_signals_queue)
{
    struct signal_info info;

    signal_set_mask(&thread, UINT64_MAX);
    for (int i = 0; i < 3; i++) {
        info = (struct signal_info){.signal = 40, .code = SI_QUEUE, .sender.value = (uint64_t)i};
        ck_assert_int_eq(signal_send_info(&process, NULL, &info), 0);
        info.signal = 41;
        ck_assert_int_eq(signal_send_info(&process, NULL, &info), 0);
    }
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), i < 3 ? 40 : 41);
        ck_assert_uint_eq(info.sender.value, (uint64_t)i % 3);
    }
    ck_assert_uint_eq(signal_pending_set(&thread), 0);
}
END_TEST

START_TEST(queue_is_bounded)
{
    struct signal_info info;

    signal_set_mask(&thread, UINT64_MAX);
    process.signals_max = 1;
    ck_assert_int_eq(send(40, SI_QUEUE, NULL), 0);
    ck_assert_int_eq(send(40, SI_QUEUE, NULL), -EAGAIN);
    ck_assert_int_eq(send(41, SI_TKILL, &thread), -EAGAIN);
    ck_assert_int_eq(send(41, SI_USER, NULL), 0);       /* without its info */
    ck_assert_int_eq(send(SIGUSR1, SI_QUEUE, NULL), 0); /* likewise */
    ck_assert_int_eq(send(SIGUSR2, SI_USER, NULL), 0);  /* kill's has it always */
    ck_assert_int_eq(signal_take(&thread, SIGNAL_BIT(SIGUSR1), &info), SIGUSR1);
    ck_assert_int_eq(info.code, SI_USER);
    ck_assert_int_eq(info.sender.pid, 0);
    ck_assert_int_eq(signal_take(&thread, SIGNAL_BIT(SIGUSR2), &info), SIGUSR2);
    ck_assert_int_eq(info.sender.pid, 1);
    ck_assert_int_eq(signal_take(&thread, SIGNAL_BIT(41), &info), 41);
    ck_assert_int_eq(info.sender.pid, 0);
}
END_TEST

START_TEST(no_memory)
{
    struct signal_info info;

    signal_set_mask(&thread, UINT64_MAX);
    allocations_left = 0;
    ck_assert_int_eq(send(40, SI_QUEUE, NULL), -EAGAIN);
    signal_send(&process, SIGINT);
    ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), SIGINT);
    ck_assert_int_eq(info.sender.pid, 0);
}
END_TEST

START_TEST(faults_come_first)
{
    const int signals[] = {SIGHUP, SIGSEGV, SIGFPE};
    int ending;

    for (unsigned i = 0; i < 3; i++)
        handle(signals[i], SA_NODEFER);
    signal_set_mask(&thread, UINT64_MAX);
    send(SIGHUP, SI_USER, NULL);
    send(SIGFPE, SI_USER, NULL);
    signal_set_mask(&thread, 0);
    signal_force(&thread, SIGSEGV, SI_KERNEL, 0);
    ck_assert_int_eq(deliver(&ending), SIGNAL_HANDLER);
    ck_assert_int_eq(entered_count, 3);
    ck_assert_int_eq(entered[0], SIGSEGV);
    ck_assert_int_eq(entered[1], SIGFPE);
    ck_assert_int_eq(entered[2], SIGHUP);
}
END_TEST

/* Blocked, ignored or without a handler. */
START_TEST(fault_that_nobody_takes)
{
    int ending;

    for (int way = 0; way < 3; way++) {
        setup();
        handle(SIGSEGV, 0);
        if (way == 0)
            signal_set_mask(&thread, SIGNAL_BIT(SIGSEGV));
        else
            process.sighand->action[SIGSEGV - 1].handler = way == 1 ? SIG_IGN : SIG_DFL;
        signal_force(&thread, SIGSEGV, SI_KERNEL, 0);
        ck_assert_int_eq(deliver(&ending), SIGNAL_END);
        ck_assert_int_eq(ending, SIGSEGV);
    }
}
END_TEST

/* A frame that doesn't fit is SIGSEGV, which may have a handler elsewhere; its own frame has no second try. */
START_TEST(frame_does_not_fit)
{
    int ending;

    handle(SIGUSR1, 0);
    handle(SIGSEGV, 0);
    send(SIGUSR1, SI_USER, NULL);
    enter_fails = 1;
    ck_assert_int_eq(deliver(&ending), SIGNAL_HANDLER);
    ck_assert_int_eq(entered_count, 1);
    ck_assert_int_eq(entered[0], SIGSEGV);
    signal_set_mask(&thread, 0);
    send(SIGUSR1, SI_USER, NULL);
    enter_fails = 2;
    ck_assert_int_eq(deliver(&ending), SIGNAL_END);
    ck_assert_int_eq(ending, SIGSEGV);
}
END_TEST

struct interruption {
    int64_t result;
    bool handler;
    uint64_t flags;
    bool restarted, resumed;
    int64_t then;
};

#define FIRST 77

/* signal(7), "Interruption of system calls and library functions by signal handlers". */
START_TEST(interrupted_calls)
{
    static const struct interruption cases[] = {
        {-ERESTARTSYS, true, SA_RESTART, true, false, FIRST},
        {-ERESTARTSYS, true, 0, false, false, -EINTR},
        {-ERESTARTSYS, false, 0, true, false, FIRST},
        {-ERESTARTNOHAND, true, SA_RESTART, false, false, -EINTR},
        {-ERESTARTNOHAND, true, 0, false, false, -EINTR},
        {-ERESTARTNOHAND, false, 0, true, false, FIRST},
        {-ERESTART_RESTARTBLOCK, true, SA_RESTART, false, false, -EINTR},
        {-ERESTART_RESTARTBLOCK, true, 0, false, false, -EINTR},
        {-ERESTART_RESTARTBLOCK, false, 0, true, true, FIRST},
        {-EINTR, true, SA_RESTART, false, false, -EINTR},
        {5, true, SA_RESTART, false, false, 5},
        {5, false, 0, false, false, 5},
    };
    int ending;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        teardown();
        setup();
        if (cases[i].handler) {
            handle(SIGUSR1, cases[i].flags);
            send(SIGUSR1, SI_USER, NULL);
        }
        thread.interrupted = true;
        thread.syscall_first = FIRST;
        result = cases[i].result;
        ck_assert_int_eq(deliver(&ending), cases[i].handler ? SIGNAL_HANDLER : SIGNAL_GO_ON);
        ck_assert_msg(result == cases[i].then && was_restarted == cases[i].restarted && was_resumed == cases[i].resumed,
                      "case %zu: %lld", i, (long long)result);
        ck_assert(!thread.interrupted);
    }
}
END_TEST

/* A result that only looks like it is a result. */
START_TEST(not_interrupted)
{
    int ending;

    result = -ERESTARTSYS;
    ck_assert_int_eq(deliver(&ending), SIGNAL_GO_ON);
    ck_assert_int_eq(result, -ERESTARTSYS);
}
END_TEST

/* The first handler decides, and the second sees what it left. */
START_TEST(two_handlers)
{
    int ending;

    handle(SIGUSR1, SA_RESTART);
    handle(SIGUSR2, 0);
    send(SIGUSR1, SI_USER, NULL);
    send(SIGUSR2, SI_USER, NULL);
    thread.interrupted = true;
    thread.syscall_first = FIRST;
    result = -ERESTARTSYS;
    ck_assert_int_eq(deliver(&ending), SIGNAL_HANDLER);
    ck_assert_int_eq(entered_count, 2);
    ck_assert(was_restarted && result == FIRST);
}
END_TEST

START_TEST(mask_is_restored)
{
    int ending;

    thread.saved_mask = SIGNAL_BIT(SIGUSR1);
    thread.restore_mask = true;
    deliver(&ending);
    ck_assert_uint_eq(thread.signal_mask, SIGNAL_BIT(SIGUSR1));
    signal_set_mask(&thread, 0);
    thread.restore_mask = true;
    handle(SIGUSR2, 0);
    send(SIGUSR2, SI_USER, NULL);
    ck_assert_uint_eq(sigframe_mask(&thread), SIGNAL_BIT(SIGUSR1));
    deliver(&ending);
    ck_assert_uint_eq(thread.signal_mask, SIGNAL_BIT(SIGUSR2)); /* the frame has the saved one */
}
END_TEST

START_TEST(alternate_stack)
{
    const struct signal_action action = {.flags = SA_ONSTACK}, plain = {.flags = 0};
    struct sigaltstack_user stack = {.sp = 0x10000, .size = 0x4000}, got;

    ck_assert_uint_eq(sigframe_stack(&thread, &action, 0x500), 0x500);
    ck_assert_int_eq(sigstack_set(&thread, 0x500, &stack), 0);
    ck_assert_uint_eq(sigframe_stack(&thread, &plain, 0x500), 0x500);
    ck_assert_uint_eq(sigframe_stack(&thread, &action, 0x500), 0x14000);
    /* Its lowest address is outside, its end, where it is empty, within. */
    ck_assert_uint_eq(sigframe_stack(&thread, &action, 0x10000), 0x14000);
    ck_assert_uint_eq(sigframe_stack(&thread, &action, 0x10001), 0x10001);
    ck_assert_uint_eq(sigframe_stack(&thread, &action, 0x14000), 0x14000);
    ck_assert_int_eq(sigstack_set(&thread, 0x14000, &stack), -EPERM);
    ck_assert_int_eq(sigstack_set(&thread, 0x14001, &stack), 0);
    ck_assert(!sigframe_overflows(&thread, 0x500, 0x14000, 0x10001));
    ck_assert(sigframe_overflows(&thread, 0x500, 0x14000, 0x10000));
    ck_assert(sigframe_overflows(&thread, 0x10100, 0x10100, 0xff00));
    ck_assert(!sigframe_overflows(&thread, 0x500, 0x500, 0x100));
    stack.flags = SS_AUTODISARM;
    ck_assert_int_eq(sigstack_set(&thread, 0x500, &stack), 0);
    sigframe_entered(&thread);
    sigstack_get(&thread, 0x13000, &got);
    ck_assert_uint_eq(got.size, 0);
    ck_assert_uint_eq(got.flags, SS_DISABLE);
    stack.size = 100;
    ck_assert_int_eq(sigstack_set(&thread, 0x500, &stack), -ENOMEM);
    stack.flags = 99;
    ck_assert_int_eq(sigstack_set(&thread, 0x500, &stack), -EINVAL);
}
END_TEST

/* ---- several threads ---- */

static struct thread second;

static void add_second(void)
{
    memset(&second, 0, sizeof(second));
    second.process = &process;
    list_insert(&process.threads, &second.sibling);
    process.thread_count = 2;
}

static void remove_second(void)
{
    sigqueue_flush(&process, &second.signals);
    list_remove(&second.sibling);
    process.thread_count = 1;
}

START_TEST(who_takes_it)
{
    struct signal_info info;

    add_second();
    handle(SIGUSR1, 0);
    send(SIGUSR1, SI_USER, NULL);
    ck_assert(thread.attention && !second.attention); /* the current one first */
    signal_take(&thread, UINT64_MAX, &info);
    signal_set_mask(&thread, SIGNAL_BIT(SIGUSR1));
    thread.attention = false;
    send(SIGUSR1, SI_USER, NULL);
    ck_assert(!thread.attention && second.attention);
    signal_take(&thread, UINT64_MAX, &info);
    second.attention = false;
    thread.state = second.state = THREAD_STOPPED;
    signal_set_mask(&thread, 0);
    thread.attention = false;
    send(SIGUSR1, SI_USER, NULL);
    ck_assert(!thread.attention && !second.attention); /* both once they go on */
    ck_assert(signal_is_pending(&thread) && signal_is_pending(&second));
    remove_second();
}
END_TEST

/* Who waits for a signal that all have blocked has it; it isn't ended by that, nor is it for nothing. */
START_TEST(who_waits_for_it)
{
    add_second();
    signal_set_mask(&thread, UINT64_MAX);
    signal_set_mask(&second, UINT64_MAX);
    second.signals_awaited = SIGNAL_BIT(SIGUSR1) | SIGNAL_BIT(SIGCHLD);
    thread.attention = second.attention = false;
    send(SIGUSR1, SI_USER, NULL);
    ck_assert(!thread.attention && second.attention);
    ck_assert_int_eq(ended_by, 0);
    ck_assert(signal_is_pending(&second) && !signal_is_pending(&thread));
    signal_drop(&process, UINT64_MAX);
    ck_assert(!signal_is_pending(&second));
    send(SIGCHLD, SI_USER, NULL);
    ck_assert(signal_is_pending(&second));
    remove_second();
}
END_TEST

/* The thread that was to take it blocks it before it does, or ends. */
START_TEST(another_takes_it)
{
    add_second();
    handle(SIGUSR1, 0);
    send(SIGUSR1, SI_USER, NULL);
    ck_assert(!second.attention);
    signal_set_mask(&thread, SIGNAL_BIT(SIGUSR1));
    ck_assert(second.attention);
    signal_set_mask(&thread, 0);
    second.attention = false;
    signal_thread_leaves(&thread);
    ck_assert(second.attention);
    send(SIGUSR2, SI_TKILL, &thread); /* the thread's own goes with it */
    ck_assert(!(signal_pending_set(&second) & SIGNAL_BIT(SIGUSR2)));
    remove_second();
}
END_TEST

START_TEST(fatal_at_once)
{
    add_second();
    signal_set_mask(&thread, SIGNAL_BIT(SIGTERM));
    signal_set_mask(&second, SIGNAL_BIT(SIGTERM));
    send(SIGTERM, SI_USER, NULL);
    ck_assert_int_eq(ended_by, 0); /* blocked by all */
    signal_set_mask(&second, 0);
    send(SIGTERM, SI_TKILL, &second);
    ck_assert_int_eq(ended_by, SIGTERM);
    ended_by = 0;
    send(SIGKILL, SI_USER, NULL);
    ck_assert_int_eq(ended_by, SIGKILL);
    process.exiting = true;
    ended_by = 0;
    send(SIGKILL, SI_USER, NULL);
    ck_assert_int_eq(ended_by, 0);
    remove_second();
}
END_TEST

/* ---- stops ---- */

static struct pid other_group;

/* Not an orphaned group. */
static void add_parent(void)
{
    parent.sighand = &parent_sighand;
    parent.group = &other_group;
    list_init(&parent.threads);
    list_insert(&parent.threads, &parent_thread.sibling);
    parent.thread_count = 1;
    parent.signals_max = 10;
    parent_thread.process = &parent;
    parent_thread.signal_mask = SIGNAL_BIT(SIGCHLD);
}

static int news(int *status)
{
    struct signal_info info = {0};

    if (signal_take(&parent_thread, SIGNAL_BIT(SIGCHLD), &info) == 0)
        return 0;
    *status = info.child.status;
    kfree(parent.signal_spare);
    parent.signal_spare = NULL;
    return info.code;
}

START_TEST(all_threads_stop)
{
    int ending, status;

    add_parent();
    add_second();
    send(SIGTSTP, SI_USER, NULL);
    ck_assert_int_eq(deliver(&ending), SIGNAL_STOP);
    ck_assert(process.stopping && !process.stopped && second.stop_due && second.attention);
    signal_stop(&thread);
    ck_assert_int_eq(thread.state, THREAD_STOPPED);
    ck_assert_int_eq(news(&status), 0);
    ck_assert(!process.stopped && signal_is_pending(&second));
    ck_assert_int_eq(signal_deliver(&second, &ending), SIGNAL_STOP);
    signal_thread_leaves(&second); /* it ends in place of that */
    remove_second();
    ck_assert(process.stopped && process.stop_untold && process.stop_signal == SIGTSTP);
    ck_assert_int_eq(news(&status), CLD_STOPPED);
    ck_assert_int_eq(status, SIGTSTP);
    send(SIGCONT, SI_USER, NULL);
    ck_assert_int_eq(thread.state, THREAD_READY);
    ck_assert(!process.stopping && !process.stopped && !process.stop_untold && process.continue_untold);
    ck_assert_int_eq(news(&status), CLD_CONTINUED);
    ck_assert_int_eq(status, SIGCONT);
}
END_TEST

START_TEST(continued_before_all_stopped)
{
    int ending, status;

    add_parent();
    add_second();
    send(SIGSTOP, SI_USER, NULL);
    ck_assert_int_eq(deliver(&ending), SIGNAL_STOP);
    signal_stop(&thread);
    send(SIGCONT, SI_USER, NULL);
    ck_assert(!second.stop_due && process.stop_left == 0 && !process.stopping);
    ck_assert_int_eq(news(&status), CLD_STOPPED);
    ck_assert_int_eq(thread.state, THREAD_READY);
    ck_assert(process.continue_untold);
    remove_second();
}
END_TEST

START_TEST(orphans_are_not_stopped)
{
    int ending;

    process.parent = &parent;
    parent.session = &other_group; /* another session than ours */
    send(SIGTSTP, SI_USER, NULL);
    ck_assert_int_eq(deliver(&ending), SIGNAL_GO_ON);
    send(SIGSTOP, SI_USER, NULL);
    ck_assert_int_eq(deliver(&ending), SIGNAL_STOP);
}
END_TEST

/* ---- entries of others ---- */

static int left_taken, left_forgotten;

static void entry_left(struct signal_entry *entry, struct signal_info *info)
{
    ck_assert_ptr_null(entry->queue);
    if (info != NULL) {
        left_taken++;
        info->timer.overrun = 7;
    } else {
        left_forgotten++;
    }
}

START_TEST(entries_of_others)
{
    struct signal_entry entry = {.info = {.signal = SIGUSR1, .code = SI_TIMER}, .left = entry_left};
    struct signal_info info;

    signal_set_mask(&thread, UINT64_MAX);
    send(SIGUSR1, SI_USER, NULL); /* a standard signal waits already: both come */
    ck_assert(signal_send_entry(&process, NULL, &entry));
    ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), SIGUSR1);
    ck_assert_int_eq(info.code, SI_USER);
    ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), SIGUSR1);
    ck_assert(info.code == SI_TIMER && info.timer.overrun == 7 && left_taken == 1);
    ck_assert_int_eq(signal_take(&thread, UINT64_MAX, &info), 0);
    ck_assert(signal_send_entry(&process, &thread, &entry));
    signal_drop(&process, UINT64_MAX);
    ck_assert_int_eq(left_forgotten, 1);
    ck_assert(signal_send_entry(&process, NULL, &entry));
    sigqueue_remove_entry(&entry);
    sigqueue_remove_entry(&entry); /* it is in none */
    ck_assert_uint_eq(signal_pending_set(&thread), 0);
    ck_assert_int_eq(left_forgotten, 1);
    process.sighand->action[SIGUSR1 - 1].handler = SIG_IGN;
    signal_set_mask(&thread, 0);
    ck_assert(!signal_send_entry(&process, NULL, &entry));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/core/signal");
    TCase *tc = tcase_create("signal");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, nothing_is_due);
    tcase_add_test(tc, default_actions);
    tcase_add_test(tc, ignored_signals);
    tcase_add_test(tc, thread_and_process_wait_apart);
    tcase_add_test(tc, real_time_signals_queue);
    tcase_add_test(tc, queue_is_bounded);
    tcase_add_test(tc, no_memory);
    tcase_add_test(tc, faults_come_first);
    tcase_add_test(tc, fault_that_nobody_takes);
    tcase_add_test(tc, frame_does_not_fit);
    tcase_add_test(tc, interrupted_calls);
    tcase_add_test(tc, not_interrupted);
    tcase_add_test(tc, two_handlers);
    tcase_add_test(tc, mask_is_restored);
    tcase_add_test(tc, alternate_stack);
    tcase_add_test(tc, who_takes_it);
    tcase_add_test(tc, who_waits_for_it);
    tcase_add_test(tc, another_takes_it);
    tcase_add_test(tc, fatal_at_once);
    tcase_add_test(tc, all_threads_stop);
    tcase_add_test(tc, continued_before_all_stopped);
    tcase_add_test(tc, orphans_are_not_stopped);
    tcase_add_test(tc, entries_of_others);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
