/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/disk/format.c
/* format_test.c - which files are no raw disks. */
#include "vmm/disk/format.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *name_of(const char *bytes, size_t length, size_t at, size_t size)
{
    uint8_t *start = calloc(1, size > 0 ? size : 1);

    if (at < size)
        memcpy(start + at, bytes, length < size - at ? length : size - at);
    const char *name = disk_format_name(start, size);
    free(start);
    return name;
}

START_TEST(others)
{
    static const struct {
        const char *name, *bytes;
        size_t length, at;
    } files[] = {{"qcow", "QFI\xfb\0\0\0\1", 8, 0},
                 {"qcow2", "QFI\xfb\0\0\0\2", 8, 0},
                 {"qcow2", "QFI\xfb\0\0\0\3", 8, 0},
                 {"vmdk", "KDMV", 4, 0},
                 {"vmdk", "# Disk DescriptorFile\n", 21, 0},
                 {"vhdx", "vhdxfile", 8, 0},
                 {"vpc", "conectix", 8, 0},
                 {"vdi", "\x7f\x10\xda\xbe", 4, 64}};

    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        const char *name = name_of(files[i].bytes, files[i].length, files[i].at, 512);

        ck_assert_ptr_nonnull(name);
        ck_assert_str_eq(name, files[i].name);
        for (size_t size = 0; size < files[i].at + files[i].length - 1; size++) /* the sanitizer looks on */
            name_of(files[i].bytes, files[i].length, files[i].at, size);
    }
}
END_TEST

START_TEST(raw)
{
    ck_assert_ptr_null(name_of("", 0, 0, 512));
    ck_assert_ptr_null(name_of("QFI\xfb\1\2\3\4", 8, 0, 512));
    ck_assert_ptr_null(name_of("KDMV", 4, 1, 512));
    ck_assert_ptr_null(name_of("\xeb\x58\x90mkfs.fat", 11, 0, 512));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format");
    TCase *tc = tcase_create("format");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, others);
    tcase_add_test(tc, raw);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
