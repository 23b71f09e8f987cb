/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/file_io.c
/* file_io_test.c - whole pieces of a file: at an offset, past its end, on a disk that is full. */
#include "vmm/file_io.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

START_TEST(pieces)
{
    int fd = memfd_create("file", 0);
    char bytes[9] = "........";

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(file_io_write(fd, "abcdef", 6, 2), 0);
    ck_assert_int_eq(file_io_read(fd, bytes, 8, 0), 0);
    ck_assert_mem_eq(bytes, "\0\0abcdef", 8);
    ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 0);
    ck_assert_int_eq(file_io_read(fd, bytes, 0, 1000), 0);
    close(fd);
}
END_TEST

/* What there was until then is there. */
START_TEST(a_file_that_ends)
{
    int fd = memfd_create("file", 0);
    char bytes[9] = "........";

    ck_assert_int_eq(file_io_write(fd, "abc", 3, 0), 0);
    ck_assert_int_eq(file_io_read(fd, bytes, 8, 1), -EIO);
    ck_assert_mem_eq(bytes, "bc......", 8);
    close(fd);
}
END_TEST

START_TEST(errors)
{
    int full = open("/dev/full", O_WRONLY);
    char byte;

    ck_assert_int_eq(file_io_write(full, "x", 1, 0), -ENOSPC);
    ck_assert_int_eq(file_io_read(full, &byte, 1, 0), -EBADF);
    ck_assert_int_eq(file_io_read(-1, &byte, 1, 0), -EBADF);
    close(full);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/file_io");
    TCase *tc = tcase_create("file_io");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, pieces);
    tcase_add_test(tc, a_file_that_ends);
    tcase_add_test(tc, errors);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
