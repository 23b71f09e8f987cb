/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - where things are in the kernel's half of the address space; for C, assembly and the linker script.
 *
 * The kernel is linked at fixed physical addresses with one 2 MiB page each for text, constants and data, so that its
 * page tables are constants in the image: on a KVM that emulates ring 0, each instruction at boot counts.
 */
#ifndef GK_ARCH_X86_64_LAYOUT_H
#define GK_ARCH_X86_64_LAYOUT_H

#define KERNEL_BASE 0xffffffff80000000 /* physical 0, as the kernel is linked (-mcmodel=kernel) */
#define KERNEL_TEXT_PHYS 0x200000
#define KERNEL_RODATA_PHYS 0x400000
#define KERNEL_DATA_PHYS 0x600000

#define DIRECT_BASE \
    0xffff888000000000 /* all of physical memory; PML4 slot 273 (soft KVM can't use slot 256 at CPL 3) */
#define DIRECT_SLOT 273
#define KERNEL_SLOT 511

/* Device registers, seen uncached through the direct map: the last 32 MiB below 4 GiB. */
#define DEVICES_PHYS 0xfe000000
#define DEVICES_SIZE 0x02000000

#define BOOT_STACK_SIZE 0x8000

/* Selectors. The order is the one that sysret wants (Intel SDM vol. 3, 5.8.8): STAR[63:48] + 8 is SS, + 16 is CS. */
#define SEL_KERNEL_CODE 0x10
#define SEL_KERNEL_DATA 0x18
#define SEL_SYSRET_BASE 0x23
#define SEL_USER_DATA 0x2b
#define SEL_USER_CODE 0x33
#define SEL_TSS 0x40

#define VECTOR_PAGE_FAULT 14
#define VECTOR_IRQ_BASE 0x20 /* I/O APIC input n comes as vector 0x20 + n */
#define VECTOR_IRQ_COUNT 24
#define VECTOR_TIMER 0x38
#define VECTOR_SPURIOUS 0x3f
#define VECTOR_COUNT 0x40
#define VECTOR_SYSCALL 0x100 /* no vector: marks a frame that came by `syscall` */

/* struct percpu, for assembly (cpu.c asserts them) */
#define PERCPU_KERNEL_SP 0
#define PERCPU_FRAME_END 8
#define PERCPU_SCRATCH 16
#define PERCPU_IDLE_VECTOR 24

#endif
