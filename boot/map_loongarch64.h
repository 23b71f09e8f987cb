/* SPDX-License-Identifier: Apache-2.0 */
/* map_loongarch64.h - where things are in QEMU's `virt` for LoongArch, for those who describe it: tree and ACPI. */
#ifndef LVMM_BOOT_MAP_LOONGARCH64_H
#define LVMM_BOOT_MAP_LOONGARCH64_H

#define MIB (1024ull * 1024)
#define GIB (1024 * MIB)

#define RAM_LOW_MAX (256 * MIB)
#define RAM_HIGH_BASE 0x90000000ull

#define PIC_BASE 0x10000000
#define PIC_SIZE 0x400
#define EIOINTC_IOCSR 0x1400 /* an IOCSR address, not one of memory */
#define EIOINTC_SIZE 0x900
#define EIOINTC_CPU_INPUT 3 /* hardware interrupt 1 */
#define MSI_BASE 0x2ff00000
#define MSI_FIRST 64
#define MSI_COUNT 192
#define GED_BASE 0x100e001c /* ACPI's generic event device: sleep control, sleep status, reset */
#define RTC_BASE 0x100d0100
#define RTC_SIZE 0x100
#define RTC_IRQ 6

#define ECAM_BASE 0x20000000
#define ECAM_SIZE 0x08000000
#define ECAM_BUSES (ECAM_SIZE >> 20)
#define ISA_IO_BASE 0x18000000
#define ISA_IO_SIZE 0x4000
#define PCI_IO_BASE 0x18004000
#define PCI_IO_OFFSET 0x4000
#define PCI_IO_SIZE 0xc000
#define PCI_MEM_BASE 0x40000000
#define PCI_MEM_SIZE 0x40000000
#define PCI_IRQ 16 /* the PIC's inputs of INTA to INTD of device 0 */
#define PCI_PINS 4

#define ROM_BASE 0x1c000000 /* where a CPU begins without us */

#endif
