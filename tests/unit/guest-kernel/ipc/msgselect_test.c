/* SPDX-License-Identifier: Apache-2.0 */
/* msgselect_test.c - which message of a queue is meant by type and flags. */
// sources: guest-kernel/ipc/msgselect.c
#include <check.h>
#include <string.h>

#include "abi/ipc.h"
#include "ipc/msgselect.h"

#define COUNT 5

static struct list queue;
static union {
    struct msg msg;
    char bytes[sizeof(struct msg) + 8];
} messages[COUNT];

static void begin(void)
{
    static const int64_t types[COUNT] = {5, 2, 9, 2, 3};

    list_init(&queue);
    for (int i = 0; i < COUNT; i++) {
        messages[i].msg.type = types[i];
        list_insert(&queue, &messages[i].msg.link);
    }
}

/* The place of what is found; -1: nothing is. */
static int found(int64_t type, uint32_t flags)
{
    const struct msg_select select = msg_select_by(type, flags);
    const struct msg *msg = msg_select_find(&select, &queue);

    for (int i = 0; i < COUNT; i++)
        if (msg == &messages[i].msg)
            return i;
    ck_assert_ptr_null(msg);
    return -1;
}

START_TEST(by_type)
{
    begin();
    ck_assert_int_eq(found(0, 0), 0);
    ck_assert_int_eq(found(0, MSG_EXCEPT), 0);
    ck_assert_int_eq(found(2, 0), 1);
    ck_assert_int_eq(found(9, 0), 2);
    ck_assert_int_eq(found(4, 0), -1);
    ck_assert_int_eq(found(5, MSG_EXCEPT), 1);
    ck_assert_int_eq(found(2, MSG_EXCEPT), 0);
}
END_TEST

START_TEST(lowest)
{
    begin();
    ck_assert_int_eq(found(-1, 0), -1);
    ck_assert_int_eq(found(-2, 0), 1);
    ck_assert_int_eq(found(-100, MSG_EXCEPT), 1);
    ck_assert_int_eq(found(INT64_MIN, 0), 1);
    list_remove(&messages[1].msg.link);
    ck_assert_int_eq(found(-3, 0), 3);
    list_remove(&messages[3].msg.link);
    ck_assert_int_eq(found(-3, 0), 4);
    messages[2].msg.type = 1; /* the least there can be */
    ck_assert_int_eq(found(INT64_MIN, 0), 2);
}
END_TEST

START_TEST(copies)
{
    const struct msg_select select = msg_select_by(0, MSG_COPY);

    begin();
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(found(i, MSG_COPY), i);
    ck_assert_int_eq(found(COUNT, MSG_COPY), -1);
    ck_assert_int_eq(found(INT64_MAX, MSG_COPY), -1);
    ck_assert_int_eq(found(-1, MSG_COPY), -1);
    ck_assert(!msg_select_fits(&select, &messages[0].msg));
    list_init(&queue);
    ck_assert_int_eq(found(0, MSG_COPY), -1);
    ck_assert_int_eq(found(0, 0), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("msgselect");
    TCase *tests = tcase_create("msgselect");

    tcase_add_test(tests, by_type);
    tcase_add_test(tests, lowest);
    tcase_add_test(tests, copies);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
