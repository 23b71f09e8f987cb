/* SPDX-License-Identifier: Apache-2.0 */
/* look_again_test.c - a call that failed with ESTALE is made once more where it has a name, and not twice. */
// sources: guest-kernel/sys/look_again.c guest-kernel/sys/call_kinds.c
#include "sys/look_again.h"

#include <check.h>
#include <stdlib.h>

#include "abi/errno.h"
#include "abi/kinds.h"
#include "sys/call_kinds.h"

/* The number of a call, as this ISA has it. */
#define NUMBER(x86_64, generic) ISA_SYSCALL_NUMBER(x86_64, generic)

static struct {
    unsigned calls;
    const uint64_t *args;
    int64_t result;
} handler;

static int64_t handle(const uint64_t args[6])
{
    handler.calls++;
    handler.args = args;
    return handler.result;
}

static const uint64_t args[6];

static void forget(int64_t result)
{
    handler.calls = 0;
    handler.args = NULL;
    handler.result = result;
}

/* Whether it is made again, and that it isn't more than once whatever comes. */
static bool is_repeated(uint64_t number)
{
    forget(7);
    int64_t got = look_again(false, number, handle, args);
    ck_assert_int_eq(got, handler.calls == 1 ? 7 : -ESTALE);
    ck_assert_ptr_eq(handler.args, handler.calls == 1 ? args : NULL);
    forget(-ESTALE);
    ck_assert_int_eq(look_again(false, number, handle, args), -ESTALE);
    ck_assert_uint_le(handler.calls, 1);
    return handler.calls == 1;
}

START_TEST(calls_with_a_path)
{
    ck_assert(is_repeated(NUMBER(257, 56))); /* openat */
    ck_assert(is_repeated(NUMBER(265, 37))); /* linkat, whose names come later */
    ck_assert(is_repeated(NUMBER(59, 221))); /* execve */
    ck_assert(is_repeated(NUMBER(266, 36))); /* symlinkat: the last argument of three */
}
END_TEST

START_TEST(calls_with_an_address)
{
    ck_assert(is_repeated(NUMBER(49, 200)));  /* bind */
    ck_assert(is_repeated(NUMBER(42, 203)));  /* connect */
    ck_assert(is_repeated(NUMBER(44, 206)));  /* sendto */
    ck_assert(is_repeated(NUMBER(46, 211)));  /* sendmsg */
    ck_assert(is_repeated(NUMBER(307, 269))); /* sendmmsg */
}
END_TEST

START_TEST(calls_without_a_name)
{
    ck_assert(!is_repeated(NUMBER(0, 63)));   /* read */
    ck_assert(!is_repeated(NUMBER(5, 80)));   /* fstat */
    ck_assert(!is_repeated(NUMBER(45, 207))); /* recvfrom, whose address is given back */
    ck_assert(!is_repeated(NUMBER(43, 202))); /* accept */
    ck_assert(!is_repeated(NUMBER(39, 172))); /* getpid, which has no arguments */
    ck_assert(!is_repeated(SYSCALL_NUMBERS)); /* and what is no call */
    ck_assert(!is_repeated(UINT64_MAX));
}
END_TEST

#ifdef ISA_HAS_I386
/* Another table: 5 is open there, and fstat here. */
START_TEST(calls_of_32_bit_programs)
{
    forget(7);
    ck_assert_int_eq(look_again(true, 5, handle, args), 7);
    ck_assert_int_eq(look_again(true, 3, handle, args), -ESTALE); /* read */
    ck_assert_uint_eq(handler.calls, 1);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("look_again");
    TCase *tests = tcase_create("calls");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tests, calls_with_a_path);
    tcase_add_test(tests, calls_with_an_address);
    tcase_add_test(tests, calls_without_a_name);
#ifdef ISA_HAS_I386
    tcase_add_test(tests, calls_of_32_bit_programs);
#endif
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
