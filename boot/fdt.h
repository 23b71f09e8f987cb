/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fdt.h - writes a flattened device tree (Devicetree Specification 0.4, chapter 5) from front to back.
 *
 * The first error sticks: the writer's functions return nothing and fdtw_finish tells. The buffer grows as needed.
 */
#ifndef LVMM_BOOT_FDT_H
#define LVMM_BOOT_FDT_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"

/* The phandle of the interrupt controller that devices' interrupts go to. */
#define FDT_PHANDLE_INTC 1

struct fdt {
    struct node node; /* first: what a device type's describe() gets */
    void *buffer;
    int buffer_size;
    int error; /* -errno of the first failure */
};

/* Starts a tree; its root node is open. */
void fdtw_init(struct fdt *fdt);
/* Closes the root; 0 and the finished tree (the caller frees it) or -errno. Nothing is left of the writer either way.
 * `room` bytes at its end, 8-byte aligned, are free for other use and zero: whoever keeps the tree keeps them. */
int fdtw_finish(struct fdt *fdt, uint32_t room, void **blob, uint32_t *size);

/* Opens a node within the one that is open: "chosen", or with its address "memory@40000000". A node's properties come
 * before the nodes within it (5.4.2). */
void fdtw_begin(struct fdt *fdt, const char *name);
void fdtw_begin_at(struct fdt *fdt, const char *name, uint64_t unit);
/* Closes the node that was opened last and isn't closed yet. */
void fdtw_end(struct fdt *fdt);

/* A property of the open node: `size` bytes as they are (-E2BIG from 2 GiB on). All properties are copied. */
void fdtw_bytes(struct fdt *fdt, const char *name, const void *bytes, uint32_t size);
/* A string with its NUL. */
void fdtw_string(struct fdt *fdt, const char *name, const char *string);
/* A list as device_type.compatible has it: strings one after the other, an empty one at the end. */
void fdtw_string_list(struct fdt *fdt, const char *name, const char *list);
/* Numbers of 32 bits (at most 128 of them, else -E2BIG) or 64, in the host's byte order here and big-endian there. */
void fdtw_cells(struct fdt *fdt, const char *name, const uint32_t *cells, unsigned count);
void fdtw_u32(struct fdt *fdt, const char *name, uint32_t value);
void fdtw_u64(struct fdt *fdt, const char *name, uint64_t value);
/* "reg" of two address and two size cells. */
void fdtw_reg(struct fdt *fdt, uint64_t base, uint64_t size);
/* A property without a value: that it is there says all. */
void fdtw_empty(struct fdt *fdt, const char *name);

#endif
