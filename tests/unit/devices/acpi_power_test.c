/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/acpi_power.c
/* acpi_power_test.c - what ends the machine, by ACPI's registers and by the keyboard controller, and what doesn't. */
#include <check.h>
#include <string.h>

#include "devices/device.h"

static int ends;
static struct device *power, *keyboard;

static void on_power_off(void *vm, int status)
{
    ck_assert_ptr_eq(vm, &ends);
    ck_assert_int_eq(status, 0);
    ends++;
}

static const struct device_services services = {.power_off = on_power_off};

static void setup(void)
{
    struct device_env env;

    memset(&env, 0, sizeof(env));
    env.services = &services;
    env.vm = &ends;
    ends = 0;
    ck_assert_int_eq(device_acpi_power.create(&env, NULL, &power), 0);
    ck_assert_int_eq(device_keyboard_reset.create(&env, NULL, &keyboard), 0);
}

static void teardown(void)
{
    power->ops->destroy(power);
    keyboard->ops->destroy(keyboard);
}

/* How often the machine has ended after a write. */
static int after(struct device *device, uint64_t offset, uint8_t value)
{
    device->ops->io.write(device, offset, &value, 1);
    return ends;
}

START_TEST(sleep_control)
{
    ck_assert_int_eq(after(power, 0, 5 << 2), 0);        /* a type, not yet "go" */
    ck_assert_int_eq(after(power, 0, 0x20 | 3 << 2), 0); /* "go", to another state */
    ck_assert_int_eq(after(power, 1, 0x20 | 5 << 2), 0); /* the status register: wake status is cleared by 0x80 */
    ck_assert_int_eq(after(power, 0, 0x20 | 5 << 2), 1);
}
END_TEST

START_TEST(reset)
{
    ck_assert_int_eq(after(power, 2, 0), 0);
    ck_assert_int_eq(after(power, 0, 0x42), 0);
    ck_assert_int_eq(after(power, 2, 0x42), 1);
}
END_TEST

START_TEST(keyboard_controller)
{
    ck_assert_int_eq(after(keyboard, 0, 0xaa), 0); /* its self-test */
    ck_assert_int_eq(after(keyboard, 0, 0xfe), 1);
}
END_TEST

START_TEST(wide_accesses_and_reads)
{
    uint32_t value = 0x42424242;
    uint8_t bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};

    power->ops->io.write(power, 2, &value, 4);
    power->ops->io.write(power, 2, &value, 2);
    value = 0x34;
    power->ops->io.write(power, 0, &value, 2);
    value = 0xfe;
    keyboard->ops->io.write(keyboard, 0, &value, 2);
    ck_assert_int_eq(ends, 0);
    power->ops->io.read(power, 1, bytes, 1);
    ck_assert_uint_eq(bytes[0], 0); /* nothing has woken it */
    ck_assert_uint_eq(bytes[1], 2);
    keyboard->ops->io.read(keyboard, 0, bytes, 8);
    ck_assert_uint_eq(bytes[0], 0); /* its input buffer is empty */
    ck_assert_uint_eq(bytes[7], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/acpi_power");
    TCase *tc = tcase_create("acpi_power");
    SRunner *runner = srunner_create(suite);

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, sleep_control);
    tcase_add_test(tc, reset);
    tcase_add_test(tc, keyboard_controller);
    tcase_add_test(tc, wide_accesses_and_reads);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
