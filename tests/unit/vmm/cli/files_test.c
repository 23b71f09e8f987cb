/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/files.c vmm/log.c
/* files_test.c - images that can't be used, and who may lock what. */
#include "vmm/cli/files.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/vmm/capture.h"

static char folder[] = "/tmp/lvmm-files-XXXXXX";
static char path[64];
static struct backend_file file;
static struct capture capture;

static void setup(void)
{
    strcpy(folder, "/tmp/lvmm-files-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/image", folder);
}

static void teardown(void)
{
    unlink(path);
    rmdir(path);
    rmdir(folder);
}

static void make_file(off_t size)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, size), 0);
    close(fd);
}

static int open_disk(bool read_only, struct backend_file *out)
{
    capture_start(&capture);
    int error = files_open_disk(&(struct config_file){.path = path, .read_only = read_only}, out);
    capture_stop(&capture);
    if (error == 0)
        ck_assert_str_eq(capture.text, "");
    return error;
}

static void refuses_disk(int error, const char *part)
{
    ck_assert_int_eq(open_disk(false, &file), error);
    ck_assert_int_eq(file.fd, -1);
    capture_expect(&capture, part);
    capture_expect(&capture, path);
}

START_TEST(a_good_disk)
{
    make_file(1024);
    ck_assert_int_eq(open_disk(false, &file), 0);
    ck_assert_uint_eq(file.size_bytes, 1024);
    ck_assert_int_eq(fcntl(file.fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(fcntl(file.fd, F_GETFL) & O_ACCMODE, O_RDWR);
    ck_assert_int_ne(fcntl(file.fd, F_GETFD) & FD_CLOEXEC, 0);
    files_close(&file);
    ck_assert_int_eq(file.fd, -1);
    files_close(&file);
    ck_assert_int_eq(open_disk(true, &file), 0);
    ck_assert(file.read_only);
    ck_assert_int_eq(fcntl(file.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
    files_close(&file);
}
END_TEST

START_TEST(bad_disks)
{
    refuses_disk(-ENOENT, "--disk");
    make_file(0);
    refuses_disk(-EINVAL, "is empty");
    make_file(1000);
    refuses_disk(-EINVAL, "has 1000 bytes, not a multiple of 512");
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    refuses_disk(-EISDIR, "s a directory");
    ck_assert_int_eq(open_disk(true, &file), -EISDIR);
    capture_expect(&capture, "is a directory; give an ordinary file");
}
END_TEST

/* Neither waits for a writer nor takes it for a disk. */
START_TEST(a_fifo_is_no_disk)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refuses_disk(-EINVAL, "is a pipe or a device");
    ck_assert_int_eq(open_disk(true, &file), -EINVAL);
}
END_TEST

START_TEST(two_writers_are_refused)
{
    struct backend_file first;

    make_file(512);
    ck_assert_int_eq(open_disk(false, &first), 0);
    refuses_disk(-EWOULDBLOCK, "is locked by another lvmm");
    ck_assert_int_eq(open_disk(true, &file), -EWOULDBLOCK);
    files_close(&first);
    ck_assert_int_eq(open_disk(true, &first), 0);
    ck_assert_int_eq(open_disk(true, &file), 0);
    files_close(&file);
    refuses_disk(-EWOULDBLOCK, "is locked");
    files_close(&first);
    ck_assert_int_eq(open_disk(false, &file), 0);
    files_close(&file);
}
END_TEST

START_TEST(no_right_to_write)
{
    make_file(512);
    ck_assert_int_eq(chmod(path, 0400), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(chmod(folder, 0755), 0);
        ck_assert_int_eq(chown(path, 12345, 12345), 0);
        ck_assert_int_eq(seteuid(12345), 0);
    }
    refuses_disk(-EACCES, "can't be opened for writing: Permission denied;");
    capture_expect(&capture, "image,ro opens it for reading only");
    ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(a_suffix_that_is_unknown)
{
    char with_suffix[sizeof(path) + 8];

    make_file(512);
    snprintf(with_suffix, sizeof(with_suffix), "%s,foo", path);
    capture_start(&capture);
    ck_assert_int_eq(files_open_disk(&(struct config_file){.path = with_suffix}, &file), -ENOENT);
    capture_stop(&capture);
    capture_expect(&capture, "image,foo: ,foo is not known; there are ,ro");
    ck_assert_int_eq(rename(path, with_suffix), 0);
    ck_assert_int_eq(files_open_disk(&(struct config_file){.path = with_suffix}, &file), 0); /* it is a name then */
    files_close(&file);
    unlink(with_suffix);
    capture_start(&capture);
    ck_assert_int_eq(files_open_disk(&(struct config_file){.path = with_suffix}, &file), -ENOENT);
    capture_stop(&capture);
    capture_expect(&capture, "image,foo: No such file or directory");
}
END_TEST

static void write_at(off_t offset, const void *bytes, size_t size)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    ck_assert_int_eq(pwrite(fd, bytes, size, offset), (ssize_t)size);
    close(fd);
}

START_TEST(guesses)
{
    ck_assert_int_eq(files_guess(path), FILES_UNKNOWN);
    ck_assert_int_eq(files_guess(folder), FILES_UNKNOWN);
    make_file(4096);
    ck_assert_int_eq(files_guess(path), FILES_UNKNOWN);
    write_at(0x438, "\x53\xef", 2);
    ck_assert_int_eq(files_guess(path), FILES_DISK_IMAGE);
    make_file(4096);
    write_at(510, "\x55\xaa", 2);
    ck_assert_int_eq(files_guess(path), FILES_DISK_IMAGE);
    make_file(512);
    write_at(510, "\x55\xaa", 2);
    ck_assert_int_eq(files_guess(path), FILES_UNKNOWN);
    make_file(4);
    write_at(0, "\x7f\x45LF", 4);
    ck_assert_int_eq(files_guess(path), FILES_PROGRAM);
    write_at(0, "#!/b", 4);
    ck_assert_int_eq(files_guess(path), FILES_PROGRAM);
    unlink(path);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(files_guess(path), FILES_UNKNOWN);
}
END_TEST

static int open_flash(uint64_t window)
{
    capture_start(&capture);
    int error = files_open_pflash(&(struct config_file){.path = path}, window, &file);
    capture_stop(&capture);
    return error;
}

START_TEST(flash)
{
    make_file(4096);
    ck_assert_int_eq(open_flash(4096), 0);
    files_close(&file);
    ck_assert_int_eq(open_flash(4095), -EFBIG);
    capture_expect(&capture, "has 4096 bytes, more than the flash window's 4095");
    make_file(0);
    ck_assert_int_eq(open_flash(4096), -EINVAL);
    capture_expect(&capture, "is empty");
}
END_TEST

START_TEST(kernels)
{
    const void *bytes = NULL;

    make_file(5000);
    ck_assert_int_eq(files_open_mapped("--kernel", path, 512ull << 20, &file, &bytes), 0);
    ck_assert_uint_eq(file.size_bytes, 5000);
    ck_assert_uint_eq(((const uint8_t *)bytes)[4999], 0);
    munmap((void *)(uintptr_t)bytes, 5000);
    files_close(&file);
    make_file(1ll << 40); /* sparse; refused at once */
    capture_start(&capture);
    ck_assert_int_eq(files_open_mapped("--kernel", path, 512ull << 20, &file, &bytes), -EFBIG);
    capture_stop(&capture);
    capture_expect(&capture, "--kernel");
    capture_start(&capture);
    ck_assert_int_eq(files_open_mapped("--kernel", "/dev/null", 512ull << 20, &file, &bytes), -EINVAL);
    capture_stop(&capture);
    capture_expect(&capture, "--kernel /dev/null: is a pipe or a device; give an ordinary file");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/files");
    TCase *tc = tcase_create("files");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_good_disk);
    tcase_add_test(tc, bad_disks);
    tcase_add_test(tc, a_fifo_is_no_disk);
    tcase_add_test(tc, two_writers_are_refused);
    tcase_add_test(tc, no_right_to_write);
    tcase_add_test(tc, a_suffix_that_is_unknown);
    tcase_add_test(tc, guesses);
    tcase_add_test(tc, flash);
    tcase_add_test(tc, kernels);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
