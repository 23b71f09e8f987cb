/* SPDX-License-Identifier: Apache-2.0 */
/* signal_test.c - queues of signals and what delivery makes of them, with a frame that only remembers. */
// sources: guest-kernel/core/sig*.c guest-kernel/core/group.c
#include "signal_setup.h"

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
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
