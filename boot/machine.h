/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine.h - an ISA's machine: where memory and devices are. All machines are compiled into every build.
 */
#ifndef LVMM_BOOT_MACHINE_H
#define LVMM_BOOT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/device.h"
#include "vmm/kvm/mem.h"

struct kernel_image;
struct plan;
struct plan_entry;
struct plan_image;
struct plan_input;
struct fdt;

#define MACHINE_STUB_WORDS 36
#define MACHINE_STUB_BYTES (MACHINE_STUB_WORDS * 4u)

struct machine {
    const char *isa;         /* "x86_64": names folders, options and messages */
    const char *debian_name; /* "amd64": what --arch takes as well */
    uint16_t elf_machine;    /* EM_X86_64 ... */
    const char *variant;     /* "q35": of a machine that stands for the ISA's own, see below; NULL: it is that one */
    const char *platform;    /* "lvmm-microvm": root node's model */
    const char *compatible;  /* "lvmm,microvm": root node's compatible */

    uint64_t memory_min, memory_max; /* bytes */
    unsigned cpus_max;
    uint32_t timebase_hz; /* plan_input.timebase_hz where that is 0 */
    /* Splits `size` bytes of RAM into ranges; returns how many. */
    unsigned (*memory_map)(uint64_t size, struct mem_range range[MEM_RANGES]);

    /* Memory and what is mapped behind it end here, where a guest may have files' pages (boot/abi_dax.h). 0: it has
     * none of these. */
    gpa_t window_limit;

    struct device_window serial, power_off;
    const struct device_type *serial_type;
    const struct device_type *power_off_type; /* NULL: firmware calls do it (PSCI, SBI) */
    struct device_window pflash;              /* size 0: none */
    bool pflash_is_rom;                       /* it can only be read */
    bool pflash_in_describe;                  /* describe() writes its node, and not the device itself */
    /* The variant that a guest with a flash gets where QEMU runs it, because QEMU's machine with this one's map has
     * none. It differs as little as it can. NULL: none is needed. */
    const struct machine *qemu_flash;
    /* The window of virtio slot 0; slot n (0 .. virtio_slots - 1) is n strides further. */
    struct device_window virtio;
    uint64_t virtio_stride;
    unsigned virtio_slots; /* 0: no virtio devices, hence no disks and only bare kernels */

    /* Writes the nodes that are no devices of ours, below the root: interrupt controllers (the devices' one has
     * FDT_PHANDLE_INTC), CPUs, timers. The plan has its kernel, no tree yet. */
    void (*describe)(struct fdt *fdt, const struct plan *plan, const struct plan_input *input);
    /* Writes what the firmware that runs below the kernel has to know, for a device tree of its own at firmware_fdt,
     * where the guest's memory isn't. NULL: there is no firmware, or it needs none. */
    void (*describe_firmware)(struct fdt *fdt, const struct plan *plan, const struct plan_input *input);
    gpa_t firmware_fdt;
    /* Cells of an "interrupts" property for input `irq`; returns how many (at most 3). */
    unsigned (*irq_cells)(uint32_t irq, unsigned irqchip_version, uint32_t cells[3]);

    /* What a stock Linux ends the machine with, beside firmware calls, in place of power_off; NULL: nothing. */
    const struct device_type *linux_power_type, *linux_reset_type;
    struct device_window linux_power, linux_reset;

    /* How Linux is booted. Its console where the command line names none: "ttyS0". */
    const char *linux_console;
    /* Where a Linux image that isn't ELF goes: 0 with the address and the bytes of memory it takes, or -ENOEXEC with
     * the reason in `why`. The plan has memory, no image yet. NULL: the machine takes only ELF files. */
    int (*place_linux)(const struct plan *plan, struct plan_image *image, char *why, size_t why_size);
    gpa_t initrd_from;  /* an initrd begins there or above */
    gpa_t initrd_limit; /* and ends below; 0: it may lie anywhere */

    /* Places the device tree and what the entry protocol needs (start_info on x86_64) and fills plan->entry. The
     * kernel's segments, the initrd and plan->fdt are there. 0, or -errno with the reason in `why`. */
    int (*entry)(struct plan *plan, const struct plan_input *input, char *why, size_t why_size);

    /* What is in which register at the entry, and in which mode the CPU is then, for those who want to look. */
    void (*explain_entry)(const struct plan_entry *entry, char *text, size_t size);

    /* Instructions that load the entry's argument and jump to its pc, for those who can start a CPU at an address but
     * not set its registers; returns how many words. They run where they are placed (plan_place_fdt), with the CPU as
     * reset left it. NULL: the entry protocol needs none. */
    unsigned (*stub)(const struct plan_entry *entry, gpa_t at, uint32_t code[MACHINE_STUB_WORDS]);
    bool stub_in_rom; /* it goes to where firmware would be, and isn't placed with the tree */
};

/* The one list, ended by NULL: boot/machine.c. */
extern const struct machine *const machines[];
/* By `isa` or by Debian's name. NULL: unknown. */
const struct machine *machine_by_isa(const char *name);
const struct machine *machine_by_elf(uint16_t elf_machine);
/* The machine itself, or the variant that QEMU has in its place. */
const struct machine *machine_for_qemu(const struct machine *machine, bool pflash);

extern const struct machine machine_x86_64;
extern const struct machine machine_x86_64_q35; /* not in the list: machine_x86_64's variant */
extern const struct machine machine_aarch64;
extern const struct machine machine_riscv64;
extern const struct machine machine_loongarch64;

#endif
