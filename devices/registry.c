/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - the one list of device types. */
#include <stddef.h>
#include <string.h>

#include "devices/device.h"

const struct device_type *const device_types[] = {
    &device_serial16550,    &device_pl011, &device_debug_exit, &device_pflash, &device_virtio_blk,
    &device_virtio_console, NULL,
};

const struct device_type *device_type_find(const char *name)
{
    for (const struct device_type *const *type = device_types; *type != NULL; type++)
        if (strcmp((*type)->name, name) == 0)
            return *type;
    return NULL;
}
