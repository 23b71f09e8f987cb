/* SPDX-License-Identifier: Apache-2.0 */
/* crc_test.c - checksums, bit by bit by their definitions. */
// sources: guest-kernel/lib/crc.c guest-kernel/lib/crc_table.c
#include "lib/crc.h"

#include <check.h>
#include <string.h>

static uint32_t slow_crc32c(uint32_t crc, const uint8_t *bytes, size_t size)
{
    for (; size != 0; size--) {
        crc ^= *bytes++;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
    }
    return crc;
}

/* RFC 3720, B.4, and the catalogue's "123456789". */
START_TEST(known)
{
    uint8_t bytes[32] = {0};

    ck_assert_uint_eq(~crc32c(~0u, "123456789", 9), 0xe3069283);
    ck_assert_uint_eq(~crc32c(~0u, bytes, sizeof(bytes)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    ck_assert_uint_eq(~crc32c(~0u, bytes, sizeof(bytes)), 0x62a8ab43);
    ck_assert_uint_eq(crc16(0, "123456789", 9), 0xbb3d);
    ck_assert_uint_eq(crc16(0xffff, "123456789", 9), 0x4b37);
}
END_TEST

START_TEST(table)
{
    for (unsigned b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
        for (unsigned k = 0; k < 8; k++) {
            ck_assert_uint_eq(crc32c_table[k][b], crc);
            for (unsigned bit = 0; bit < 8; bit++)
                crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
        }
    }
}
END_TEST

/* Rows of zeros of all lengths, at all places, which go another way. */
START_TEST(zeros)
{
    static uint8_t bytes[70000];

    for (size_t size = 0; size < 1200; size += 1 + size / 37) {
        for (size_t from = 0; from < 24; from += 5) {
            memset(bytes, 0, sizeof(bytes));
            memset(bytes, 0x5a, from);
            memset(bytes + from + size, 0xc3, 40);
            uint32_t want = slow_crc32c(0x12345678, bytes, from + size + 40);
            ck_assert_uint_eq(crc32c(0x12345678, bytes, from + size + 40), want);
        }
    }
    memset(bytes, 0, sizeof(bytes));
    ck_assert_uint_eq(crc32c(77, bytes, sizeof(bytes)), slow_crc32c(77, bytes, sizeof(bytes)));
}
END_TEST

static size_t words_given;

static uint32_t by_words(uint32_t crc, const void *words, size_t count)
{
    words_given += count;
    return slow_crc32c(crc, words, 8 * count);
}

/* As with a CPU that has an instruction: whole words go there, from any address, and the rest doesn't. */
START_TEST(instruction)
{
    uint8_t bytes[200];

    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    crc32c_use(by_words);
    for (size_t from = 0; from < 9; from++) {
        for (size_t size = 0; size < sizeof(bytes) - from; size++) {
            words_given = 0;
            ck_assert_uint_eq(crc32c(0x12345678, bytes + from, size), slow_crc32c(0x12345678, bytes + from, size));
            ck_assert_uint_eq(words_given, size / 8);
        }
    }
    crc32c_use(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("crc");
    TCase *tcase = tcase_create("crc");

    tcase_add_test(tcase, known);
    tcase_add_test(tcase, table);
    tcase_add_test(tcase, zeros);
    tcase_add_test(tcase, instruction);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
