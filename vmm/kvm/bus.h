/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bus.h - an address space of device windows: one for MMIO, one for port I/O.
 *
 * Filled before the vCPUs run and read-only afterwards, so look-ups need no lock.
 */
#ifndef LVMM_BUS_H
#define LVMM_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Callbacks run on a vCPU thread, several at once. offset is relative to the window; size is 1, 2, 4 or 8 and the
 * access lies inside the window. data is little-endian; read fills all `size` bytes. */
struct bus_ops {
    void (*read)(void *owner, uint64_t offset, void *data, unsigned size);
    void (*write)(void *owner, uint64_t offset, const void *data, unsigned size);
};

struct bus_window {
    uint64_t base, size;
    const struct bus_ops *ops;
    void *owner;
};

#define BUS_WINDOWS 40

struct bus {
    struct bus_window window[BUS_WINDOWS]; /* sorted by base */
    unsigned count;
};

/* 0; -EEXIST if it overlaps another window; -EINVAL if empty or wrapping; -ENOSPC. */
int bus_insert(struct bus *bus, const struct bus_window *window);

/* One access. False if no window holds all of it: a read then gives all ones, a write is lost, as on a real bus. */
bool bus_read(const struct bus *bus, uint64_t addr, void *data, unsigned size);
bool bus_write(const struct bus *bus, uint64_t addr, const void *data, unsigned size);

#endif
