/* SPDX-License-Identifier: Apache-2.0 */
/* bpf_test.c - filters' programs: what each instruction does, and which programs are none. */
// sources: guest-kernel/lib/bpf.c
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#include "abi/errno.h"
#include "lib/bpf.h"

#define DATA 64u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PROGRAM(...) ((const struct bpf_instruction[]){__VA_ARGS__})

static const uint32_t data[DATA / sizeof(uint32_t)] = {7, 11, 0x80000000u, 0xffffffffu, [15] = 99};

/* What a program gives that is found good. */
static uint32_t run(const struct bpf_instruction *program, unsigned length)
{
    uint16_t known[BPF_LENGTH_MAX];

    ck_assert_int_eq(bpf_check(program, length, DATA, known), 0);
    return bpf_run(program, data, DATA);
}
#define RUN(...) run(PROGRAM(__VA_ARGS__), COUNT(PROGRAM(__VA_ARGS__)))

static int check(const struct bpf_instruction *program, unsigned length)
{
    uint16_t known[BPF_LENGTH_MAX + 1];

    return bpf_check(program, length, DATA, known);
}
#define CHECK(...) check(PROGRAM(__VA_ARGS__), COUNT(PROGRAM(__VA_ARGS__)))

/* LD ABS word, LD IMM, LDX IMM, RET A */
#define LOAD(at) {0x20, 0, 0, at}
#define A_IS(k) {0x00, 0, 0, k}
#define X_IS(k) {0x01, 0, 0, k}
#define GIVE_A {0x16, 0, 0, 0}
#define GIVE(k) {0x06, 0, 0, k}
#define OF_X 0x08

START_TEST(loads)
{
    ck_assert_uint_eq(RUN(GIVE(5)), 5);
    ck_assert_uint_eq(RUN(LOAD(4), GIVE_A), 11);
    ck_assert_uint_eq(RUN(LOAD(60), GIVE_A), 99);
    ck_assert_uint_eq(RUN({0x80, 0, 0, 0}, GIVE_A), DATA);
    ck_assert_uint_eq(RUN({0x81, 0, 0, 0}, {0x87, 0, 0, 0}, GIVE_A), DATA);
    ck_assert_uint_eq(RUN(A_IS(3), {0x07, 0, 0, 0}, A_IS(4), {0x87, 0, 0, 0}, GIVE_A), 3);
    ck_assert_uint_eq(RUN(A_IS(3), {0x02, 0, 0, 15}, A_IS(4), {0x60, 0, 0, 15}, GIVE_A), 3);
    ck_assert_uint_eq(RUN(X_IS(3), {0x03, 0, 0, 0}, {0x61, 0, 0, 0}, {0x87, 0, 0, 0}, GIVE_A), 3);
}
END_TEST

/* ---- packets: two bytes of headers, then eight ---- */

static uint8_t byte_of(const struct bpf_packet *packet, uint32_t at)
{
    static const uint8_t bytes[] = {0xf1, 0xf2, 0x45, 1, 2, 3, 4, 5, 6, 0x87};

    ck_assert_uint_lt(at, packet->network + packet->size);
    return bytes[at];
}

static bool beside(const struct bpf_packet *packet, unsigned what, uint32_t *out)
{
    (void)packet;
    *out = what + 1000;
    return what != BPF_AD_INTERFACE;
}

static uint32_t run_packet(const struct bpf_instruction *program, unsigned length)
{
    const struct bpf_packet packet = {.size = 8, .network = 2, .byte = byte_of, .beside = beside};
    uint16_t known[BPF_LENGTH_MAX];

    ck_assert_int_eq(bpf_check(program, length, BPF_PACKET, known), 0);
    return bpf_run_packet(program, &packet);
}
#define RUN_PACKET(...) run_packet(PROGRAM(__VA_ARGS__), COUNT(PROGRAM(__VA_ARGS__)))

static int check_packet(struct bpf_instruction first)
{
    const struct bpf_instruction program[] = {first, GIVE(1)};
    uint16_t known[COUNT(program)];

    return bpf_check(program, COUNT(program), BPF_PACKET, known);
}

enum { WORD = 0x20, HALF = 0x28, BYTE = 0x30, WORD_X = 0x40, HALF_X = 0x48, BYTE_X = 0x50, MSH = 0xb1 };

START_TEST(packets)
{
    ck_assert_uint_eq(RUN_PACKET({WORD, 0, 0, 0}, GIVE_A), 0x45010203);
    ck_assert_uint_eq(RUN_PACKET({WORD, 0, 0, 4}, GIVE_A), 0x04050687);
    ck_assert_uint_eq(RUN_PACKET({HALF, 0, 0, 6}, GIVE_A), 0x0687);
    ck_assert_uint_eq(RUN_PACKET({BYTE, 0, 0, 7}, GIVE_A), 0x87);
    ck_assert_uint_eq(RUN_PACKET(X_IS(3), {BYTE_X, 0, 0, 2}, GIVE_A), 5);
    ck_assert_uint_eq(RUN_PACKET(X_IS(3), {HALF_X, 0, 0, 0xffffffffu}, GIVE_A), 0x0203); /* from 2 on */
    ck_assert_uint_eq(RUN_PACKET({MSH, 0, 0, 0}, {0x87, 0, 0, 0}, GIVE_A), 20);
    ck_assert_uint_eq(RUN_PACKET({0x80, 0, 0, 0}, GIVE_A), 8);
    ck_assert_uint_eq(RUN_PACKET({WORD, 0, 0, 0xfff00000u}, GIVE_A), 0xf1f24501);
    ck_assert_uint_eq(RUN_PACKET({BYTE, 0, 0, 0xfff00009u}, GIVE_A), 0x87);
    ck_assert_uint_eq(RUN_PACKET({HALF, 0, 0, 0xfffff000u}, GIVE_A), 1000);
    ck_assert_uint_eq(RUN_PACKET(A_IS(6), X_IS(5), {WORD, 0, 0, 0xfffff028u}, GIVE_A), 3);
    ck_assert_uint_eq(RUN_PACKET(A_IS(17), {0x94, 0, 0, 5}, GIVE_A), 2);
}
END_TEST

START_TEST(what_isnt_in_packets)
{
    static const struct bpf_instruction wrong[] = {
        {WORD, 0, 0, 5},           {HALF, 0, 0, 7},           {BYTE, 0, 0, 8},
        {BYTE, 0, 0, 0x7fffffff},  {BYTE, 0, 0, 0xfff0000au}, {BYTE, 0, 0, 0xffe00000u},
        {BYTE, 0, 0, 0x80000000u}, {WORD, 0, 0, 0xfffff008u}, {MSH, 0, 0, 8},
        {0x9c, 0, 0, 0}, /* modulo X, which is 0 */
    };

    for (unsigned i = 0; i < COUNT(wrong); i++) {
        const struct bpf_instruction program[] = {wrong[i], GIVE(7)};

        ck_assert_uint_eq(run_packet(program, COUNT(program)), 0);
    }
    ck_assert_int_eq(check_packet((struct bpf_instruction){WORD, 0, 0, 0xfffff001u}), -EINVAL);
    ck_assert_int_eq(check_packet((struct bpf_instruction){WORD, 0, 0, 0xfffff040u}), -EINVAL);
    ck_assert_int_eq(check_packet((struct bpf_instruction){WORD_X, 0, 0, 0xfffff040u}), 0);
    ck_assert_int_eq(check_packet((struct bpf_instruction){WORD | 0x18, 0, 0, 0}), -EINVAL); /* no such size */
    ck_assert_int_eq(check_packet((struct bpf_instruction){0xa1, 0, 0, 0}), -EINVAL);        /* MSH of a word */
    ck_assert_int_eq(check_packet((struct bpf_instruction){0x94, 0, 0, 0}), -EINVAL);        /* modulo 0 */
    ck_assert_int_eq(CHECK({0x94, 0, 0, 3}, GIVE(1)), -EINVAL); /* in a filter of system calls */
    ck_assert_int_eq(CHECK({BYTE, 0, 0, 0}, GIVE(1)), -EINVAL);
}
END_TEST

START_TEST(arithmetic)
{
    static const struct {
        uint16_t operation;
        uint32_t a, with, result;
    } cases[] = {
        {0x00, 0xffffffff, 2, 1},           {0x10, 1, 2, 0xffffffff},   {0x20, 0x10001, 0x10001, 0x20001},
        {0x30, 0x80000000u, 3, 0x2aaaaaaa}, {0x40, 5, 10, 15},          {0x50, 7, 10, 2},
        {0x60, 3, 31, 0x80000000u},         {0x70, 0x80000000u, 31, 1}, {0xa0, 7, 10, 13},
    };

    for (unsigned i = 0; i < COUNT(cases); i++) {
        uint16_t code = 0x04 | cases[i].operation;

        ck_assert_uint_eq(RUN(A_IS(cases[i].a), {code, 0, 0, cases[i].with}, GIVE_A), cases[i].result);
        ck_assert_uint_eq(RUN(A_IS(cases[i].a), X_IS(cases[i].with), {code | OF_X, 0, 0, 0}, GIVE_A), cases[i].result);
    }
    ck_assert_uint_eq(RUN(A_IS(5), {0x84, 0, 0, 0}, GIVE_A), 0xfffffffb);
    ck_assert_uint_eq(RUN(A_IS(5), X_IS(33), {0x64 | OF_X, 0, 0, 0}, GIVE_A), 10);
    ck_assert_uint_eq(RUN(A_IS(5), X_IS(33), {0x74 | OF_X, 0, 0, 0}, GIVE_A), 2);
    ck_assert_uint_eq(RUN(A_IS(5), {0x34 | OF_X, 0, 0, 0}, GIVE(9)), 0); /* by X, which is 0 */
}
END_TEST

START_TEST(jumps)
{
    static const struct {
        uint16_t operation;
        uint32_t a, with;
        bool jumps;
    } cases[] = {
        {0x10, 5, 5, true},           {0x10, 5, 6, false},          {0x20, 6, 5, true}, {0x20, 5, 5, false},
        {0x30, 5, 5, true},           {0x30, 4, 5, false},          {0x40, 6, 2, true}, {0x40, 4, 2, false},
        {0x20, 1, 0xffffffff, false}, {0x30, 0x80000000u, 1, true},
    };

    for (unsigned i = 0; i < COUNT(cases); i++) {
        uint16_t code = 0x05 | cases[i].operation;
        uint32_t expected = cases[i].jumps ? 1 : 2;

        ck_assert_uint_eq(RUN(A_IS(cases[i].a), {code, 1, 2, cases[i].with}, GIVE(0), GIVE(1), GIVE(2)), expected);
        ck_assert_uint_eq(RUN(A_IS(cases[i].a), X_IS(cases[i].with), {code | OF_X, 1, 2, 0}, GIVE(0), GIVE(1), GIVE(2)),
                          expected);
    }
    ck_assert_uint_eq(RUN({0x05, 0, 0, 1}, GIVE(1), GIVE(2)), 2);
}
END_TEST

START_TEST(bad)
{
    ck_assert_int_eq(check(NULL, 0), -EINVAL);
    ck_assert_int_eq(CHECK(LOAD(0)), -EINVAL);
    ck_assert_int_eq(CHECK(LOAD(64), GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK(LOAD(61), GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x28, 0, 0, 0}, GIVE(0)), -EINVAL); /* 16 bits */
    ck_assert_int_eq(CHECK({0x40, 0, 0, 0}, GIVE(0)), -EINVAL); /* with X added */
    ck_assert_int_eq(CHECK({0x05, 0, 0, 1}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x05, 0, 0, UINT32_MAX}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x15, 0, 1, 1}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x15, 1, 0, 1}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x34, 0, 0, 0}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x94, 0, 0, 3}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x64, 0, 0, 32}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x02, 0, 0, 16}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x0e, 0, 0, 0}), -EINVAL); /* RET of X */
    ck_assert_int_eq(CHECK({0x106, 0, 0, 0}), -EINVAL);
}
END_TEST

START_TEST(own_memory)
{
    /* Written on one way of two; on both; behind a jump that leads past it. */
    ck_assert_int_eq(CHECK({0x15, 1, 0, 0}, {0x02, 0, 0, 1}, {0x60, 0, 0, 1}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(
        CHECK({0x15, 0, 2, 0}, {0x02, 0, 0, 1}, {0x05, 0, 0, 1}, {0x02, 0, 0, 1}, {0x60, 0, 0, 1}, GIVE(0)), 0);
    ck_assert_int_eq(CHECK({0x05, 0, 0, 1}, {0x02, 0, 0, 1}, {0x60, 0, 0, 1}, GIVE(0)), -EINVAL);
    ck_assert_int_eq(CHECK({0x60, 0, 0, 1}, GIVE(0)), -EINVAL);
}
END_TEST

START_TEST(lengths)
{
    static struct bpf_instruction longest[BPF_LENGTH_MAX + 1];

    for (unsigned i = 0; i < COUNT(longest); i++)
        longest[i] = (struct bpf_instruction)GIVE(1);
    ck_assert_int_eq(check(longest, BPF_LENGTH_MAX), 0);
    ck_assert_int_eq(check(longest, BPF_LENGTH_MAX + 1), -EINVAL);
    ck_assert_uint_eq(bpf_cost(longest, 10), 23);
    ck_assert_uint_eq(
        bpf_cost(PROGRAM(LOAD(0), {0x15, 0, 1, 5}, {0x15, 1, 1, 5}, {0x45, 0, 1, 5}, {0x15, 1, 1, 1u << 31}, GIVE_A),
                 6),
        3 + 1 + 1 + 2 + 2 + 3 + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bpf");
    TCase *tests = tcase_create("all");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, loads);
    tcase_add_test(tests, packets);
    tcase_add_test(tests, what_isnt_in_packets);
    tcase_add_test(tests, arithmetic);
    tcase_add_test(tests, jumps);
    tcase_add_test(tests, bad);
    tcase_add_test(tests, own_memory);
    tcase_add_test(tests, lengths);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
