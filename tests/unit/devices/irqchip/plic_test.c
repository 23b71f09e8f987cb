/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/irqchip/plic.c
/* plic_test.c - registers and interrupts of the PLIC (RISC-V PLIC Specification 1.0). */
#include "devices/irqchip/plic.h"

#include <check.h>

#define ENABLE(hart) (0x2080u + 0x100u * (hart))
#define THRESHOLD(hart) (0x201000u + 0x2000u * (hart))
#define CLAIM(hart) (THRESHOLD(hart) + 4)

static struct plic plic;
static bool on[PLIC_HARTS];
static unsigned changes;

static void on_signal(void *owner, unsigned hart, bool value)
{
    ck_assert_ptr_eq(owner, &on);
    ck_assert_uint_lt(hart, PLIC_HARTS);
    ck_assert(on[hart] != value);
    on[hart] = value;
    changes++;
}

static void setup(void)
{
    for (unsigned i = 0; i < PLIC_HARTS; i++)
        on[i] = false;
    changes = 0;
    plic_init(&plic, on_signal, &on);
}

static void teardown(void)
{
    plic_fini(&plic);
}

static void set(uint32_t offset, uint32_t value)
{
    plic_bus_ops.write(&plic, offset, &value, 4);
}

static uint32_t get(uint32_t offset)
{
    uint32_t value;

    plic_bus_ops.read(&plic, offset, &value, 4);
    return value;
}

START_TEST(an_edge_is_claimed_and_completed)
{
    set(4 * 10, 1);
    set(ENABLE(0), 1u << 10);
    plic_raise(&plic, 10);
    ck_assert(on[0]);
    ck_assert_uint_eq(get(0x1000), 1u << 10);
    ck_assert_uint_eq(get(CLAIM(0)), 10);
    ck_assert(!on[0]);
    ck_assert_uint_eq(get(0x1000), 0);
    ck_assert_uint_eq(get(CLAIM(0)), 0);
    set(CLAIM(0), 10);
    ck_assert(!on[0]);
    ck_assert_uint_eq(changes, 2);
}
END_TEST

START_TEST(an_edge_while_claimed_is_kept)
{
    set(4 * 40, 1);
    set(ENABLE(1) + 4, 1u << 8);
    plic_raise(&plic, 40);
    ck_assert_uint_eq(get(CLAIM(1)), 40);
    plic_raise(&plic, 40);
    plic_raise(&plic, 40);
    ck_assert(!on[1]);
    ck_assert_uint_eq(get(CLAIM(1)), 0);
    set(CLAIM(1), 40);
    ck_assert(on[1]);
    ck_assert_uint_eq(get(CLAIM(1)), 40);
    set(CLAIM(1), 40);
    ck_assert(!on[1]);
    ck_assert(!on[0]);
}
END_TEST

START_TEST(masked_in_three_ways)
{
    plic_raise(&plic, 3); /* pending all the same */
    ck_assert(!on[0]);
    set(ENABLE(0), ~0u);
    ck_assert(!on[0]); /* priority 0 never interrupts */
    set(THRESHOLD(0), 2);
    set(4 * 3, 2);
    ck_assert(!on[0]);
    set(4 * 3, 3);
    ck_assert(on[0]);
    set(ENABLE(0), ~8u);
    ck_assert(!on[0]);
    set(ENABLE(0), 8);
    ck_assert(on[0]);
    set(THRESHOLD(0), 7);
    ck_assert(!on[0]);
    ck_assert_uint_eq(get(CLAIM(0)), 0);
}
END_TEST

START_TEST(the_highest_priority_first)
{
    for (uint32_t source = 1; source < PLIC_SOURCES; source++)
        set(4 * source, source == 70 ? 5 : 1);
    for (uint32_t word = 0; word < PLIC_WORDS; word++)
        set(ENABLE(0) + 4 * word, ~0u);
    plic_raise(&plic, 80);
    plic_raise(&plic, 2);
    plic_raise(&plic, 70);
    ck_assert_uint_eq(get(CLAIM(0)), 70);
    ck_assert_uint_eq(get(CLAIM(0)), 2);
    ck_assert_uint_eq(get(CLAIM(0)), 80);
    ck_assert_uint_eq(get(CLAIM(0)), 0);
}
END_TEST

START_TEST(one_hart_claims_it)
{
    set(4, 1);
    set(ENABLE(0), 2);
    set(ENABLE(31), 2);
    plic_raise(&plic, 1);
    ck_assert(on[0] && on[31]);
    ck_assert_uint_eq(get(CLAIM(31)), 1);
    ck_assert(!on[0] && !on[31]);
    ck_assert_uint_eq(get(CLAIM(0)), 0);
    set(ENABLE(31), 0);
    plic_raise(&plic, 1);
    set(CLAIM(31), 1); /* not its own any more: ignored */
    ck_assert(!on[0]);
    set(CLAIM(0), 1);
    ck_assert(on[0]);
}
END_TEST

START_TEST(registers)
{
    uint64_t wide = ~0ull;

    set(0, 7);
    ck_assert_uint_eq(get(0), 0); /* source 0 is none */
    set(4, ~0u);
    ck_assert_uint_eq(get(4), 7);
    set(4 * PLIC_SOURCES, 1);
    ck_assert_uint_eq(get(4 * PLIC_SOURCES), 0);
    set(ENABLE(0), ~0u);
    ck_assert_uint_eq(get(ENABLE(0)), ~1u);
    set(ENABLE(0) - 0x80, ~0u); /* M-mode's context */
    ck_assert_uint_eq(get(ENABLE(0) - 0x80), 0);
    set(THRESHOLD(0) - 0x1000, 1);
    ck_assert_uint_eq(get(THRESHOLD(0) - 0x1000), 0);
    set(THRESHOLD(0), ~0u);
    ck_assert_uint_eq(get(THRESHOLD(0)), 7);
    set(0x1000, ~0u); /* pending bits are read-only */
    ck_assert_uint_eq(get(0x1000), 0);
    set(CLAIM(0), ~0u);
    plic_raise(&plic, 0);
    plic_raise(&plic, PLIC_SOURCES);
    ck_assert_uint_eq(changes, 0);
    plic_bus_ops.write(&plic, 8, &wide, 8);
    plic_bus_ops.write(&plic, 8, &wide, 1);
    ck_assert_uint_eq(get(8), 0);
    plic_bus_ops.read(&plic, 4, &wide, 8);
    ck_assert_uint_eq(wide, 0);
    ck_assert_uint_eq(get(PLIC_SIZE - 4), 0);
    set(PLIC_SIZE - 4, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/plic");
    TCase *tc = tcase_create("plic");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, an_edge_is_claimed_and_completed);
    tcase_add_test(tc, an_edge_while_claimed_is_kept);
    tcase_add_test(tc, masked_in_three_ways);
    tcase_add_test(tc, the_highest_priority_first);
    tcase_add_test(tc, one_hart_claims_it);
    tcase_add_test(tc, registers);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
