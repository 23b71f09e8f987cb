/* SPDX-License-Identifier: Apache-2.0 */
// sources: boot/unpack*.c
/* unpack_test.c - each format: whole, cut, spoiled, too large, followed by something, and in a zboot image. */
#include "boot/unpack.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>

#include "tests/unit/boot/packers.h"

#define PLAIN_SIZE 200000u /* several blocks of lz4, and two of zstd */

static uint8_t plain[PLAIN_SIZE];
static char why[256];
static struct packed what;
static uint8_t *out;
static size_t out_size;

/* Like a kernel: some of it repeats, some doesn't. */
static void setup(void)
{
    uint32_t random = 1;

    for (size_t i = 0; i < sizeof(plain); i++) {
        random = random * 1664525 + 1013904223;
        plain[i] = i % 1024 < 512 ? (uint8_t)(random >> 24) : (uint8_t)(i / 1024);
    }
    out = NULL;
}

static void teardown(void)
{
    free(out);
}

/* Identifies and unpacks; from and to heap blocks of just that size, so that the sanitizer sees a byte too far. */
static int try(const uint8_t *file, size_t size, size_t out_max)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    int error;

    memcpy(copy, file, size);
    why[0] = '\0';
    error = unpack_identify(copy, size, &what, why, sizeof(why));
    if (error == 0 && what.packing != PACKING_NONE) {
        free(out);
        out = malloc(out_max);
        error = unpack(copy, &what, out, out_max, &out_size, why, sizeof(why));
    }
    free(copy);
    ck_assert_msg((error == 0) == (why[0] == '\0'), "%d, but \"%s\"", error, why);
    ck_assert_ptr_null(strchr(why, '\n'));
    return error;
}

static void says(const char *part)
{
    ck_assert_msg(strstr(why, part) != NULL, "\"%s\" is not in \"%s\"", part, why);
}

START_TEST(what_was_packed_comes_out)
{
    size_t size;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);

    ck_assert_int_eq(try(packed, size, sizeof(plain)), 0); /* just room enough */
    ck_assert_uint_eq(out_size, sizeof(plain));
    ck_assert_mem_eq(out, plain, sizeof(plain));
    ck_assert_int_eq(what.packing, forms[_i].packing);
    ck_assert_uint_eq(what.offset, 0);
    ck_assert_uint_eq(what.size, size);
    ck_assert_ptr_null(what.wrapper);
    ck_assert_uint_eq(what.unpacked_size, forms[_i].has_size ? sizeof(plain) : 0);
    ck_assert_int_eq(try(packed, size, 2 * sizeof(plain)), 0);
    ck_assert_uint_eq(out_size, sizeof(plain));
    free(packed);
}
END_TEST

START_TEST(one_byte_too_many)
{
    size_t size;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);

    ck_assert_int_eq(try(packed, size, sizeof(plain) - 1), -EFBIG);
    says(forms[_i].has_size ? "-compressed, and expands to 200000 bytes, more than 199999 bytes"
                            : "-compressed, and expands to more than 199999 bytes");
    ck_assert_int_eq(try(packed, size, 1), -EFBIG);
    free(packed);
}
END_TEST

/* 16 MiB of nothing, where one is the most. */
START_TEST(a_bomb)
{
    size_t size, bomb_size = 16 << 20;
    uint8_t *bomb = calloc(1, bomb_size), *packed = pack((enum form)_i, bomb, bomb_size, &size);

    ck_assert_uint_lt(size, 1 << 20);
    ck_assert_int_eq(try(packed, size, 1 << 20), -EFBIG);
    says("more than 1M");
    free(packed);
    free(bomb);
}
END_TEST

/* Every length of the beginning and the end, and many between. */
START_TEST(every_truncation_is_told)
{
    size_t size;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);

    for (size_t cut = 0; cut < size; cut += cut < 100 || cut + 100 > size ? 1 : 1021) {
        int error = try(packed, cut, 2 * sizeof(plain));

        if (error == 0) /* too short to be known for anything */
            ck_assert(what.packing == PACKING_NONE && cut < 6);
        else
            ck_assert_int_eq(error, -EBADMSG);
        if (error != 0 && (_i != FORM_LZ4_LEGACY || cut > 4)) {
            char end[64];

            snprintf(end, sizeof(end), "is truncated: its data ends at byte %zu", cut);
            says(end);
        }
    }
    free(packed);
}
END_TEST

/* A byte that is another one: an error, or it made no difference. */
START_TEST(every_damage_is_told)
{
    size_t size;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);

    for (size_t at = 0; at < size; at += at < 64 || at + 64 > size ? 1 : 2039) {
        static const uint8_t changes[] = {0x01, 0x80, 0xff};

        for (unsigned i = 0; i < sizeof(changes); i++) {
            packed[at] ^= changes[i];
            int error = try(packed, size, 2 * sizeof(plain));
            if (error == 0 && what.packing != PACKING_NONE && forms[_i].has_check) {
                ck_assert_uint_eq(out_size, sizeof(plain));
                ck_assert_mem_eq(out, plain, sizeof(plain));
            }
            packed[at] ^= changes[i];
        }
    }
    free(packed);
}
END_TEST

START_TEST(damage_is_found_where_it_is)
{
    size_t size, at, found;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);

    at = size / 4 * 3; /* in the last but one block, of those formats that have some */
    for (unsigned i = 0; i < 64; i++)
        packed[at + i] ^= 0xff;
    int error = try(packed, size, sizeof(plain));
    if (forms[_i].has_check) {
        ck_assert_int_eq(error, -EBADMSG);
        says("its data is damaged at byte ");
        found = strtoull(strstr(why, "at byte ") + 8, NULL, 10);
        ck_assert_uint_le(found, size);
        ck_assert_uint_ge(found, size / 4);
    }
    free(packed);
}
END_TEST

/* Where the format has one over the contents: the last bytes, but for xz, whose index comes after it. */
START_TEST(wrong_checksum)
{
    static const unsigned from_end[FORMS] = {[FORM_GZIP] = 8, [FORM_LZ4] = 4, [FORM_ZSTD] = 4, [FORM_ZSTD_PIPE] = 4};
    size_t size;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);

    if (from_end[_i] != 0) {
        packed[size - from_end[_i]] ^= 1;
        ck_assert_int_eq(try(packed, size, sizeof(plain)), -EBADMSG);
        says("damaged at byte");
    }
    free(packed);
}
END_TEST

START_TEST(what_may_follow)
{
    size_t size;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);

    packed = realloc(packed, 2 * size + 4);
    /* The unpacked size, as scripts/Makefile.lib appends it; gzip has that anyway. */
    pack_le32(packed + size, sizeof(plain));
    ck_assert_int_eq(try(packed, size + 4, sizeof(plain)), _i == FORM_GZIP ? -EBADMSG : 0);
    for (unsigned n = 1; n < 4; n++) {
        ck_assert_int_eq(try(packed, size + n, sizeof(plain)), -EBADMSG);
        says(_i == FORM_LZ4_LEGACY ? "is truncated" : "something else follows");
    }
    pack_le32(packed + size, sizeof(plain) + 1);
    ck_assert_int_eq(try(packed, size + 4, sizeof(plain)), -EBADMSG);
    memcpy(packed + size, packed, size);
    ck_assert_int_eq(try(packed, 2 * size, 2 * sizeof(plain)), -EBADMSG);
    free(packed);
}
END_TEST

START_TEST(nothing_in_it)
{
    size_t size;
    uint8_t *packed;

    if (_i == FORM_LZ4_LEGACY)
        packed = pack(FORM_LZ4_LEGACY, plain, 0, &size);
    else
        packed = pack((enum form)_i, "", 0, &size);
    ck_assert_int_eq(try(packed, size, sizeof(plain)), -EBADMSG);
    says("there is nothing in it");
    free(packed);
}
END_TEST

/* ---- zboot ---- */

START_TEST(zboot)
{
    size_t size, image_size;
    uint8_t *packed = pack((enum form)_i, plain, sizeof(plain), &size);
    uint8_t *image = pack_zboot(forms[_i].method, packed, size, sizeof(plain), &image_size);
    const char *other = forms[_i].packing == PACKING_GZIP ? "zstd22" : "gzip";

    ck_assert_int_eq(try(image, image_size, sizeof(plain)), 0);
    ck_assert_mem_eq(out, plain, sizeof(plain));
    ck_assert_str_eq(what.wrapper, "an EFI zboot image");
    ck_assert_uint_eq(what.offset, ZBOOT_PAYLOAD);
    ck_assert_uint_eq(what.size, size);
    ck_assert_uint_eq(what.unpacked_size, sizeof(plain));
    ck_assert_int_eq(try(image, image_size, 1), -EFBIG);
    says("is an EFI zboot image, ");
    says("expands to 200000 bytes, more than 1 bytes");
    /* A payload that counts the size behind it. */
    if (forms[_i].packing != PACKING_GZIP) {
        pack_le32(image + 12, (uint32_t)size + 4);
        ck_assert_int_eq(try(image, image_size, sizeof(plain)), 0);
        pack_le32(image + 12, (uint32_t)size);
    }
    image[ZBOOT_PAYLOAD + size / 2] ^= 0xff;
    image[ZBOOT_PAYLOAD + size / 2 + 1] ^= 0xff;
    if (forms[_i].has_check) {
        ck_assert_int_eq(try(image, image_size, sizeof(plain)), -EBADMSG);
        ck_assert_uint_ge(strtoull(strstr(why, "at byte ") + 8, NULL, 10), ZBOOT_PAYLOAD);
    }
    strcpy((char *)image + 24, other);
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
    says("but what is at byte 4096 doesn't begin like that");
    free(image);
    free(packed);
}
END_TEST

START_TEST(zboot_cut)
{
    size_t size, image_size;
    uint8_t *packed = pack(FORM_GZIP, plain, sizeof(plain), &size);
    uint8_t *image = pack_zboot("gzip", packed, size, sizeof(plain), &image_size);

    for (size_t cut = 0; cut < ZBOOT_PAYLOAD + size; cut += cut < 128 ? 1 : 997) {
        int error = try(image, cut, sizeof(plain));

        if (cut < 8) {
            ck_assert(error == 0 && what.packing == PACKING_NONE);
        } else {
            ck_assert_int_eq(error, -ENOEXEC);
            says("is an EFI zboot image that is truncated");
        }
    }
    ck_assert_int_eq(try(image, ZBOOT_PAYLOAD + size, sizeof(plain)), 0);
    free(image);
    free(packed);
}
END_TEST

START_TEST(zboot_sizes)
{
    static const uint32_t bad[] = {0xffffffff, 0xfffff000, 0x80000000, 0x7fffffff};
    size_t size, image_size;
    uint8_t *packed = pack(FORM_GZIP, plain, sizeof(plain), &size);
    uint8_t *image = pack_zboot("gzip", packed, size, sizeof(plain), &image_size);

    for (unsigned i = 0; i < 4; i++) {
        pack_le32(image + 12, bad[i]);
        ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
        says("is not in the file's");
        pack_le32(image + 12, (uint32_t)size);
        pack_le32(image + 8, bad[i]);
        ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
        pack_le32(image + 8, ZBOOT_PAYLOAD);
    }
    pack_le32(image + 12, (uint32_t)(image_size - ZBOOT_PAYLOAD + 1));
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
    pack_le32(image + 12, 0);
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
    pack_le32(image + 12, 5);
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -EBADMSG);
    pack_le32(image + 12, (uint32_t)size);
    for (uint32_t offset = 0; offset < 64; offset++) { /* in the header */
        pack_le32(image + 8, offset);
        ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
        says("is not in the file's");
    }
    free(image);
    free(packed);
}
END_TEST

START_TEST(zboot_methods)
{
    size_t size, image_size;
    uint8_t *packed = pack(FORM_GZIP, plain, sizeof(plain), &size);
    uint8_t *image = pack_zboot("gzip", packed, size, sizeof(plain), &image_size);

    memset(image + 24, 0, 32);
    strcpy((char *)image + 24, "lzma");
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
    ck_assert_str_eq(why, "is an EFI zboot image packed by \"lzma\"; lvmm unpacks gzip, xz, lz4 and zstd");
    memset(image + 24, 'x', 32); /* without an end */
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
    says("xxxxxxxx\"; lvmm");
    memset(image + 24, 0, 32);
    strcpy((char *)image + 24, "\x1b[2J\n\"");
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
    says("\"??2J??\"");
    memset(image + 24, 0, 32);
    ck_assert_int_eq(try(image, image_size, sizeof(plain)), -ENOEXEC);
    free(image);
    free(packed);
}
END_TEST

/* ---- the formats' own limits ---- */

START_TEST(xz_wants_too_much)
{
    size_t size;
    uint8_t *packed = pack(FORM_XZ, plain, sizeof(plain), &size);
    uint8_t *header = packed + 12; /* of the block: its size, flags, sizes, LZMA2 (0x21, 1, dictionary's size), CRC32 */
    size_t header_size = (header[0] + 1u) * 4;
    uint8_t *filter = memmem(header + 2, header_size - 6, "\x21\x01", 2);

    ck_assert_ptr_nonnull(filter);
    for (uint8_t dictionary = 32; dictionary <= 41; dictionary++) { /* 256 MiB, 384 MiB, ... 4 GiB - 1 and none */
        filter[2] = dictionary;
        pack_le32(header + header_size - 4, lzma_crc32(header, header_size - 4, 0));
        ck_assert_int_eq(try(packed, size, sizeof(plain)), dictionary == 32 ? 0 : -ENOTSUP);
        if (dictionary > 32)
            says(dictionary == 41 ? "option that liblzma 5"
                                  : "can't be unpacked: its dictionary is larger than 256 MiB");
    }
    filter[0] = 0x7f; /* a filter of another day */
    pack_le32(header + header_size - 4, lzma_crc32(header, header_size - 4, 0));
    ck_assert_int_eq(try(packed, size, sizeof(plain)), -ENOTSUP);
    says("a filter or an option");
    free(packed);
}
END_TEST

START_TEST(zstd_wants_too_much)
{
    /* RFC 8878, 3.1.1: magic; descriptor; window: exponent from 2^10 on in the upper 5 bits; an empty last block. */
    uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 19 << 3, 0x01, 0x00, 0x00};
    const uint8_t dictionary[] = {0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x58, 0x07, 0x01, 0x00, 0x00};

    ck_assert_int_eq(try(frame, sizeof(frame), 100), -ENOTSUP);
    says("can't be unpacked: its window is larger than 256 MiB");
    frame[5] = 18 << 3;
    ck_assert_int_eq(try(frame, sizeof(frame), 100), -EBADMSG);
    says("there is nothing in it");
    ck_assert_int_eq(try(dictionary, sizeof(dictionary), 100), -ENOTSUP);
    says("needs a dictionary");
}
END_TEST

START_TEST(lz4_legacy_blocks)
{
    static uint8_t many[20 << 20];
    size_t size;
    uint8_t *packed;

    for (size_t i = 0; i < sizeof(many); i++)
        many[i] = plain[i % PLAIN_SIZE];
    packed = pack(FORM_LZ4_LEGACY, many, sizeof(many), &size);
    ck_assert_int_eq(try(packed, size, sizeof(many)), 0);
    ck_assert_uint_eq(out_size, sizeof(many));
    ck_assert_mem_eq(out, many, sizeof(many));
    ck_assert_int_eq(try(packed, size, sizeof(many) - 1), -EFBIG);
    ck_assert_int_eq(try(packed, size, 8 << 20), -EFBIG);
    pack_le32(packed + 4, 0xffffffff);
    ck_assert_int_eq(try(packed, size, sizeof(many)), -EBADMSG);
    says("a block's size is too large");
    pack_le32(packed + 4, 0);
    ck_assert_int_eq(try(packed, size, sizeof(many)), -EBADMSG);
    pack_le32(packed + 4, 100);
    ck_assert_int_eq(try(packed, size, 1 << 20), -EBADMSG); /* not for want of room */
    free(packed);
}
END_TEST

START_TEST(others)
{
    static const struct {
        const char *bytes;
        size_t size;
    } none[] = {{"", 0},
                {"\x1f", 1},
                {"\x7f"
                 "ELF\2\1\1",
                 7},
                {"MZ", 2},
                {"#!/bin/sh\n", 10}};

    for (unsigned i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        ck_assert_int_eq(try((const uint8_t *)none[i].bytes, none[i].size, 1), 0);
        ck_assert_int_eq(what.packing, PACKING_NONE);
    }
    ck_assert_int_eq(try((const uint8_t *)"BZh91AY&SY", 10, 1), -ENOEXEC);
    ck_assert_str_eq(why, "is bzip2-compressed; lvmm unpacks gzip, xz, lz4 and zstd");
    ck_assert_int_eq(try((const uint8_t *)"\x5d\0\0\x80\0\xff\xff", 7, 1), -ENOEXEC);
    says("is lzma-compressed");
    ck_assert_int_eq(try((const uint8_t *)"\x89LZO\0\r\n", 7, 1), -ENOEXEC);
    says("is lzo-compressed");
    ck_assert_str_eq(unpack_name(PACKING_NONE), "not packed");
    ck_assert_str_eq(unpack_name(PACKING_ZSTD), "zstd");
}
END_TEST

/* What is ours in place of liblzma's: the check value of CRC-64/XZ, and that tables and bits agree. */
START_TEST(crc64)
{
    uint64_t whole = lzma_crc64(plain, 4001, 0), pieces = 0;

    ck_assert_uint_eq(lzma_crc64((const uint8_t *)"123456789", 9, 0), 0x995dc9bbdf1939fa);
    ck_assert_uint_eq(lzma_crc64(plain, 0, 0x1234), 0x1234);
    for (size_t at = 0; at < 4001; at++)
        pieces = lzma_crc64(plain + at, 1, pieces);
    ck_assert_uint_eq(whole, pieces);
    pieces = lzma_crc64(plain + 300, 3701, lzma_crc64(plain, 300, 0));
    ck_assert_uint_eq(whole, pieces);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("boot/unpack");
    TCase *tc = tcase_create("unpack");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, what_was_packed_comes_out, 0, FORMS);
    tcase_add_loop_test(tc, one_byte_too_many, 0, FORMS);
    tcase_add_loop_test(tc, a_bomb, 0, FORMS);
    tcase_add_loop_test(tc, every_truncation_is_told, 0, FORMS);
    tcase_add_loop_test(tc, every_damage_is_told, 0, FORMS);
    tcase_add_loop_test(tc, damage_is_found_where_it_is, 0, FORMS);
    tcase_add_loop_test(tc, wrong_checksum, 0, FORMS);
    tcase_add_loop_test(tc, what_may_follow, 0, FORMS);
    tcase_add_loop_test(tc, nothing_in_it, 0, FORMS);
    tcase_add_loop_test(tc, zboot, 0, FORMS);
    tcase_add_test(tc, zboot_cut);
    tcase_add_test(tc, zboot_sizes);
    tcase_add_test(tc, zboot_methods);
    tcase_add_test(tc, xz_wants_too_much);
    tcase_add_test(tc, zstd_wants_too_much);
    tcase_add_test(tc, lz4_legacy_blocks);
    tcase_add_test(tc, others);
    tcase_add_test(tc, crc64);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
