/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acpi_power.c - the sleep and reset registers of a hardware-reduced ACPI machine (ACPI 6.4, 4.8.3.7 and 4.8.3.6), at
 * the offsets and with the values of QEMU's generic event device; and a PC's keyboard controller as far as its command
 * to reset the machine, which operating systems fall back to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device.h"

/* The sleep control register. */
#define SLEEP_ENABLE 0x20u
#define SLEEP_TYPE_SHIFT 2
#define SLEEP_TYPE_MASK 7u

#define KEYBOARD_RESET 0xfeu /* pulse the reset line: the 8042's command */

struct acpi_power {
    struct device device; /* first */
    const struct device_services *services;
    void *vm;
};

static void power_off(const struct acpi_power *power)
{
    power->services->power_off(power->vm, 0);
}

/* Nothing of them is remembered: the machine never wakes. A keyboard controller with an empty buffer reads 0, too. */
static void read_zero(void *owner, uint64_t offset, void *data, unsigned size)
{
    (void)owner;
    (void)offset;
    memset(data, 0, size);
}

static void power_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    const struct acpi_power *power = owner;
    uint8_t value;

    memcpy(&value, data, sizeof(value));
    if (size != sizeof(value)) /* they are bytes */
        return;
    if (offset == ACPI_POWER_CONTROL && (value & SLEEP_ENABLE) != 0 &&
        (value >> SLEEP_TYPE_SHIFT & SLEEP_TYPE_MASK) == ACPI_POWER_S5)
        power_off(power);
    if (offset == ACPI_POWER_RESET && value == ACPI_POWER_RESET_VALUE)
        power_off(power);
}

static void keyboard_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    uint8_t value;

    (void)offset;
    memcpy(&value, data, sizeof(value));
    if (size == sizeof(value) && value == KEYBOARD_RESET)
        power_off(owner);
}

static void power_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops power_ops = {
    .io = {.read = read_zero, .write = power_write},
    .destroy = power_destroy,
};

static const struct device_ops keyboard_ops = {
    .io = {.read = read_zero, .write = keyboard_write},
    .destroy = power_destroy,
};

static int create(const struct device_env *env, const struct device_ops *ops, struct device **out)
{
    struct acpi_power *power = calloc(1, sizeof(*power));

    if (power == NULL)
        return -ENOMEM;
    power->device.ops = ops;
    power->services = env->services;
    power->vm = env->vm;
    *out = &power->device;
    return 0;
}

static int power_create(const struct device_env *env, const void *args, struct device **out)
{
    (void)args;
    return create(env, &power_ops, out);
}

static int keyboard_create(const struct device_env *env, const void *args, struct device **out)
{
    (void)args;
    return create(env, &keyboard_ops, out);
}

const struct device_type device_acpi_power = {
    .name = "acpi-power",
    .compatible = "lvmm,acpi-power\0",
    .node_name = "power",
    .create = power_create,
};

const struct device_type device_keyboard_reset = {
    .name = "keyboard-reset",
    .compatible = "lvmm,keyboard-reset\0",
    .node_name = "keyboard-reset",
    .create = keyboard_create,
};
