/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/cpuinfo.c
/* cpuinfo_test.c - a CPU's flags, in a line as long as it likes to be. */
#include "vmm/cli/cpuinfo.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static char *read_text(const char *text, size_t size)
{
    FILE *file = fmemopen((void *)(uintptr_t)text, size, "r");
    char *flags = cpuinfo_read_flags(file);

    fclose(file);
    return flags;
}

START_TEST(the_first_cpus_flags)
{
    const char text[] = "processor\t: 0\nflags_of_mine : svm\nflags\t\t: fpu vmx ssse3\nvmx flags\t: vnmi\n"
                        "processor\t: 1\nflags\t\t: svm\n";
    char *flags = read_text(text, strlen(text));

    ck_assert_ptr_nonnull(flags);
    ck_assert(cpuinfo_has_flag(flags, "vmx") && cpuinfo_has_flag(flags, "fpu") && cpuinfo_has_flag(flags, "ssse3"));
    ck_assert(!cpuinfo_has_flag(flags, "svm") && !cpuinfo_has_flag(flags, "sse3") && !cpuinfo_has_flag(flags, "ssse"));
    free(flags);
}
END_TEST

/* No newline at the end, and the word at the very end; longer than any buffer of a fixed size would be. */
START_TEST(a_long_line)
{
    size_t size = 1 << 20, head = strlen("flags\t: ");
    char *text = malloc(size);

    memset(text, 'x', size);
    memcpy(text, "flags\t: ", head);
    memcpy(text + size - 4, " svm", 4);
    char *flags = read_text(text, size);
    ck_assert_ptr_nonnull(flags);
    ck_assert(cpuinfo_has_flag(flags, "svm"));
    ck_assert(!cpuinfo_has_flag(flags, "vmx") && !cpuinfo_has_flag(flags, "sv"));
    free(flags);
    free(text);
}
END_TEST

START_TEST(no_flags)
{
    const char riscv[] = "processor\t: 0\nisa\t\t: rv64imafdc\n", bare[] = "flags\n", empty[] = "flags\t:\n";

    ck_assert_ptr_null(read_text(riscv, strlen(riscv)));
    ck_assert_ptr_null(read_text(bare, strlen(bare)));
    char *flags = read_text(empty, strlen(empty));
    ck_assert_ptr_nonnull(flags);
    ck_assert(!cpuinfo_has_flag(flags, "vmx") && !cpuinfo_has_flag(flags, ""));
    free(flags);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/cpuinfo");
    TCase *tc = tcase_create("cpuinfo");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tc, the_first_cpus_flags);
    tcase_add_test(tc, a_long_line);
    tcase_add_test(tc, no_flags);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
