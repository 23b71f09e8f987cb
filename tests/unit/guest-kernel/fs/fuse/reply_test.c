/* SPDX-License-Identifier: Apache-2.0 */
/* reply_test.c - what of a file server's replies is taken: sizes, attributes, nodes, times and listings, good and bad.
 */
// sources: guest-kernel/fs/fuse/reply.c
#include "fs/fuse/reply.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/fcntl.h"

#define UNIQUE 42u

static int64_t size_of(uint32_t length, int32_t error, uint64_t unique, uint32_t written)
{
    struct fuse_out out = {length, error, unique};

    return fuse_reply_size(&out, written, UNIQUE, 8, 24);
}

START_TEST(test_size)
{
    ck_assert_int_eq(size_of(16 + 8, 0, UNIQUE, 24), 8);
    ck_assert_int_eq(size_of(16 + 24, 0, UNIQUE, 40), 24);
    ck_assert_int_eq(size_of(16 + 8, 0, UNIQUE, 40), 8); /* more was written than it says */
    ck_assert_int_eq(size_of(16, -ENOENT, UNIQUE, 16), -ENOENT);
    ck_assert_int_eq(size_of(16, -511, UNIQUE, 16), -511);
}
END_TEST

START_TEST(test_bad_size)
{
    ck_assert_int_eq(size_of(16 + 7, 0, UNIQUE, 23), -EIO);  /* less than there is to be */
    ck_assert_int_eq(size_of(16 + 25, 0, UNIQUE, 41), -EIO); /* more */
    ck_assert_int_eq(size_of(16 + 8, 0, UNIQUE, 23), -EIO);  /* more than was written */
    ck_assert_int_eq(size_of(16 + 8, 0, UNIQUE + 1, 24), -EIO);
    ck_assert_int_eq(size_of(15, 0, UNIQUE, 24), -EIO);
    ck_assert_int_eq(size_of(UINT32_MAX, 0, UNIQUE, UINT32_MAX), -EIO);
    ck_assert_int_eq(size_of(16 + 8, 0, UNIQUE, 15), -EIO); /* the head isn't all there */
    ck_assert_int_eq(size_of(16, 1, UNIQUE, 16), -EIO);     /* no error of Linux's */
    ck_assert_int_eq(size_of(16, -512, UNIQUE, 16), -EIO);  /* one of the kernel's own: a call would begin anew */
    ck_assert_int_eq(size_of(16, INT32_MIN, UNIQUE, 16), -EIO);
}
END_TEST

START_TEST(test_attr)
{
    struct fuse_attr attr = {.mode = S_IFREG | 0644, .size = INT64_MAX, .mtime_ns = 999999999, .atime_ns = 1000000000};

    ck_assert_int_eq(fuse_attr_check(&attr), 0);
    ck_assert_uint_eq(attr.mtime_ns, 999999999);
    ck_assert_uint_eq(attr.atime_ns, 999999999);
    attr.size++;
    ck_assert_int_eq(fuse_attr_check(&attr), -EIO);
    attr.size = 0;
    for (uint32_t type = 0; type < 16; type++) {
        static const uint16_t known = 1u << 1 | 1u << 2 | 1u << 4 | 1u << 6 | 1u << 8 | 1u << 10 | 1u << 12;
        attr.mode = type << 12 | 0777;
        ck_assert_int_eq(fuse_attr_check(&attr), known & 1u << type ? 0 : -EIO);
    }
}
END_TEST

START_TEST(test_entry)
{
    struct fuse_entry entry = {.node = 2, .attr.mode = S_IFDIR | 0755};

    ck_assert_int_eq(fuse_entry_check(&entry), 0);
    entry.node = 0;
    ck_assert_int_eq(fuse_entry_check(&entry), -ENOENT);
    entry.node = FUSE_ROOT; /* which has no name */
    ck_assert_int_eq(fuse_entry_check(&entry), -EIO);
    entry.node = UINT64_MAX;
    entry.attr.mode = 0755;
    ck_assert_int_eq(fuse_entry_check(&entry), -EIO);
}
END_TEST

START_TEST(test_times)
{
    ck_assert_int_eq(fuse_time(1, 5), 1000000005);
    ck_assert_int_eq(fuse_time((uint64_t)-1, 5), -999999995); /* before 1970 */
    ck_assert_int_gt(fuse_time(INT64_MAX, 999999999), 9000000000000000000);
    ck_assert_int_lt(fuse_time((uint64_t)INT64_MIN, 0), -9000000000000000000);
    ck_assert_uint_eq(fuse_valid_until(100, 0, 0), 100);
    ck_assert_uint_eq(fuse_valid_until(100, 2, 7), 2000000107);
    ck_assert_uint_eq(fuse_valid_until(0, UINT64_MAX, UINT32_MAX), 1000000000999999999);
}
END_TEST

/* ---- listings: in memory of just that size, so that a byte beyond is noticed ---- */

static size_t entry_put(char *to, uint64_t ino, uint64_t next, const char *name, uint32_t length, uint32_t type)
{
    struct fuse_dirent dirent = {ino, next, length, type};
    size_t size = sizeof(dirent) + strlen(name);

    memcpy(to, &dirent, sizeof(dirent));
    memcpy(to + sizeof(dirent), name, strlen(name));
    return (size + 7) & ~(size_t)7;
}

/* How many names there are; -errno. */
static int names_of(const char *bytes, size_t size, struct fuse_name *last)
{
    char *copy = malloc(size != 0 ? size : 1);
    int count = 0, result;
    size_t at = 0;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, size);
    while ((result = fuse_name_next(copy, size, &at, last)) == 1) {
        ck_assert_uint_le(at, size);
        count++;
    }
    free(copy);
    return result < 0 ? result : count;
}

START_TEST(test_listing)
{
    struct fuse_name last;
    char bytes[128] = {0};
    size_t size = entry_put(bytes, 7, 1, "a", 1, 8);

    ck_assert_int_eq(names_of(bytes, 0, &last), 0);
    ck_assert_int_eq(names_of(bytes, size, &last), 1);
    ck_assert_uint_eq(last.ino, 7);
    size += entry_put(bytes + size, 9, 2, "name of 9", 9, 16);
    ck_assert_int_eq(names_of(bytes, size, &last), 2);
    ck_assert_uint_eq(last.length, 9);
    ck_assert_uint_eq(last.next, 2);
    ck_assert_uint_eq(last.type, 0);                          /* there is no such type */
    ck_assert_int_eq(names_of(bytes, size - 7, &last), 2);    /* the last has nothing behind its name */
    ck_assert_int_eq(names_of(bytes, size - 8, &last), -EIO); /* it is cut */
}
END_TEST

static int one_name(const char *name, uint32_t length, size_t size)
{
    struct fuse_name last;
    char bytes[512] = {0};

    entry_put(bytes, 1, 1, name, length, 8);
    return names_of(bytes, size, &last);
}

START_TEST(test_bad_names)
{
    ck_assert_int_eq(one_name("ab", 2, 32), 1);
    ck_assert_int_eq(one_name("ab", 0, 32), -EIO);
    ck_assert_int_eq(one_name("a/", 2, 32), -EIO);
    ck_assert_int_eq(one_name("/", 1, 32), -EIO);
    ck_assert_int_eq(one_name("ab", 3, 32), -EIO); /* with a NUL */
    ck_assert_int_eq(one_name("ab", 9, 32), -EIO); /* longer than there is */
    ck_assert_int_eq(one_name("ab", UINT32_MAX, 32), -EIO);
    ck_assert_int_eq(one_name("ab", 256, 512), -EIO); /* NAME_MAX is 255 */
    ck_assert_int_eq(one_name("ab", 2, 23), -EIO);    /* not even a head */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reply");
    TCase *tcase = tcase_create("reply");
    SRunner *runner = srunner_create(suite);

    tcase_add_test(tcase, test_size);
    tcase_add_test(tcase, test_bad_size);
    tcase_add_test(tcase, test_attr);
    tcase_add_test(tcase, test_entry);
    tcase_add_test(tcase, test_times);
    tcase_add_test(tcase, test_listing);
    tcase_add_test(tcase, test_bad_names);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
