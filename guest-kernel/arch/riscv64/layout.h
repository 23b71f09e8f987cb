/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - where things are in the kernel's half of the address space; for C, assembly and the linker script.
 *
 * The kernel is linked at fixed physical addresses with one 2 MiB page each for text, constants, data and large tables,
 * so that its page tables are constants in the image. The device tree lies behind the constants
 * (boot/machine_riscv64.c).
 */
#ifndef GK_ARCH_RISCV64_LAYOUT_H
#define GK_ARCH_RISCV64_LAYOUT_H

#define KERNEL_BASE 0xffffffff00000000 /* physical 0, as the kernel is linked */
#define KERNEL_TEXT_PHYS 0x80200000
#define KERNEL_RODATA_PHYS 0x80400000
#define KERNEL_DATA_PHYS 0x80600000
#define KERNEL_TABLES_PHYS 0x80800000 /* lib/large_table.h */
#define KERNEL_GIB 2                  /* the GiB of physical memory that these are in */

#define DIRECT_BASE 0xffffffc000000000 /* all of physical memory, a GiB an entry of the root table */
#define DIRECT_SLOT 256
#define DIRECT_GIBS 252
#define KERNEL_SLOT 510

#define DEVICES_END 0x80000000 /* memory begins behind them */

#define SATP_SV39 8 /* in its upper four bits */
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK 0xffffull

#define BOOT_STACK_SIZE 0x8000
#define FAULT_STACK_SIZE 0x1000 /* of each CPU */

/* struct trap_frame, for assembly (cpu.c asserts them): xN is at 8 * N, pc at 0. */
#define FRAME_PC 0x00
#define FRAME_SP 0x10
#define FRAME_TP 0x20
#define FRAME_T0 0x28
#define FRAME_A0 0x50
#define FRAME_STATUS 0x100
#define FRAME_CAUSE 0x108
#define FRAME_VALUE 0x110
#define FRAME_SIZE 0x120

/* struct percpu, for assembly (cpu.c asserts them) */
#define PERCPU_KERNEL_SP 0
#define PERCPU_FRAME 8
#define PERCPU_SCRATCH 16
#define PERCPU_STACK 24
#define PERCPU_IDLE_CAUSE 32
#define PERCPU_FAULT_STACK 40
#define PERCPU_HART 80
#define PERCPU_SIZE 128

/* struct vector_state, for assembly (fpu.c asserts them) */
#define VECTOR_VSTART 0
#define VECTOR_VL 8
#define VECTOR_VTYPE 16
#define VECTOR_VCSR 24
#define VECTOR_VLENB 32

/* sstatus (Privileged Architecture, 10.1) */
#define STATUS_SIE 0x2
#define STATUS_SPIE 0x20

#endif
