/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - everything a backend needs to know about a VM, worked out before there is one. Immutable once made.
 *
 * Pure: no file descriptor, no KVM header, no clock. The same input gives the same plan, byte for byte.
 */
#ifndef LVMM_BOOT_PLAN_H
#define LVMM_BOOT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "boot/image_elf.h"
#include "boot/machine.h"
#include "devices/device.h"

/* What the plan is made from. All pointers are borrowed for the life of the plan. */
struct plan_input {
    const struct machine *machine;
    const void *kernel; /* the kernel file's bytes */
    size_t kernel_size;
    uint64_t memory_bytes;
    unsigned cpus;
    unsigned irqchip_version; /* where an ISA has several (aarch64: GICv2; riscv64: AIA); 0: QEMU's */
    uint32_t timebase_hz;     /* of the CPUs' clock, where the tree tells it (riscv64); 0: QEMU's */
    unsigned disks;           /* virtio-blk devices */
    bool pflash;              /* a flash device at the machine's window */
    uint64_t pflash_size;     /* bytes, at most the window */
    const char *append;       /* may be NULL */
    bool verbose;
    uint32_t trace;   /* what our guest kernel is to tell of its system calls: enum lvmm_trace_wanted */
    const char *argv; /* NUL-terminated strings one after the other, or NULL */
    size_t argv_size;
    const char *envp;
    size_t envp_size;
    uint32_t tty; /* LVMM_PROP_TTY */
    uint32_t rows, columns;
    uint64_t realtime_ns;
    uint8_t rng_seed[32];
};

struct plan_image { /* bytes to place in guest memory; the rest of mem_size is zero already */
    const char *name;
    gpa_t gpa;
    const void *data;
    uint64_t file_size, mem_size;
    bool in_kernel_file;  /* data is a part of plan_input.kernel: it can be mapped rather than copied */
    uint64_t file_offset; /* then: where it is there */
};

struct plan_device {
    const struct device_type *type;
    struct device_window window;
};

/* Registers at entry: the machine says what they mean (x86_64: pc = eip, arg = ebx, 32-bit protected mode). */
struct plan_entry {
    uint64_t pc, arg;
};

#define PLAN_IMAGES (ELF_SEGMENTS_MAX + 4)
#define PLAN_DEVICES 40

struct plan {
    const struct machine *machine;
    unsigned irqchip_version; /* the input's */
    uint32_t timebase_hz;     /* the input's, or the machine's; 0: the tree says nothing of it */
    bool bare;                /* not our guest kernel: the serial port is its console, and there is no virtio-console */
    struct elf_kernel kernel;
    struct mem_range memory[MEM_RANGES];
    unsigned memory_count;
    struct plan_image image[PLAN_IMAGES];
    unsigned image_count;
    struct plan_device device[PLAN_DEVICES];
    unsigned device_count;
    struct plan_entry entry;
    void *fdt; /* owned */
    uint32_t fdt_size;
    gpa_t fdt_gpa;
    void *firmware_fdt; /* owned; machine->describe_firmware's, or NULL; its place is machine->firmware_fdt */
    uint32_t firmware_fdt_size;
    gpa_t stub_gpa;  /* machine->stub's place, in the device tree's last bytes; 0: it has none */
    void *boot_data; /* owned: what machine->entry made */
};

/* Frees it and what it owns. NULL: nothing. */
void plan_destroy(struct plan *plan);

/* Adds an image. -ENOSPC; -EEXIST if it overlaps another; -EFAULT if it isn't wholly in memory. */
int plan_add_image(struct plan *plan, const struct plan_image *image);

/* Places the device tree, for machine->entry: at `preferred`, where it may have `size_max` bytes, or at the top of the
 * first range of memory when the kernel lies there. -E2BIG or -ENOEXEC with the
 * reason in `why`. */
int plan_place_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size);
/* The same, and all that machine->entry does where the kernel begins at e_entry with the device tree's address. */
int plan_enter_with_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size);

#endif
