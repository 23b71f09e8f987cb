/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_x86.h - what Linux finds in memory on x86: the memory map, the ACPI tables, and with the 64-bit boot protocol
 * (Linux, Documentation/arch/x86/boot.rst) the zero page, page tables and a GDT.
 */
#ifndef LVMM_BOOT_LINUX_X86_H
#define LVMM_BOOT_LINUX_X86_H

#include <stddef.h>
#include <stdint.h>

#include "boot/plan.h"

/* A range of the memory map, as in E820 and in PVH. */
enum { X86_RANGE_RAM = 1, X86_RANGE_RESERVED = 2 };
#define X86_RANGES_MAX 6u

struct x86_range {
    uint64_t addr, size;
    uint32_t type;
};

/* The memory map that Linux is told; returns how many ranges. */
unsigned linux_x86_ranges(const struct plan *plan, struct x86_range range[X86_RANGES_MAX]);

/* machine->place_linux of a bzImage. */
int linux_x86_place(const struct plan *plan, struct plan_image *image, char *why, size_t why_size);

/* Places the ACPI tables, of local APICs and an I/O APIC there. Their address is *rsdp. 0, or -errno with the reason
 * in `why`. */
int linux_x86_add_acpi(struct plan *plan, const struct plan_input *input, uint32_t lapic_base, uint32_t ioapic_base,
                       gpa_t *rsdp, char *why, size_t why_size);

/* Is the command line no longer than the kernel takes? 0, or -ENAMETOOLONG with the reason in `why`. */
int linux_x86_check_cmdline(const struct plan *plan, char *why, size_t why_size);

/* Places the rest and fills plan->entry: the 64-bit entry, with the zero page's address. 0, or -errno with the reason
 * in `why`. */
int linux_x86_enter(struct plan *plan, gpa_t rsdp, char *why, size_t why_size);

#endif
