/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/*.c devices/*/*.c vmm/ranges.c vmm/escape.c vmm/kvm/bus.c vmm/kvm/mem.c vmm/loop.c vmm/process.c
// sources: vmm/file_io.c vmm/file_process.c vmm/disk/*.c vmm/log.c vmm/sandbox/*.c vmm/syscall_names.c
/* types_test.c - every type says what the device tree needs; and the smallest device, debug-exit. */
#include <check.h>
#include <string.h>

#include "devices/device.h"

static const struct device_type *const device_types[] = {
    &device_serial16550, &device_pl011,          &device_debug_exit,     &device_acpi_power, &device_pflash,
    &device_virtio_blk,  &device_virtio_console, &device_keyboard_reset, &device_virtio_fs,  &device_virtio_sockets,
};

static char names[256];

static void node_cells(struct node *node, const char *name, const uint32_t *cells, unsigned count)
{
    (void)node;
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_ne(cells[0], 0);
    strcat(names, name);
    strcat(names, " ");
}

static void node_strings(struct node *node, const char *name, const char *bytes, uint32_t size)
{
    (void)node;
    ck_assert_int_eq(bytes[size - 1], 0);
    strcat(names, name);
    strcat(names, " ");
}

static const struct node_ops ops = {.cells = node_cells, .strings = node_strings};

START_TEST(types)
{
    struct device_window window = {.base = 0, .size = 4 << 20};
    struct node node = {.ops = &ops};

    for (unsigned i = 0; i < sizeof(device_types) / sizeof(device_types[0]); i++) {
        const struct device_type *type = device_types[i];
        const char *last = type->compatible;

        ck_assert_str_ne(type->name, "");
        ck_assert_str_ne(type->node_name, "");
        for (; *last != 0; last += strlen(last) + 1) /* ends, by the double NUL */
            ck_assert_uint_lt(strlen(last), 32);
        if (type->describe != NULL)
            type->describe(&window, &node);
    }
    ck_assert_str_eq(names, "clock-frequency current-speed clocks clock-names bank-width ");
}
END_TEST

static int status = -1;

static void on_power_off(void *vm, int value)
{
    ck_assert_ptr_eq(vm, &status);
    status = value;
}

START_TEST(debug_exit)
{
    const struct device_services services = {.power_off = on_power_off};
    struct device_env env;
    struct device *dev;
    uint32_t value = 1;

    memset(&env, 0, sizeof(env));
    env.services = &services;
    env.vm = &status;
    ck_assert_int_eq(device_debug_exit.create(&env, NULL, &dev), 0);
    dev->ops->io.read(dev, 0, &value, 4);
    ck_assert_uint_eq(value, 0);
    ck_assert_int_eq(status, -1);
    dev->ops->io.write(dev, 0, "\0", 1);
    ck_assert_int_eq(status, 0);
    dev->ops->io.write(dev, 0, "\x2a\x01\0\0", 4);
    ck_assert_int_eq(status, 0x2a); /* eight bits, as a process has */
    dev->ops->io.write(dev, 0, "\0\x01\0\0", 4);
    ck_assert_int_eq(status, 255); /* but no success by that */
    dev->ops->io.write(dev, 0, "\x2a\x01\0\0\1\1\1\1", 8);
    ck_assert_int_eq(status, 0x2a);
    dev->ops->destroy(dev);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/types");
    TCase *tc = tcase_create("types");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, types);
    tcase_add_test(tc, debug_exit);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
