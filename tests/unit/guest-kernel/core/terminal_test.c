/* SPDX-License-Identifier: Apache-2.0 */
/* terminal_test.c - whose terminal it is, with processes that only remember what they were sent; no reference is lost.
 */
// sources: guest-kernel/core/terminal.c
#include "core/terminal.h"

#include <check.h>
#include <string.h>

#include "abi/errno.h"
#include "core/group.h"
#include "core/pid.h"
#include "core/signal.h"

enum { COUNT = 3 };

static struct process process[COUNT]; /* each leads a session of its own, but for the last, which is the first's */
static struct pid pid[COUNT];
static struct sighand sighand;
static struct thread thread;
static struct terminal terminal;
static unsigned sent[COUNT][SIGNALS + 1];
static bool is_orphaned;

/* ---- the kernel around it ---- */

struct thread *arch_current(void)
{
    return &thread;
}

uint64_t arch_syscall_first(const struct trap_frame *frame)
{
    (void)frame;
    return 0;
}

void signal_send(struct process *to, int signal)
{
    sent[to - process][signal]++;
}

bool group_is_orphaned(const struct pid *group)
{
    (void)group;
    return is_orphaned;
}

void pid_hold(struct pid *at)
{
    at->refs++;
}

void pid_drop(struct pid *at)
{
    if (at != NULL)
        at->refs--;
}

struct pid *pid_from(int number)
{
    for (int i = 0; i < COUNT; i++)
        if (pid[i].number >= number)
            return &pid[i];
    return NULL;
}

struct pid *pid_find(int number)
{
    struct pid *at = pid_from(number);

    return at != NULL && at->number == number ? at : NULL;
}

/* ---- the tests ---- */

static void become(int which)
{
    thread.process = &process[which];
}

static void setup(void)
{
    for (int i = 0; i < COUNT; i++) {
        int session = i == 2 ? 0 : i;

        pid[i] = (struct pid){.number = 10 + i, .process = &process[i]};
        list_init(&pid[i].members);
        process[i] = (struct process){
            .pid = 10 + i, .id = &pid[i], .group = &pid[i], .session = &pid[session], .sighand = &sighand};
        list_init(&process[i].group_link);
        list_insert(&pid[i].members, &process[i].group_link);
    }
    memset(sent, 0, sizeof(sent));
    memset(&sighand, 0, sizeof(sighand));
    memset(&thread, 0, sizeof(thread));
    memset(&terminal, 0, sizeof(terminal));
    is_orphaned = false;
    terminal_give(&terminal, &process[0]);
    process[2].terminal = &terminal;
    become(0);
}

/* It was taken away, and nothing holds on to anything. */
static void is_nobodys(void)
{
    ck_assert_ptr_null(terminal.session);
    ck_assert_ptr_null(terminal.foreground);
    for (int i = 0; i < COUNT; i++) {
        ck_assert_ptr_null(process[i].terminal);
        ck_assert_uint_eq(pid[i].refs, 0);
    }
}

START_TEST(a_hang_up_and_the_end_after_it)
{
    become(2);
    ck_assert_int_eq(terminal_check(&terminal, SIGTTIN), -ERESTARTSYS);
    ck_assert(thread.interrupted);
    ck_assert_uint_eq(sent[2][SIGTTIN], 1);
    ck_assert_int_eq(terminal_foreground_set(&terminal, 12), 0);
    ck_assert_int_eq(terminal_check(&terminal, SIGTTIN), 0);
    terminal_hang_up(&terminal);
    ck_assert_uint_eq(sent[0][SIGHUP], 1);
    ck_assert_uint_eq(sent[0][SIGCONT], 1);
    ck_assert_uint_eq(sent[2][SIGHUP], 0);
    ck_assert_ptr_null(process[2].terminal);
    terminal_leader_ends(&process[0]);
    ck_assert_uint_eq(sent[2][SIGHUP], 1);
    ck_assert_uint_eq(sent[2][SIGCONT], 1);
    is_nobodys();
}
END_TEST

START_TEST(the_end_of_the_leader)
{
    ck_assert_int_eq(terminal_foreground_set(&terminal, 12), 0);
    terminal_leader_ends(&process[2]); /* it leads nothing */
    ck_assert_uint_eq(sent[2][SIGHUP], 0);
    terminal_leader_ends(&process[0]);
    ck_assert_uint_eq(sent[2][SIGHUP], 1);
    ck_assert_uint_eq(sent[2][SIGCONT], 0);
    is_nobodys();
}
END_TEST

START_TEST(another_session_takes_it)
{
    become(1);
    ck_assert_int_eq(terminal_take(&terminal, false, true), -EPERM);
    ck_assert_int_eq(terminal_take(&terminal, true, true), -EPERM);
    thread.cred.effective = CAP_ALL;
    ck_assert_int_eq(terminal_take(&terminal, false, true), -EPERM);
    ck_assert_int_eq(terminal_take(&terminal, true, false), 0);
    ck_assert_ptr_eq(process[1].terminal, &terminal);
    ck_assert_ptr_null(process[0].terminal);
    ck_assert_ptr_null(process[2].terminal);
    terminal_signal(&terminal, SIGINT);
    ck_assert_uint_eq(sent[1][SIGINT], 1);
    ck_assert_uint_eq(sent[0][SIGINT], 0);
    ck_assert_int_eq(terminal_let_go(&terminal), 0);
    ck_assert_uint_eq(sent[1][SIGHUP], 1);
    is_nobodys();
    terminal_signal(&terminal, SIGINT); /* nobody is there */
    thread.cred.effective = 0;
    ck_assert_int_eq(terminal_take(&terminal, false, false), -EPERM);
    ck_assert_int_eq(terminal_take(&terminal, false, true), 0);
}
END_TEST

START_TEST(the_background)
{
    become(2);
    is_orphaned = true;
    ck_assert_int_eq(terminal_check(&terminal, SIGTTOU), -EIO);
    sighand.action[SIGTTOU - 1].handler = SIG_IGN;
    ck_assert_int_eq(terminal_check(&terminal, SIGTTOU), 0);
    ck_assert_int_eq(terminal_check(&terminal, SIGTTIN), -EIO);
    ck_assert_uint_eq(sent[2][SIGTTIN], 0);
    ck_assert_int_eq(terminal_let_go(&terminal), 0); /* its own only */
    ck_assert_ptr_eq(process[0].terminal, &terminal);
    ck_assert_int_eq(terminal_check(&terminal, SIGTTIN), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/core/terminal");
    TCase *tcase = tcase_create("terminal");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, a_hang_up_and_the_end_after_it);
    tcase_add_test(tcase, the_end_of_the_leader);
    tcase_add_test(tcase, another_session_takes_it);
    tcase_add_test(tcase, the_background);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
