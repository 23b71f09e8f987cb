/* SPDX-License-Identifier: Apache-2.0 */
/* debug_exit.c - a port whose write ends the VM with the value as its status: QEMU's isa-debug-exit, of the same name
 * in the device tree. (There the process's exit status is value * 2 + 1; here it is the value, in eight bits.) */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device.h"

struct debug_exit {
    struct device device; /* first */
    const struct device_services *services;
    void *vm;
};

static void debug_exit_read(void *owner, uint64_t offset, void *data, unsigned size)
{
    (void)owner;
    (void)offset;
    memset(data, 0, size);
}

/* A process's status has eight bits; what they don't hold must not look like success. */
static int exit_status(uint32_t value)
{
    int status = (int)(value & 0xff);

    return status == 0 && value != 0 ? 0xff : status;
}

static void debug_exit_write(void *owner, uint64_t offset, const void *data, unsigned size)
{
    struct debug_exit *debug_exit = owner;
    uint32_t value = 0;

    (void)offset;
    memcpy(&value, data, size < sizeof(value) ? size : sizeof(value));
    debug_exit->services->power_off(debug_exit->vm, exit_status(value));
}

static void debug_exit_destroy(struct device *device)
{
    free(device);
}

static const struct device_ops debug_exit_ops = {
    .io = {.read = debug_exit_read, .write = debug_exit_write},
    .destroy = debug_exit_destroy,
};

static int debug_exit_create(const struct device_env *env, const void *args, struct device **out)
{
    struct debug_exit *debug_exit = calloc(1, sizeof(*debug_exit));

    (void)args;
    if (debug_exit == NULL)
        return -ENOMEM;
    debug_exit->device.ops = &debug_exit_ops;
    debug_exit->services = env->services;
    debug_exit->vm = env->vm;
    *out = &debug_exit->device;
    return 0;
}

const struct device_type device_debug_exit = {
    .name = "debug-exit",
    .compatible = "qemu,isa-debug-exit\0",
    .node_name = "debug-exit",
    .create = debug_exit_create,
};
