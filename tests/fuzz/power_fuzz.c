/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/acpi_power.c devices/debug_exit.c
/* power_fuzz.c - any accesses to what ends a machine: only the documented writes do, and with a status of a process. */
#include "devices/device.h"
#include "tests/fuzz/input.h"

static int ends, last_status;

static void on_power_off(void *vm, int status)
{
    must(vm == &ends);
    last_status = status;
    ends++;
}

/* What is to end it: ACPI 6.4, 4.8.3.6 and 4.8.3.7; the keyboard controller's command; any write to debug-exit. */
static bool is_an_end(const struct device_type *type, uint64_t offset, uint64_t value, unsigned size)
{
    if (type == &device_keyboard_reset)
        return size == 1 && value == 0xfe;
    if (type == &device_debug_exit)
        return true;
    return size == 1 && ((offset == ACPI_POWER_CONTROL && (value & 0x3c) == (0x20 | ACPI_POWER_S5 << 2)) ||
                         (offset == ACPI_POWER_RESET && value == ACPI_POWER_RESET_VALUE));
}

static void try(const struct device_type *type, struct device *dev, struct input *input)
{
    static const uint64_t windows[] = {ACPI_POWER_BYTES, 1, 2};
    uint64_t places = windows[type == &device_acpi_power ? 0 : type == &device_keyboard_reset ? 1 : 2];
    uint8_t op = input_u8(input);
    unsigned width = 1u << (op & 3);
    uint64_t offset = (op >> 2 & 7) % places, value = op & 0x80 ? input_u64(input) : input_u8(input);

    if (width > places - offset) /* the bus doesn't let it through */
        width = 1;
    value &= UINT64_MAX >> (64 - 8 * width);
    ends = 0;
    if (op & 0x40) {
        dev->ops->io.read(dev, offset, &value, width);
        must(ends == 0);
        return;
    }
    dev->ops->io.write(dev, offset, &value, width);
    must(ends == is_an_end(type, offset, value, width));
    if (ends != 0)
        must(last_status >= 0 && last_status <= 255 && (type == &device_debug_exit || last_status == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct device_type *const types[] = {&device_acpi_power, &device_keyboard_reset, &device_debug_exit};
    static const struct device_services services = {.power_off = on_power_off};
    struct input input = {.data = data, .size = size};
    const struct device_type *type = types[input_u8(&input) % 3];
    struct device_env env;
    struct device *dev;

    memset(&env, 0, sizeof(env));
    env.services = &services;
    env.vm = &ends;
    must(type->create(&env, NULL, &dev) == 0);
    while (input.size > 0)
        try(type, dev, &input);
    dev->ops->destroy(dev);
    return 0;
}
