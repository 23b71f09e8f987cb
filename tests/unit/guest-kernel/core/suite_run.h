/* SPDX-License-Identifier: Apache-2.0 */
/* suite_run.h - a main program's work: runs a suite, and says whether a test of it failed. */
#ifndef TESTS_UNIT_GUEST_KERNEL_CORE_SUITE_RUN_H
#define TESTS_UNIT_GUEST_KERNEL_CORE_SUITE_RUN_H

#include <check.h>

static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}

#endif
