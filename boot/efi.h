/* SPDX-License-Identifier: Apache-2.0 */
/*
 * efi.h - the tables of UEFI firmware that Linux on LoongArch wants to be entered with (UEFI Specification 2.10,
 * chapters 4 and 7.2; Linux, Documentation/arch/loongarch/booting.rst and drivers/firmware/efi/): the system table,
 * with the memory map as Linux's own EFI stub hands it over, ACPI tables, initrd and random seed, and the device tree.
 * There are no services behind them.
 */
#ifndef LVMM_BOOT_EFI_H
#define LVMM_BOOT_EFI_H

#include "boot/plan.h"

/* Where the command line begins, from the system table's address on. */
#define EFI_CMDLINE_OFFSET 0x400u

/* Makes ACPI tables for `room` bytes at `base`, where the RSDP is: *tables, *size bytes, is the caller's to free. 0,
 * -ENOMEM, or -ENOSPC: they don't fit. */
typedef int efi_acpi_maker(const struct plan *plan, unsigned cpus, gpa_t base, uint64_t room, void **tables,
                           size_t *size);

/* Places the tables of the plan, whose device tree has its place, after them the command line, and then the ACPI
 * tables; *systab is their address. plan->boot_data has them. 0, or -errno with the reason in `why`. */
int efi_add_tables(struct plan *plan, const struct plan_input *input, efi_acpi_maker *make_acpi, gpa_t *systab,
                   char *why, size_t why_size);

#endif
