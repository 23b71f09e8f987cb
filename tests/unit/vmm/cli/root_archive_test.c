/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/cli/root_archive.c
/* root_archive_test.c - the archive that `lvmm do` makes: its bytes, what is there already, and what is too long. */
#include "vmm/cli/root_archive.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/cli/unpack_file.h"

/* The memfd's place is taken by memory of the test's. */
static char *stored;
static size_t stored_size;

int unpack_memfd_create(uint64_t max_bytes, void **out)
{
    stored = malloc(max_bytes);
    ck_assert_ptr_nonnull(stored);
    *out = stored;
    return 77;
}

int unpack_memfd_use(int fd, void *written, uint64_t max_bytes, size_t size, struct backend_file *file,
                     const void **bytes)
{
    ck_assert_int_eq(fd, 77);
    ck_assert_ptr_eq(written, stored);
    ck_assert_uint_eq(max_bytes, size);
    stored_size = size;
    file->fd = fd;
    file->size_bytes = size;
    *bytes = written;
    return 0;
}

static unsigned number(const char *at)
{
    char digits[9] = "";

    memcpy(digits, at, 8);
    return (unsigned)strtoul(digits, NULL, 16);
}

/* Expects the next entry there, and returns where the one after it is. */
static size_t expect(size_t at, const char *name, unsigned mode, unsigned uid, unsigned gid, const char *data)
{
    const char *header = stored + at;

    ck_assert_uint_le(at + 110, stored_size);
    ck_assert_int_eq(memcmp(header, "070701", 6), 0);
    ck_assert_str_eq(header + 110, name);
    ck_assert_uint_eq(number(header + 14), mode);
    ck_assert_uint_eq(number(header + 22), uid);
    ck_assert_uint_eq(number(header + 30), gid);
    ck_assert_uint_eq(number(header + 54), strlen(data));
    ck_assert_uint_eq(number(header + 94), strlen(name) + 1);
    at = (at + 110 + strlen(name) + 1 + 3) & ~(size_t)3;
    ck_assert_int_eq(memcmp(stored + at, data, strlen(data)), 0);
    return (at + strlen(data) + 3) & ~(size_t)3;
}

static void finish(struct root_archive *archive)
{
    struct backend_file file;
    const void *bytes;

    ck_assert_int_eq(root_archive_finish(archive, "(made)", &file, &bytes), 0);
    ck_assert_str_eq(file.path, "(made)");
    ck_assert(file.read_only);
    ck_assert_uint_eq(file.size_bytes, archive->size);
    root_archive_fini(archive);
}

START_TEST(entries)
{
    struct root_archive archive = {.mtime = 0x1234};
    size_t at;

    root_archive_add(&archive, "/tmp", S_IFDIR | 01777, 0, 0, NULL, 0);
    root_archive_add(&archive, "/lib", S_IFLNK | 0777, 0, 0, "usr/lib", 7);
    root_archive_add(&archive, "/f", S_IFREG | 0600, 1000, 1001, "x", 1);
    finish(&archive);
    ck_assert_uint_eq(number(stored + 46), 0x1234);
    at = expect(0, "tmp", S_IFDIR | 01777, 0, 0, "");
    at = expect(at, "lib", S_IFLNK | 0777, 0, 0, "usr/lib");
    at = expect(at, "f", S_IFREG | 0600, 1000, 1001, "x");
    ck_assert_uint_eq(expect(at, "TRAILER!!!", 0, 0, 0, ""), stored_size);
    free(stored);
}
END_TEST

START_TEST(a_folder_is_there_once)
{
    struct root_archive archive = {0};
    size_t at;

    root_archive_add(&archive, "/tmp", S_IFDIR | 01777, 0, 0, NULL, 0);
    ck_assert(root_archive_has(&archive, "/"));
    ck_assert(!root_archive_has(&archive, "/tmp/a"));
    root_archive_add_folders(&archive, "/tmp/a/bc");
    root_archive_add_folders(&archive, "/tmp/a");
    root_archive_add_folders(&archive, "/");
    ck_assert(root_archive_has(&archive, "/tmp/a/bc"));
    ck_assert(!root_archive_has(&archive, "/tmp/a/b"));
    root_archive_add(&archive, "/tmp/a", S_IFDIR | 0700, 5, 5, NULL, 0);
    finish(&archive);
    at = expect(0, "tmp", S_IFDIR | 01777, 0, 0, "");
    at = expect(at, "tmp/a", S_IFDIR | 0755, 0, 0, "");
    at = expect(at, "tmp/a/bc", S_IFDIR | 0755, 0, 0, "");
    ck_assert_uint_eq(expect(at, "TRAILER!!!", 0, 0, 0, ""), stored_size);
    free(stored);
}
END_TEST

START_TEST(a_path_that_is_too_long)
{
    struct root_archive archive = {0};
    struct backend_file file;
    const void *bytes;
    char path[PATH_MAX + 2];

    memset(path, 'a', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    root_archive_add_folders(&archive, path);
    root_archive_add(&archive, "/tmp", S_IFDIR | 0755, 0, 0, NULL, 0);
    ck_assert_int_eq(root_archive_finish(&archive, "(made)", &file, &bytes), -ENAMETOOLONG);
    root_archive_fini(&archive);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/cli/root_archive");
    TCase *tc = tcase_create("root_archive");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, entries);
    tcase_add_test(tc, a_folder_is_there_once);
    tcase_add_test(tc, a_path_that_is_too_long);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
