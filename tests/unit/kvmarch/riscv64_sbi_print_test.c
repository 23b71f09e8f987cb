/* SPDX-License-Identifier: Apache-2.0 */
// sources: kvmarch/riscv64_sbi_print.c vmm/log.c
/* riscv64_sbi_print_test.c - the line of an SBI call: numbers, and a character only where one is printed. */
#include "kvmarch/riscv64_sbi_print.h"

#include "tests/unit/vmm/capture.h"
#include "vmm/log.h"

static const struct {
    struct sbi_call call;
    const char *line;
} calls[] = {
    {{.extension = 1, .args = {'['}}, "lvmm: SBI call: eid=0x1, fid=0x0, a0=0x5b ('[')\n"},
    {{.extension = 1, .args = {'\n'}}, "lvmm: SBI call: eid=0x1, fid=0x0, a0=0xa\n"},
    {{.extension = 1, .args = {UINT64_MAX}}, "lvmm: SBI call: eid=0x1, fid=0x0, a0=0xffffffffffffffff\n"},
    {{.extension = 2, .args = {'['}}, "lvmm: SBI call: eid=0x2, fid=0x0, a0=0x5b\n"},
    {{.extension = 0x4442434e, .function = 2, .args = {'~'}},
     "lvmm: SBI call: eid=0x4442434e, fid=0x2, a0=0x7e ('~')\n"},
    {{.extension = 0x4442434e, .function = 0, .args = {'['}}, "lvmm: SBI call: eid=0x4442434e, fid=0x0, a0=0x5b\n"},
};

START_TEST(lines)
{
    struct capture capture;

    log_set_verbose(true);
    capture_start(&capture);
    riscv64_sbi_print(&calls[_i].call);
    capture_stop(&capture);
    ck_assert_str_eq(capture.text, calls[_i].line);
}
END_TEST

START_TEST(silent_without_verbose)
{
    struct capture capture;

    capture_start(&capture);
    riscv64_sbi_print(&calls[0].call);
    capture_stop(&capture);
    ck_assert_str_eq(capture.text, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kvmarch/riscv64_sbi_print");
    TCase *tc = tcase_create("lines");
    SRunner *runner = srunner_create(suite);

    tcase_add_loop_test(tc, lines, 0, sizeof(calls) / sizeof(calls[0]));
    tcase_add_test(tc, silent_without_verbose);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
