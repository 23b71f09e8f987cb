/* SPDX-License-Identifier: Apache-2.0 */
/* semop_test.c - semaphores' arithmetic: all or none, in order, within what a value can be, and undone. */
// sources: guest-kernel/ipc/semop.c
#include <check.h>
#include <string.h>

#include "abi/errno.h"
#include "ipc/ids.h"
#include "ipc/semop.h"

#define PID 7

static struct sem sem[3];
static int16_t adjust[3];
static const struct sembuf_user *blocking;

static void begin(int a, int b, int c)
{
    const int values[] = {a, b, c};

    for (int i = 0; i < 3; i++) {
        sem[i] = (struct sem){values[i], 0};
        adjust[i] = 0;
    }
    blocking = NULL;
}

static int try_ops(const struct sembuf_user *ops, unsigned count)
{
    return semop_try(sem, ops, count, adjust, PID, &blocking);
}

static void values_are(int a, int b, int c)
{
    ck_assert_int_eq(sem[0].value, a);
    ck_assert_int_eq(sem[1].value, b);
    ck_assert_int_eq(sem[2].value, c);
}

START_TEST(all_are_done)
{
    const struct sembuf_user ops[] = {{0, 2, 0}, {1, -1, 0}, {2, 0, 0}, {2, 5, 0}};

    begin(0, 1, 0);
    ck_assert_int_eq(try_ops(ops, 4), 0);
    values_are(2, 0, 5);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(sem[i].pid, PID);
    ck_assert(semop_alters(ops, 4));
    ck_assert(!semop_alters(ops + 2, 1));
}
END_TEST

START_TEST(none_is_done)
{
    const struct sembuf_user ops[] = {{0, 2, SEM_UNDO}, {1, 1, 0}, {0, -3, SEM_UNDO}, {2, -1, 0}};

    begin(1, 1, 0);
    adjust[0] = 4;
    ck_assert_int_eq(try_ops(ops, 4), SEMOP_BLOCKS);
    ck_assert_ptr_eq(blocking, &ops[3]);
    values_are(1, 1, 0);
    ck_assert_int_eq(adjust[0], 4);
    ck_assert_int_eq(sem[0].pid, 0);
    begin(0, 1, 9);
    ck_assert_int_eq(try_ops(ops, 4), SEMOP_BLOCKS);
    ck_assert_ptr_eq(blocking, &ops[2]);
    values_are(0, 1, 9);
}
END_TEST

START_TEST(who_does_not_wait)
{
    const struct sembuf_user ops[] = {{0, 1, IPC_NOWAIT}, {1, 0, IPC_NOWAIT}};
    const struct sembuf_user other[] = {{0, 1, IPC_NOWAIT}, {1, 0, 0}};

    begin(0, 1, 0);
    ck_assert_int_eq(try_ops(ops, 2), -EAGAIN);
    ck_assert_int_eq(try_ops(other, 2), SEMOP_BLOCKS); /* it is the one that blocks that says so */
    values_are(0, 1, 0);
}
END_TEST

START_TEST(ranges)
{
    const struct sembuf_user up = {0, 1, 0}, undone = {1, 1, SEM_UNDO}, least = {2, -1, SEM_UNDO};

    begin(SEM_VALUE_MAX, 0, 1);
    ck_assert_int_eq(try_ops(&up, 1), -ERANGE);
    adjust[1] = -SEM_VALUE_MAX;
    ck_assert_int_eq(try_ops(&undone, 1), 0);
    ck_assert_int_eq(adjust[1], -SEM_VALUE_MAX - 1);
    ck_assert_int_eq(try_ops(&undone, 1), -ERANGE);
    values_are(SEM_VALUE_MAX, 1, 1);
    adjust[2] = SEM_VALUE_MAX;
    ck_assert_int_eq(try_ops(&least, 1), -ERANGE);
    values_are(SEM_VALUE_MAX, 1, 1);
}
END_TEST

START_TEST(undone)
{
    const struct sembuf_user ops[] = {{0, -2, SEM_UNDO}, {1, 3, SEM_UNDO}, {2, 1, 0}};

    begin(2, 0, 0);
    ck_assert_int_eq(try_ops(ops, 3), 0);
    sem[1].value = 1; /* others have taken two meanwhile */
    ck_assert(semop_undo(sem, 3, adjust, 9));
    values_are(2, 0, 1);
    ck_assert_int_eq(sem[0].pid, 9);
    ck_assert_int_eq(sem[2].pid, PID);
    begin(SEM_VALUE_MAX, 0, 0);
    ck_assert(!semop_undo(sem, 3, adjust, 9));
    adjust[0] = 5;
    ck_assert(semop_undo(sem, 3, adjust, 9));
    values_are(SEM_VALUE_MAX, 0, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("semop");
    TCase *tests = tcase_create("semop");

    tcase_add_test(tests, all_are_done);
    tcase_add_test(tests, none_is_done);
    tcase_add_test(tests, who_does_not_wait);
    tcase_add_test(tests, ranges);
    tcase_add_test(tests, undone);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
