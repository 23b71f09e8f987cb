/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/tcg/flash.c vmm/file_io.c vmm/log.c
/* flash_test.c - QEMU's flash image: what it holds, and what comes back of it. */
#include "vmm/tcg/flash.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_BYTES (2 * 1048576u + 5000)
#define WINDOW_BYTES (4 * 1048576u)

static struct backend_file image;
static uint8_t bytes[WINDOW_BYTES], got[WINDOW_BYTES];

static void setup(void)
{
    image = (struct backend_file){.path = "image", .fd = memfd_create("image", 0), .size_bytes = IMAGE_BYTES};
    memset(bytes, 0xff, sizeof(bytes));
    for (unsigned i = 0; i < IMAGE_BYTES; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    ck_assert_int_eq(write(image.fd, bytes, IMAGE_BYTES), IMAGE_BYTES);
}

static void teardown(void)
{
    close(image.fd);
}

static int open_flash(void)
{
    struct stat st;
    int fd = tcg_flash_open(&image, WINDOW_BYTES);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(st.st_size, WINDOW_BYTES);
    return fd;
}

static void image_is(const uint8_t *want)
{
    struct stat st;

    ck_assert_int_eq(fstat(image.fd, &st), 0);
    ck_assert_int_eq(st.st_size, IMAGE_BYTES);
    ck_assert_int_eq(pread(image.fd, got, IMAGE_BYTES, 0), IMAGE_BYTES);
    ck_assert(memcmp(got, want, IMAGE_BYTES) == 0);
}

START_TEST(the_image_then_erased_flash)
{
    int fd = open_flash();

    ck_assert_int_eq(pread(fd, got, WINDOW_BYTES, 0), WINDOW_BYTES);
    ck_assert(memcmp(got, bytes, WINDOW_BYTES) == 0);
    ck_assert_int_eq(tcg_flash_save(fd, &image), 0);
    image_is(bytes);
    close(fd);
}
END_TEST

START_TEST(changes_come_back)
{
    static const unsigned places[] = {0, 4095, 1048575, 1048576, IMAGE_BYTES - 1, IMAGE_BYTES, WINDOW_BYTES - 1};
    int fd = open_flash();

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        bytes[places[i]] ^= 0x55;
        ck_assert_int_eq(pwrite(fd, &bytes[places[i]], 1, places[i]), 1);
    }
    ck_assert_int_eq(tcg_flash_save(fd, &image), 0);
    image_is(bytes); /* but for those behind its end, which are lost */
    close(fd);
}
END_TEST

START_TEST(a_read_only_image_stays)
{
    image.read_only = true;
    int fd = open_flash();

    ck_assert_int_eq(write(fd, "x", 1), -1);
    ck_assert_int_eq(errno, EBADF);
    ck_assert_int_eq(tcg_flash_save(fd, &image), 0);
    image_is(bytes);
    close(fd);
}
END_TEST

START_TEST(an_image_that_was_cut_short)
{
    int fd = open_flash();

    ck_assert_int_eq(ftruncate(image.fd, 1000), 0);
    ck_assert_int_eq(tcg_flash_save(fd, &image), -EIO);
    ck_assert_int_eq(tcg_flash_open(&image, WINDOW_BYTES), -EIO);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/tcg_flash");
    TCase *tc = tcase_create("tcg_flash");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_image_then_erased_flash);
    tcase_add_test(tc, changes_come_back);
    tcase_add_test(tc, a_read_only_image_stays);
    tcase_add_test(tc, an_image_that_was_cut_short);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
