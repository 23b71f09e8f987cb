/* SPDX-License-Identifier: Apache-2.0 */
/* devpts_options_test.c - what mount(2) says of pseudo-terminals. */
// sources: guest-kernel/fs/devpts_options.c
#include "fs/devpts_options.h"

#include <check.h>
#include <errno.h>
#include <stddef.h>

static struct devpts_options options;

static int read_options(const char *text)
{
    options = (struct devpts_options)DEVPTS_OPTIONS;
    return devpts_options(text, &options);
}

START_TEST(taken)
{
    ck_assert_int_eq(read_options(NULL), 0);
    ck_assert_uint_eq(options.mode, 0600);
    ck_assert_uint_eq(options.ptmx_mode, 0);
    ck_assert(!options.has_uid && !options.has_gid);
    ck_assert_int_eq(read_options("newinstance,gid=5,mode=620,ptmxmode=0666,,max=10"), 0);
    ck_assert(!options.has_uid && options.has_gid);
    ck_assert_uint_eq(options.gid, 5);
    ck_assert_uint_eq(options.mode, 0620);
    ck_assert_uint_eq(options.ptmx_mode, 0666);
    ck_assert_uint_eq(options.max, 10);
    ck_assert_int_eq(read_options("uid=1000"), 0);
    ck_assert(options.has_uid);
    ck_assert_uint_eq(options.uid, 1000);
    ck_assert_int_eq(read_options(""), 0);
}
END_TEST

START_TEST(refused)
{
    static const char *const texts[] = {
        "gid",         "gid=",    "gid=x",        "gid=4294967296",  "mode=8", "mode=9",
        "max=1048577", "unknown", "newinstancex", "gid=5,unknown=1", "gid=-1", "ptmxmode=",
        "=",           "max",     "uid=1 ",       "mode=620x"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        ck_assert_msg(read_options(texts[i]) == -EINVAL, "%s", texts[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devpts_options");
    TCase *tcase = tcase_create("devpts_options");

    tcase_add_test(tcase, taken);
    tcase_add_test(tcase, refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
