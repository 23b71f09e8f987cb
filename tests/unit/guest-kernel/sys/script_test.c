/* SPDX-License-Identifier: Apache-2.0 */
/* script_test.c - "#!" lines as execve(2) describes them. */
// sources: guest-kernel/sys/script.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "sys/exec_image.h"

static char line[SCRIPT_LINE_MAX];

static int parse(const char *text, struct script *script)
{
    memset(line, 0, sizeof(line));
    memcpy(line, text, strnlen(text, sizeof(line)));
    return script_parse(line, script);
}

START_TEST(lines)
{
    static const struct {
        const char *text, *name, *argument;
    } good[] = {
        {"#!/bin/sh\necho\n", "/bin/sh", NULL},
        {"#! /bin/sh\n", "/bin/sh", NULL},
        {"#!\t/bin/sh  \t\n", "/bin/sh", NULL},
        {"#!/bin/sh -e\n", "/bin/sh", "-e"},
        {"#!/usr/bin/env  a b  c \nrest", "/usr/bin/env", "a b  c"},
        {"#!/bin/sh", "/bin/sh", NULL},
        {"#!/bin/sh -x", "/bin/sh", "-x"},
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct script script;
        ck_assert_int_eq(parse(good[i].text, &script), 0);
        ck_assert_str_eq(script.name, good[i].name);
        if (good[i].argument != NULL)
            ck_assert_str_eq(script.argument, good[i].argument);
        else
            ck_assert_ptr_null(script.argument);
    }
}
END_TEST

START_TEST(empty)
{
    struct script script;

    ck_assert_int_eq(parse("#!", &script), -ENOEXEC);
    ck_assert_int_eq(parse("#!\n", &script), -ENOEXEC);
    ck_assert_int_eq(parse("#!   \t \n/bin/sh", &script), -ENOEXEC);
}
END_TEST

/* No newline in what is looked at: a cut argument is taken, a cut name is not. */
START_TEST(cut)
{
    char text[SCRIPT_LINE_MAX + 1];
    struct script script;

    memset(text, 'a', sizeof(text));
    memcpy(text, "#!/bin/sh ", 10);
    ck_assert_int_eq(parse(text, &script), 0);
    ck_assert_str_eq(script.name, "/bin/sh");
    ck_assert_uint_eq(strlen(script.argument), SCRIPT_LINE_MAX - 1 - 10);
    text[9] = 'x';
    ck_assert_int_eq(parse(text, &script), -ENOEXEC);
    memcpy(text, "#!   \t/bin/sh ", 14); /* blanks before the name are not its end */
    ck_assert_int_eq(parse(text, &script), 0);
    ck_assert_str_eq(script.name, "/bin/sh");
    memset(text, 'a', sizeof(text));
    memcpy(text, "#!  ", 4);
    ck_assert_int_eq(parse(text, &script), -ENOEXEC);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("script");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, lines);
    tcase_add_test(tests, empty);
    tcase_add_test(tests, cut);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
