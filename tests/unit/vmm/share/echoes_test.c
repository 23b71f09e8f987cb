/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/share/echoes.c
/* echoes_test.c - what the guest has done itself, told apart from what others do. */
#include "vmm/share/echoes.h"

#include <check.h>
#include <stdio.h>
#include <sys/inotify.h>

#define NAMES (IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB)

static struct share_echoes echoes;

static void begin(void)
{
    echoes = (struct share_echoes){0};
}

START_TEST(a_name_is_made_once)
{
    echoes_expect(&echoes, 7, "new", 3, NAMES, false);
    ck_assert(!echoes_take(&echoes, 8, "new", 3, IN_CREATE));
    ck_assert(!echoes_take(&echoes, 7, "newer", 5, IN_CREATE));
    ck_assert(!echoes_take(&echoes, 7, "new", 3, IN_CLOSE_WRITE));
    ck_assert(echoes_take(&echoes, 7, "new", 3, IN_CREATE));
    ck_assert(echoes_take(&echoes, 7, "new", 3, IN_ATTRIB));
    ck_assert(echoes_take(&echoes, 7, "new", 3, IN_ATTRIB));
    ck_assert(echoes_take(&echoes, 7, "new", 3, IN_DELETE | IN_ISDIR));
    ck_assert(!echoes_take(&echoes, 7, "new", 3, IN_CREATE));
}
END_TEST

START_TEST(nothing_is_left_when_the_queue_is_empty)
{
    echoes_expect(&echoes, 7, "new", 3, NAMES, false);
    echoes_end(&echoes);
    ck_assert(!echoes_take(&echoes, 7, "new", 3, IN_CREATE));
}
END_TEST

/* A folder that the guest has moved says so itself, behind its names. */
START_TEST(what_is_moved_tells_it_once)
{
    ck_assert(!echoes_take(&echoes, 9, "", 0, IN_MOVE_SELF));
    echoes_expect(&echoes, 7, "old", 3, NAMES, false);
    echoes_expect(&echoes, 7, "new", 3, NAMES, false);
    ck_assert(echoes_take(&echoes, 7, "old", 3, IN_MOVED_FROM));
    ck_assert(!echoes_take(&echoes, 9, "", 0, IN_MOVE_SELF));
    ck_assert(echoes_take(&echoes, 7, "new", 3, IN_MOVED_TO));
    ck_assert(echoes_take(&echoes, 9, "", 0, IN_MOVE_SELF));
    ck_assert(!echoes_take(&echoes, 9, "", 0, IN_MOVE_SELF));
}
END_TEST

START_TEST(the_folder_itself_has_no_name)
{
    echoes_expect(&echoes, 7, NULL, 0, IN_ATTRIB, false);
    ck_assert(!echoes_take(&echoes, 7, "a", 1, IN_ATTRIB));
    ck_assert(echoes_take(&echoes, 7, "", 0, IN_ATTRIB | IN_ISDIR));
}
END_TEST

/* Of what the guest takes back by itself it needn't hear. */
START_TEST(some_are_quiet)
{
    echoes_expect(&echoes, 7, "new", 3, NAMES, true);
    ck_assert_int_eq(echoes_take(&echoes, 7, "new", 3, IN_CREATE), ECHO_QUIET);
    ck_assert_int_eq(echoes_take(&echoes, 7, "new", 3, IN_CREATE), ECHO_NONE);
    echoes_expect(&echoes, 7, "old", 3, NAMES, false);
    ck_assert_int_eq(echoes_take(&echoes, 7, "old", 3, IN_DELETE), ECHO_HEARD);
}
END_TEST

/* The file that the guest has written to may not be the one that has the name now. */
START_TEST(names_that_others_change_are_told_of)
{
    echoes_expect(&echoes, 7, "new", 3, IN_MODIFY, true);
    echoes_expect(&echoes, 7, "old", 3, IN_MODIFY, true);
    ck_assert_int_eq(echoes_take(&echoes, 7, "new", 3, IN_MODIFY), ECHO_QUIET);
    ck_assert_int_eq(echoes_take(&echoes, 7, "new", 3, IN_MOVED_TO), ECHO_NONE);
    ck_assert_int_eq(echoes_take(&echoes, 7, "new", 3, IN_MODIFY), ECHO_HEARD);
    ck_assert_int_eq(echoes_take(&echoes, 7, "old", 3, IN_MODIFY), ECHO_QUIET);
}
END_TEST

/* What has no room is taken for others', which is no more than a change too many that is told. */
START_TEST(there_is_room_for_some)
{
    char name[16];

    for (int i = 0; i < (int)ECHOES_MAX + 5; i++) {
        snprintf(name, sizeof(name), "%04d", i);
        echoes_expect(&echoes, 7, name, 4, NAMES, false);
    }
    ck_assert(echoes_take(&echoes, 7, "0000", 4, IN_CREATE));
    ck_assert(echoes_take(&echoes, 7, "0063", 4, IN_CREATE));
    ck_assert(!echoes_take(&echoes, 7, "0064", 4, IN_CREATE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("share_echoes");
    TCase *tc = tcase_create("share_echoes");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, begin, NULL);
    tcase_add_test(tc, a_name_is_made_once);
    tcase_add_test(tc, nothing_is_left_when_the_queue_is_empty);
    tcase_add_test(tc, what_is_moved_tells_it_once);
    tcase_add_test(tc, the_folder_itself_has_no_name);
    tcase_add_test(tc, some_are_quiet);
    tcase_add_test(tc, names_that_others_change_are_told_of);
    tcase_add_test(tc, there_is_room_for_some);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
