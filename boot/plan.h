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

#include "boot/kernel_image.h"
#include "boot/machine.h"
#include "devices/device.h"

struct lvmm_net_config;

/* What the plan is made from. All pointers are borrowed for the life of the plan. */
struct plan_input {
    const struct machine *machine; /* the ISA's own: the plan's may be a variant of it */
    bool qemu;                     /* QEMU is to run it: machine_for_qemu */
    const void *kernel;            /* the kernel file's bytes */
    size_t kernel_size;
    const void *initrd; /* Linux's initial RAM disk, or our kernel's archives (boot/abi.h); NULL: none */
    size_t initrd_size;
    uint64_t root_bytes; /* with these: the most that the root file system may hold */
    uint64_t memory_bytes;
    unsigned cpus;
    unsigned irqchip_version; /* where an ISA has several (aarch64: GICv2; riscv64: AIA); 0: QEMU's */
    uint32_t timebase_hz;     /* of the CPUs' clock, where the tree tells it (riscv64); 0: QEMU's */
    const char *cpu_isa;      /* what the CPUs have, where the tree tells Linux (riscv64: "riscv,isa"); NULL: QEMU's */
    unsigned disks;           /* virtio-blk devices */
    const char *shares;       /* LVMM_PROP_SHARES; NULL: no shared folders, and no device for them */
    size_t shares_size;
    bool dax;                          /* files' pages may be in the guest (boot/abi_dax.h), where the machine can */
    bool dax_writes;                   /* then: pages that can be written, too */
    const struct lvmm_net_config *net; /* LVMM_PROP_NET; NULL: no network, and no device for it */
    bool pflash;                       /* a flash device at the machine's window */
    uint64_t pflash_size;              /* bytes, at most the window */
    const char *append;                /* may be NULL */
    bool verbose;
    bool init;        /* the program is to be process 1 */
    bool usage;       /* our guest kernel is to tell what was used: LVMM_FLAG_USAGE */
    uint32_t threads; /* LVMM_PROP_THREADS; 0: not given */
    uint32_t trace;   /* what our guest kernel is to tell of its system calls: enum lvmm_trace_wanted */
    const char *argv; /* NUL-terminated strings one after the other, or NULL */
    size_t argv_size;
    const char *envp;
    size_t envp_size;
    const char *cwd, *user, *hostname; /* LVMM_PROP_*; NULL: not given */
    uint32_t tty;                      /* LVMM_PROP_TTY */
    uint32_t rows, columns;
    uint64_t realtime_ns;
    uint8_t rng_seed[64]; /* our kernel's key, and the first random bytes that it gives */
};

enum plan_file { PLAN_FILE_NONE, PLAN_FILE_KERNEL, PLAN_FILE_INITRD };

struct plan_image { /* bytes to place in guest memory; the rest of mem_size is zero already */
    const char *name;
    gpa_t gpa;
    const void *data;
    uint64_t file_size, mem_size;
    enum plan_file file;  /* data is a part of that file: it can be mapped rather than copied */
    uint64_t file_offset; /* then: where it is there */
};

struct plan_device {
    const struct device_type *type;
    struct device_window window;
};

enum plan_entry_mode {
    PLAN_ENTRY_USUAL,   /* the ISA's own way for all kernels; x86_64: PVH, 32-bit protected mode, arg = ebx */
    PLAN_ENTRY_LINUX,   /* the same, with what else firmware would have set up for Linux */
    PLAN_ENTRY_LINUX64, /* x86_64: Linux's 64-bit boot protocol: long mode, arg = rsi, and what follows it */
};

/* Registers at entry: the machine says what they mean. */
struct plan_entry {
    uint64_t pc, arg;
    enum plan_entry_mode mode;
    gpa_t page_tables, gdt; /* PLAN_ENTRY_LINUX64 */
    uint32_t gdt_bytes;
};

#define PLAN_IMAGES (ELF_SEGMENTS_MAX + 8)
#define PLAN_DEVICES 40

struct plan {
    const struct machine *machine;
    unsigned irqchip_version; /* the input's */
    uint32_t timebase_hz;     /* the input's, or the machine's; 0: the tree says nothing of it */
    const char *cpu_isa;      /* the input's */
    bool bare;                /* not our guest kernel: the serial port is its console */
    bool linux_guest;         /* bare, and it is Linux: it has a virtio-console as well, and `cmdline` */
    struct kernel_image kernel;
    gpa_t kernel_entry; /* where its first instruction is */
    char *cmdline;      /* owned; Linux's: the input's `append`, with a console if that names none */
    bool
        hvc_console; /* the last console= of cmdline is the virtio-console: stdin goes there, else to the serial port */
    bool fault_is_reset; /* Linux was told to restart by a triple fault (reboot=t) */
    gpa_t initrd_gpa;    /* with initrd_size bytes of it; no initrd: 0 and 0 */
    uint64_t initrd_size;
    struct mem_range memory[MEM_RANGES];
    unsigned memory_count;
    struct plan_image image[PLAN_IMAGES];
    unsigned image_count;
    struct plan_device device[PLAN_DEVICES];
    unsigned device_count;
    struct dax_place dax; /* bytes 0: there is none */
    bool shared_memory;   /* a device is served by another process, which maps the guest's memory */
    struct plan_entry entry;
    void *fdt; /* owned */
    uint32_t fdt_size;
    gpa_t fdt_gpa;
    void *firmware_fdt; /* owned; machine->describe_firmware's, or NULL; its place is machine->firmware_fdt */
    uint32_t firmware_fdt_size;
    gpa_t stub_gpa;  /* machine->stub's place, in the device tree's last bytes; 0: it has none */
    void *boot_data; /* owned: what machine->entry made */
    void *acpi;      /* owned: ACPI tables, or NULL */
};

/* The image of boot_data, or NULL. */
const struct plan_image *plan_boot_image(const struct plan *plan);

/* Frees it and what it owns. NULL: nothing. */
void plan_destroy(struct plan *plan);

/* Adds an image. -ENOSPC; -EEXIST if it overlaps another; -EFAULT if it isn't wholly in memory. */
int plan_add_image(struct plan *plan, const struct plan_image *image);

/* Places an image of image->mem_size bytes at the highest multiple of 64 KiB that is free from `from` on and below
 * `limit` (0: to the end), in the first range of memory that has room, and adds it; image->gpa is set. -ENOSPC: there
 * is no room. */
int plan_add_image_high(struct plan *plan, struct plan_image *image, gpa_t from, gpa_t limit);

/* Places the device tree, for machine->entry: at `preferred`, where it may have `size_max` bytes, or as high in
 * memory as there is room when the kernel lies there. -E2BIG or -ENOEXEC with the
 * reason in `why`. */
int plan_place_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size);
/* The same, and all that machine->entry does where the kernel begins at plan->kernel_entry with the device tree's
 * address. */
int plan_enter_with_fdt(struct plan *plan, gpa_t preferred, uint64_t size_max, char *why, size_t why_size);

#endif
