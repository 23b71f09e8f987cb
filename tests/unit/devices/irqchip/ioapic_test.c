/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/irqchip/ioapic.c
/* ioapic_test.c - registers and messages of the I/O APIC (82093AA data sheet). */
#include "devices/irqchip/ioapic.h"

#include <check.h>

static struct ioapic ioapic;
static unsigned count;
static uint64_t address;
static uint32_t data;

static void on_signal(void *owner, uint64_t a, uint32_t d)
{
    ck_assert_ptr_eq(owner, &count);
    count++;
    address = a;
    data = d;
}

static void setup(void)
{
    count = 0;
    ioapic_init(&ioapic, on_signal, &count);
}

static void teardown(void)
{
    ioapic_fini(&ioapic);
}

static void set(uint32_t index, uint32_t value)
{
    ioapic_bus_ops.write(&ioapic, 0, &index, 4);
    ioapic_bus_ops.write(&ioapic, 0x10, &value, 4);
}

static uint32_t get(uint32_t index)
{
    uint32_t value;

    ioapic_bus_ops.write(&ioapic, 0, &index, 4);
    ioapic_bus_ops.read(&ioapic, 0x10, &value, 4);
    return value;
}

START_TEST(registers)
{
    uint64_t wide;

    ck_assert_uint_eq(get(1), 0x170011); /* version, 24 entries */
    set(0, 0xffffffff);
    ck_assert_uint_eq(get(0), 0x0f000000);
    for (uint32_t pin = 0; pin < IOAPIC_PINS; pin++)
        ck_assert_uint_eq(get(0x10 + 2 * pin), 0x10000); /* masked */
    set(0x12, 0xffffffff);
    set(0x13, 0xffffffff);
    ck_assert_uint_eq(get(0x12), 0x1afff); /* two bits are the chip's */
    ck_assert_uint_eq(get(0x13), 0xff000000);
    ck_assert_uint_eq(get(0x10), 0x10000);
    ck_assert_uint_eq(get(0x14), 0x10000);
    for (uint32_t index = 0x40; index < 0x200; index++) { /* beyond the table; 8 bits count */
        set(index, 0);
        if ((index & 0xff) >= 0x40)
            ck_assert_uint_eq(get(index), 0);
    }
    ioapic_bus_ops.read(&ioapic, 0xff8, &wide, 8);
    ck_assert_uint_eq(wide, 0);
    ioapic_bus_ops.read(&ioapic, 0, &wide, 1);
}
END_TEST

START_TEST(an_edge_is_a_message)
{
    ioapic_raise(&ioapic, 5);
    ck_assert_uint_eq(count, 0); /* masked: lost */
    set(0x10 + 2 * 5 + 1, 0x03000000);
    set(0x10 + 2 * 5, 0x31);
    ck_assert_uint_eq(count, 0);
    ioapic_raise(&ioapic, 5);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(address, 0xfee03000);
    ck_assert_uint_eq(data, 0x31);
    set(0x10 + 2 * 5, 0x931); /* logical destination, lowest priority */
    ioapic_raise(&ioapic, 5);
    ck_assert_uint_eq(address, 0xfee03004);
    ck_assert_uint_eq(data, 0x131);
    set(0x10 + 2 * 5, 0x8031); /* asks for a level: an edge */
    ioapic_raise(&ioapic, 5);
    ck_assert_uint_eq(data, 0x31);
    ioapic_raise(&ioapic, IOAPIC_PINS);
    ioapic_raise(&ioapic, UINT32_MAX);
    ck_assert_uint_eq(count, 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/ioapic");
    TCase *tc = tcase_create("ioapic");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, registers);
    tcase_add_test(tc, an_edge_is_a_message);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
