/* SPDX-License-Identifier: Apache-2.0 */
/* sigsend_test.c - signals to a process of two threads: who takes them, who ends and stops, and entries of others. */
// sources: guest-kernel/core/sig*.c guest-kernel/core/group.c
#include "signal_setup.h"

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
    send(SIGTERM, SI_TKILL, &second);
    ck_assert_int_eq(ended_by, 0);
    send(SIGKILL, SI_USER, NULL);
    ck_assert_int_eq(ended_by, SIGKILL); /* a tracer may keep it from that: now it doesn't */
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
    group_recount(&process);
    ck_assert(!group_is_orphaned(&group));
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
    ck_assert_uint_eq(group.stopped, 1);
    ck_assert_int_eq(news(&status), CLD_STOPPED);
    ck_assert_int_eq(status, SIGTSTP);
    send(SIGCONT, SI_USER, NULL);
    ck_assert_int_eq(thread.state, THREAD_READY);
    ck_assert(!process.stopping && !process.stopped && !process.stop_untold && process.continue_untold);
    ck_assert_uint_eq(group.stopped, 0);
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

    parent.group = &other_group;
    parent.session = &other_group; /* another session than ours */
    group_recount(&process);
    ck_assert(group_is_orphaned(&group));
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
    Suite *suite = suite_create("guest-kernel/core/sigsend");
    TCase *tc = tcase_create("sigsend");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
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
