/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/trace_text.c vmm/syscall_names.c
/* trace_text_test.c - the lines of --trace-raw: names and numbers of all ISAs, results, errors, and what isn't known.
 */
#include "vmm/trace_text.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *isa;
    struct lvmm_syscall call;
    const char *begin, *end;
} cases[] = {
    {"x86_64",
     {.number = 1, .pid = 1, .arg = {1, 0x400100, 5}, .result = 5},
     "[TRACE] pid=1 write(1) args=(0x1, 0x400100, 0x5, 0x0, 0x0, 0x0)",
     "[TRACE] pid=1 write(1) -> 0x5 (5)"},
    {"x86_64",
     {.number = 257, .pid = 1, .arg = {0xffffff9c}, .result = -2},
     "[TRACE] pid=1 openat(257) args=(0xffffff9c, 0x0, 0x0, 0x0, 0x0, 0x0)",
     "[TRACE] pid=1 openat(257) -> -2 (ENOENT)"},
    {"aarch64",
     {.number = 64, .pid = 7, .arg = {1}, .result = 0},
     "[TRACE] pid=7 write(64) args=(0x1, 0x0, 0x0, 0x0, 0x0, 0x0)",
     "[TRACE] pid=7 write(64) -> 0x0 (0)"},
    {"riscv64",
     {.number = 259, .pid = 1, .result = -22},
     "[TRACE] pid=1 riscv_flush_icache(259) args=(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)",
     "[TRACE] pid=1 riscv_flush_icache(259) -> -22 (EINVAL)"},
    {"loongarch64",
     {.number = 93, .pid = 1, .result = -4095},
     "[TRACE] pid=1 exit(93) args=(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)",
     "[TRACE] pid=1 exit(93) -> -4095 (no error's number)"},
    {"x86_64",
     {.number = 4, .pid = 1, .state = LVMM_SYSCALL_I386, .arg = {1}, .result = -4096},
     "[TRACE] pid=1 write(4) args=(0x1, 0x0, 0x0, 0x0, 0x0, 0x0)",
     "[TRACE] pid=1 write(4) -> 0xfffffffffffff000 (-4096)"},
    {"x86_64",
     {.number = 999, .pid = 1, .result = -38},
     "[TRACE] pid=1 syscall_999(999) args=(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)",
     "[TRACE] pid=1 syscall_999(999) -> -38 (ENOSYS)"},
    {"x86_64",
     {.number = 0, .pid = 1, .result = -512},
     "[TRACE] pid=1 read(0) args=(0x0, 0x0, 0x0, 0x0, 0x0, 0x0)",
     "[TRACE] pid=1 read(0) -> -512 (ERESTARTSYS)"},
    {"x86_64", /* as long as there are */
     {.number = UINT32_MAX,
      .pid = UINT32_MAX,
      .arg = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
      .result = INT64_MIN},
     "[TRACE] pid=4294967295 syscall_4294967295(4294967295) args=(0xffffffffffffffff, 0xffffffffffffffff, "
     "0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff)",
     "[TRACE] pid=4294967295 syscall_4294967295(4294967295) -> 0x8000000000000000 (-9223372036854775808)"},
};

START_TEST(lines)
{
    char text[TRACE_TEXT_SIZE];

    ck_assert_uint_eq(trace_text_begin(cases[_i].isa, &cases[_i].call, text), strlen(cases[_i].begin));
    ck_assert_str_eq(text, cases[_i].begin);
    ck_assert_uint_eq(trace_text_end(cases[_i].isa, &cases[_i].call, text), strlen(cases[_i].end));
    ck_assert_str_eq(text, cases[_i].end);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/trace_text");
    TCase *tc = tcase_create("trace_text");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, lines, 0, sizeof(cases) / sizeof(cases[0]));
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
