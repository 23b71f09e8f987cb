/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - where things are in the kernel's half of the address space; for C, assembly and the linker script.
 *
 * The kernel is linked at fixed physical addresses with one 2 MiB block each for text, constants, data and large
 * tables, so that its page tables are constants in the image: nothing is written before the MMU is on.
 */
#ifndef GK_ARCH_AARCH64_LAYOUT_H
#define GK_ARCH_AARCH64_LAYOUT_H

#define DIRECT_BASE 0xffff000000000000 /* all of physical memory, and the devices, which lie in its first GiB */
#define KERNEL_BASE 0xffffffff00000000 /* physical 0, as the kernel is linked */
#define RAM_GIB 0x40000000             /* the GiB that the kernel lies in */
#define KERNEL_TEXT_PHYS 0x40200000
#define KERNEL_RODATA_PHYS 0x40400000
#define KERNEL_DATA_PHYS 0x40600000
#define KERNEL_TABLES_PHYS 0x40800000 /* lib/large_table.h */

#define BOOT_STACK_SIZE 0x8000 /* at the beginning of the data: below it nothing can be written */
#define CPU_MEMORY_SIZE 0x4000 /* of another CPU (aarch64.h, cpu_memory) */
#define PANIC_STACK_SIZE 0x1000

/* struct trap_frame, for assembly (cpu.c asserts them) */
#define FRAME_SP 248
#define FRAME_PC 256
#define FRAME_SIZE 304

/* What came: the vector's number within its group of four. */
#define TRAP_FROM_SYNC 0
#define TRAP_FROM_IRQ 1
#define TRAP_FROM_FIQ 2
#define TRAP_FROM_SERROR 3

/* TCR_EL1 but for the size of physical addresses: 48-bit virtual ones in both halves, 4 KiB pages, tables in cached,
 * inner shareable memory, and the top byte of user addresses ignored (TBI0), as Linux has it. */
#define TCR_BASE 0x20b5103510
#define TCR_IPS_SHIFT 32

#define MAIR_VALUE 0xff04 /* 0: Device-nGnRE, 1: Normal, write-back */

/* MMU, caches, stack alignment checks; EL0 may use DC ZVA, CTR_EL0 and cache maintenance, while WFI and WFE trap;
 * PAN is set on each exception (SPAN is 0); the rest are bits that are RES1 without later features. */
#define SCTLR_VALUE 0x3450d91d

#endif
