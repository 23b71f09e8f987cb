/* SPDX-License-Identifier: Apache-2.0 */
/* bus.c - windows sorted by base, found by bisection. */
#include "vmm/kvm/bus.h"

#include <errno.h>
#include <string.h>

/* The number of windows whose base is at or below addr: the one before that index is the only candidate. */
static unsigned windows_up_to(const struct bus *bus, uint64_t addr)
{
    unsigned low = 0, high = bus->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (bus->window[middle].base <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int bus_insert(struct bus *bus, const struct bus_window *window)
{
    uint64_t last = window->base + (window->size - 1);
    unsigned at;

    if (window->size == 0 || last < window->base)
        return -EINVAL;
    if (bus->count == BUS_WINDOWS)
        return -ENOSPC;
    at = windows_up_to(bus, last);
    if (at > 0) {
        const struct bus_window *before = &bus->window[at - 1];

        if (before->base + (before->size - 1) >= window->base)
            return -EEXIST;
    }
    memmove(&bus->window[at + 1], &bus->window[at], (bus->count - at) * sizeof(bus->window[0]));
    bus->window[at] = *window;
    bus->count++;
    return 0;
}

static const struct bus_window *bus_find(const struct bus *bus, uint64_t addr, unsigned size)
{
    const struct bus_window *window;
    unsigned at = windows_up_to(bus, addr);
    uint64_t offset;

    if (at == 0 || size == 0 || size > 8 || (size & (size - 1)) != 0)
        return NULL;
    window = &bus->window[at - 1];
    offset = addr - window->base;
    return offset < window->size && size <= window->size - offset ? window : NULL;
}

bool bus_read(const struct bus *bus, uint64_t addr, void *data, unsigned size)
{
    const struct bus_window *window = bus_find(bus, addr, size);

    if (window == NULL) {
        memset(data, 0xff, size);
        return false;
    }
    window->ops->read(window->owner, addr - window->base, data, size);
    return true;
}

bool bus_write(const struct bus *bus, uint64_t addr, const void *data, unsigned size)
{
    const struct bus_window *window = bus_find(bus, addr, size);

    if (window == NULL)
        return false;
    window->ops->write(window->owner, addr - window->base, data, size);
    return true;
}
