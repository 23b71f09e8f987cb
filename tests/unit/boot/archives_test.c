/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/unpack*.c boot/archives.c
/* archives_test.c - what an initramfs file is made of: plain and compressed archives in any order, and what is none. */
#include "boot/archives.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "tests/unit/boot/packers.h"
#include "tests/unit/guest-kernel/fs/cpio_builder.h"

static struct cpio_builder one, two; /* archives */
static uint8_t file[1 << 20], out[1 << 20];
static size_t file_size, out_size;
static char why[256];

static void setup(void)
{
    static char data[5000];

    one.size = two.size = file_size = 0;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * i >> 5);
    cpio_builder_file(&one, "one", "the first");
    cpio_builder_end(&one);
    cpio_builder_dir(&two, "dir");
    cpio_builder_add(&two, &(struct cpio_fields){.mode = 0100600}, "dir/two", data, sizeof(data) - 1);
    cpio_builder_add(&two, &(struct cpio_fields){.mode = 0100600}, "dir/odd", data, 4993);
    cpio_builder_end(&two);
}

static void put(const void *bytes, size_t size)
{
    memcpy(file + file_size, bytes, size);
    file_size += size;
}

static void put_zeros(size_t size)
{
    memset(file + file_size, 0, size);
    file_size += size;
}

static void put_packed(enum form form, const struct cpio_builder *b)
{
    size_t size;
    uint8_t *packed = pack(form, b->bytes, b->size, &size);

    put(packed, size);
    free(packed);
}

/* From and to heap blocks of just that size. */
static int try(size_t out_max)
{
    uint8_t *copy = malloc(file_size), *to = malloc(out_max);
    bool plain = false;

    memcpy(copy, file, file_size);
    why[0] = '\0';
    int error = archives_are_plain(copy, file_size, &plain, why, sizeof(why));
    if (error == 0 && plain)
        error = 1;
    else if (error == 0)
        error = archives_unpack(copy, file_size, to, out_max, &out_size, why, sizeof(why));
    if (error == 0)
        memcpy(out, to, out_size);
    free(copy);
    free(to);
    ck_assert_msg((error < 0) == (why[0] != '\0'), "%d, but \"%s\"", error, why);
    return error;
}

static void says(int error, const char *part)
{
    ck_assert_int_eq(try(sizeof(out)), error);
    ck_assert_msg(strstr(why, part) != NULL, "\"%s\" is not in \"%s\"", part, why);
}

/* `out` has these, with zeros between them, each at a multiple of 4. */
static void gives(const struct cpio_builder *const *archives)
{
    size_t at = 0;

    ck_assert_msg(try(sizeof(out)) == 0, "%s", why);
    for (; *archives != NULL; archives++) {
        while (at < out_size && out[at] == 0)
            at++;
        ck_assert_uint_eq(at % 4, 0);
        ck_assert_uint_le((*archives)->size, out_size - at);
        ck_assert_mem_eq(out + at, (*archives)->bytes, (*archives)->size);
        at += (*archives)->size;
    }
    while (at < out_size && out[at] == 0)
        at++;
    ck_assert_uint_eq(at, out_size);
}
#define GIVES(...) gives((const struct cpio_builder *const[]){__VA_ARGS__, NULL})

START_TEST(plain)
{
    put(one.bytes, one.size);
    ck_assert_int_eq(try(1), 1);
    put_zeros(512);
    put(two.bytes, two.size);
    put_zeros(3);
    ck_assert_int_eq(try(1), 1);
    file_size = 0;
    put_zeros(100);
    ck_assert_int_eq(try(1), 1);
}
END_TEST

/* What is damaged is the guest's to tell. */
START_TEST(plain_and_damaged)
{
    put(one.bytes, one.size);
    put(two.bytes, two.size);
    for (size_t cut = 1; cut < 300; cut++) {
        file_size = one.size + two.size - cut;
        ck_assert_int_eq(try(1), 1);
    }
    file_size = one.size + two.size;
    memcpy(file + 54, "ffffffff", 8); /* the data's size */
    ck_assert_int_eq(try(1), 1);
    memcpy(file + 54, "0000000x", 8);
    ck_assert_int_eq(try(1), 1);
    memcpy(file, "070707", 6);
    ck_assert_int_eq(try(1), 1);
}
END_TEST

START_TEST(compressed)
{
    put_packed((enum form)_i, &two);
    GIVES(&two);
    if (_i == FORM_LZ4_LEGACY) /* nothing says where it ends */
        return;
    put_packed((enum form)_i, &one);
    GIVES(&two, &one);
    put_zeros(5);
    GIVES(&two, &one);
    while (file_size % 4 != 0)
        put_zeros(1);
    put(one.bytes, one.size);
    GIVES(&two, &one, &one);
    put_packed((enum form)((_i + 1) % FORMS), &two);
    GIVES(&two, &one, &one, &two);
}
END_TEST

/* As with a CPU's microcode in front of all else. */
START_TEST(plain_then_compressed)
{
    put(one.bytes, one.size);
    put_packed((enum form)_i, &two);
    GIVES(&one, &two);
    file_size = one.size;
    put_zeros(7);
    put_packed((enum form)_i, &two);
    GIVES(&one, &two);
}
END_TEST

START_TEST(too_large)
{
    put_packed((enum form)_i, &two);
    put_packed((enum form)_i, &one);
    for (size_t max = 1; max < 15000; max += 499) {
        int error = try(max);

        if (_i != FORM_LZ4_LEGACY || max < two.size)
            ck_assert_int_eq(error, max < two.size + one.size ? -EFBIG : 0);
        if (error == -EFBIG)
            ck_assert_ptr_nonnull(strstr(why, "more than the guest's memory; give it more by --memory"));
    }
    file_size = 0;
    put_packed(FORM_GZIP, &one);
    while (file_size % 4 != 0)
        put_zeros(1);
    put(two.bytes, two.size);
    ck_assert_int_eq(try(two.size), -EFBIG);
    ck_assert_ptr_nonnull(strstr(why, "larger than the guest's memory"));
    ck_assert_int_eq(try(one.size + two.size + 8), 0); /* and zeros between them */
}
END_TEST

START_TEST(something_else)
{
    put(one.bytes, one.size);
    put("hello", 5);
    says(-ENOEXEC, "has at byte 252 neither a cpio archive (newc) nor one that is compressed by gzip, xz, lz4 or zstd");
    file_size = 0;
    put("BZh91AY&SY", 10);
    says(-ENOEXEC, "is bzip2-compressed");
    file_size = 0;
    put("MZ\0\0zimg................................................................", 70);
    says(-ENOEXEC, "has at byte 0 neither");
    file_size = 0;
    put_zeros(2);
    put(one.bytes, one.size);
    says(-ENOEXEC, "has at byte 2 what may be a cpio archive, but isn't at a multiple of 4");
    file_size = 0;
    one.size = 0;
    memcpy(one.bytes, "no archive", 10);
    one.size = 10;
    put_packed(FORM_ZSTD, &one);
    says(-ENOEXEC, "is zstd-compressed, and what is in it is no cpio archive");
}
END_TEST

START_TEST(damaged)
{
    put(one.bytes, one.size);
    put_packed((enum form)_i, &two);
    file_size -= 20;
    int error = try(sizeof(out));
    ck_assert_int_eq(error, -EBADMSG);
    file_size += 20;
    file[one.size + 200] ^= 0xff;
    if (forms[_i].has_check)
        ck_assert_int_lt(try(sizeof(out)), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("archives");
    TCase *tcase = tcase_create("archives");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, plain);
    tcase_add_test(tcase, plain_and_damaged);
    tcase_add_loop_test(tcase, compressed, 0, FORMS);
    tcase_add_loop_test(tcase, plain_then_compressed, 0, FORMS);
    tcase_add_loop_test(tcase, too_large, 0, FORMS);
    tcase_add_test(tcase, something_else);
    tcase_add_loop_test(tcase, damaged, 0, FORMS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
