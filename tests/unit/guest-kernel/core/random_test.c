/* SPDX-License-Identifier: Apache-2.0 */
/* random_test.c - the generator against RFC 8439's vectors, and that it never repeats itself. */
// sources: guest-kernel/core/random.c
#include <check.h>
#include <stdint.h>
#include <string.h>

#include "core/random.h"

/* RFC 8439, appendix A.1: the blocks of a zero key and nonce with counters 0 and 1. */
static const uint8_t block0[64] = {
    0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90, 0x40, 0x5d, 0x6a, 0xe5, 0x53, 0x86, 0xbd, 0x28,
    0xbd, 0xd2, 0x19, 0xb8, 0xa0, 0x8d, 0xed, 0x1a, 0xa8, 0x36, 0xef, 0xcc, 0x8b, 0x77, 0x0d, 0xc7,
    0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0, 0x3f, 0xb8, 0xd8, 0x4a, 0x37,
    0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18, 0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86,
};
static const uint8_t block1[16] = {
    0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a, 0x98, 0xba, 0x97, 0x7c, 0x73, 0x2d, 0x08, 0x0d,
};

static const uint8_t zero[64];

START_TEST(the_second_half_of_a_block_comes_out)
{
    uint8_t out[32];

    random_seed(zero, 32);
    random_bytes(out, 5); /* a part, then the rest */
    random_bytes(out + 5, 27);
    ck_assert_mem_eq(out, block0 + 32, 32);
    random_bytes(out, 32); /* by then the key has changed */
    ck_assert_mem_ne(out, block0 + 32, 32);
}
END_TEST

START_TEST(a_long_request_takes_whole_blocks)
{
    uint8_t out[100], next[32];

    random_seed(zero, 32);
    random_bytes(out, sizeof(out));
    ck_assert_mem_eq(out, block1, sizeof(block1));
    /* 64 bytes of block 1, 36 of block 2; then the new pool, untouched, from block 0. */
    random_bytes(next, sizeof(next));
    ck_assert_mem_eq(next, block0 + 32, sizeof(next));
}
END_TEST

START_TEST(a_long_seed_is_used_as_it_is)
{
    uint8_t seed[80] = {0}, out[16];

    memset(seed + 32, 0xa5, 16);
    memset(seed + 48, 0x5a, 32); /* only the first 32 of the rest have a place */
    random_seed(seed, sizeof(seed));
    random_bytes(out, sizeof(out));
    ck_assert_mem_eq(out, seed + 32, 16);
    random_bytes(out, sizeof(out));
    ck_assert_mem_eq(out, seed + 48, 16);
    random_bytes(out, sizeof(out));
    ck_assert_mem_eq(out, block0 + 32, 16);
}
END_TEST

START_TEST(seeds_add_up)
{
    uint8_t first[16], second[16];

    random_seed("short", 5);
    random_bytes(first, sizeof(first));
    random_seed(zero, 32); /* leaves the key, drops the pool */
    random_bytes(second, sizeof(second));
    ck_assert_mem_ne(first, second, sizeof(first));
    ck_assert_mem_ne(second, block0 + 32, sizeof(second));
    random_seed(NULL, 0); /* no seed in the tree */
}
END_TEST

START_TEST(every_size_is_filled_and_no_more)
{
    size_t size;

    random_seed(zero, 32);
    for (size = 0; size < 300; size++) {
        uint8_t out[301] = {0};
        size_t i, set = 0;

        random_bytes(out, size);
        for (i = 0; i < size; i++)
            set += out[i] != 0;
        ck_assert_uint_ge(set + 3 + size / 16, size); /* one in 256 is zero by chance */
        ck_assert_uint_eq(out[size], 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/core/random");
    TCase *tests = tcase_create("random");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, the_second_half_of_a_block_comes_out);
    tcase_add_test(tests, a_long_request_takes_whole_blocks);
    tcase_add_test(tests, a_long_seed_is_used_as_it_is);
    tcase_add_test(tests, seeds_add_up);
    tcase_add_test(tests, every_size_is_filled_and_no_more);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
