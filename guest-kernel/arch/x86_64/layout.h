/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - where things are in the kernel's half of the address space; for C, assembly and the linker script.
 *
 * The kernel is linked at fixed physical addresses with one 2 MiB page each for text, constants, data and large tables,
 * so that its page tables are constants in the image: on a KVM that emulates ring 0, each instruction at boot counts.
 */
#ifndef GK_ARCH_X86_64_LAYOUT_H
#define GK_ARCH_X86_64_LAYOUT_H

#define KERNEL_BASE 0xffffffff80000000 /* physical 0, as the kernel is linked (-mcmodel=kernel) */
#define KERNEL_TEXT_PHYS 0x200000
#define KERNEL_RODATA_PHYS 0x400000
#define KERNEL_DATA_PHYS 0x600000
#define KERNEL_TABLES_PHYS 0x800000 /* lib/large_table.h */

#define DIRECT_BASE \
    0xffff888000000000 /* all of physical memory; PML4 slot 273 (soft KVM can't use slot 256 at CPL 3) */
#define DIRECT_SLOT 273
#define KERNEL_SLOT 511

#define SMP_TRAMPOLINE 0x8000 /* physical, below 1 MiB: where another CPU begins */

/* Device registers, seen uncached through the direct map: the last 32 MiB below 4 GiB. */
#define DEVICES_PHYS 0xfe000000
#define DEVICES_SIZE 0x02000000

/*
 * The gate (gate.S): a few pages in a slot of their own, supervisor-only, the same in every address space of soft KVM.
 * Page 0 is its code, page 1 its data, page 2 the local APIC, behind them the other CPUs' data. Physically the first
 * two are the last page of the kernel's text and of its data.
 */
#define GATE_SLOT 510
#define LAPIC_PHYS 0xfee00000
#define GATE_LSTAR_OFFSET 0x800 /* in page 0: where `syscall` leads */
#define GATE_BASE 0xffffff0000000000
#define GATE_TEXT_PHYS 0x3ff000
#define GATE_DATA_PHYS 0x7ff000
#define GATE_DATA (GATE_BASE + 0x1000)
#define GATE_LAPIC (GATE_BASE + 0x2000)
#define GATE_DATA_ALIAS (KERNEL_BASE + GATE_DATA_PHYS) /* the kernel's own view of page 1 */

/*
 * A CPU's part of the gate's data, as offsets from its TSS.RSP0. The processor and the gate's stubs push the user's
 * frame below it; what stands above is the kernel's to fill. The gate reaches it through rsp, the kernel through
 * percpu.gate.
 */
#define GATE_RSP0 0xe00 /* the boot CPU's, in page 1 */
#define GATE_SS -0x08
#define GATE_RSP -0x10
#define GATE_RFLAGS -0x18
#define GATE_CS -0x20
#define GATE_RIP -0x28
#define GATE_ERROR -0x30
#define GATE_RAX -0x38
#define GATE_VECTOR -0x40
#define GATE_CR2 -0x48
#define GATE_KERNEL_FRAME 0x00 /* what iretq takes into the kernel: rip cs rflags rsp ss */
#define GATE_KERNEL_RIP 0x00
#define GATE_KERNEL_RSP 0x18
#define GATE_USER_CR3 0x28
#define GATE_USER_FRAME 0x30 /* what iretq takes into the program */
#define GATE_USER_RAX 0x58
#define GATE_IN_USER 0x60 /* the program runs: a trap now is its own, whatever its rip says */

#define GATE_GDT 0x400 /* in page 1, behind the IDT */
#define GATE_TSS 0x480
#define GATE_IST 0x680 /* the end of the stack for a double fault */

/* Another CPU has such a page 1 of its own, in which the IDT is not used: CPU n page 2 + n. */
#define GATE_PAGES 512

/* struct trap_frame, for assembly (cpu.c asserts them) */
#define FRAME_RAX 0x68
#define FRAME_VECTOR 0x78
#define FRAME_ERROR 0x80
#define FRAME_RIP 0x88 /* and cs, rflags, rsp, ss: as the processor pushes them */
#define FRAME_RFLAGS 0x98
#define FRAME_RSP 0xa0
#define FRAME_FS_BASE 0xb0
#define FRAME_GS_BASE 0xb8
#define FRAME_CPU 0xc0

/* Requests to the gate, in eax. */
#define GATE_OP_IDLE 0
#define GATE_OP_MMIO 1
#define GATE_OP_OUT 2
#define GATE_OP_XSAVE 3
#define GATE_OP_LEAVE 4     /* to ring 0, for good */
#define GATE_OP_SEGMENTS 5  /* loads ds and es */
#define GATE_OP_RELOAD 6    /* loads ds, es, fs and gs again where they hold a selector whose descriptor has changed */
#define GATE_OP_SELECTORS 7 /* what ds, es, fs and gs hold, and loads them */

/* How the kernel runs, as boot.S tells start(). */
#define START_DIRECT 0   /* at CPL 0 */
#define START_GATED 1    /* at CPL 3, behind the gate */
#define START_EMULATED 2 /* at CPL 0 though KVM emulates that */

#define BOOT_STACK_SIZE 0x8000

/* Selectors. The order is the one that sysret wants (Intel SDM vol. 3, 5.8.8): STAR[63:48] + 8 is SS, + 16 is CS. */
#define SEL_KERNEL_CODE 0x10
#define SEL_KERNEL_DATA 0x18
#define SEL_SYSRET_BASE 0x23
#define SEL_USER_CODE_32 0x23 /* as on Linux, and the others as well */
#define SEL_USER_DATA 0x2b
#define SEL_USER_CODE 0x33
#define SEL_TSS 0x40
#define SEL_TLS 0x63 /* the first of TLS_ENTRIES, in whose descriptors a 32-bit program keeps its thread pointers */
#define TLS_ENTRIES 3
#define SEL_CPU 0x7b /* as on Linux: the segment's limit is the CPU's number (vdso/counter.h) */
#define GDT_ENTRIES 16

#define VECTOR_DIVIDE 0
#define VECTOR_DEBUG 1
#define VECTOR_BREAKPOINT 3
#define VECTOR_INVALID_OPCODE 6
#define VECTOR_NO_SEGMENT 11
#define VECTOR_STACK 12
#define VECTOR_PAGE_FAULT 14
#define VECTOR_X87 16
#define VECTOR_ALIGNMENT 17
#define VECTOR_SIMD 19
#define VECTOR_IRQ_BASE 0x20 /* I/O APIC input n comes as vector 0x20 + n */
#define VECTOR_IRQ_COUNT 24
#define VECTOR_TIMER 0x38
#define VECTOR_KICK 0x39 /* from another CPU */
#define VECTOR_SPURIOUS 0x3f
#define VECTOR_COUNT 0x40
#define VECTOR_INT80 0x80    /* i386 system calls; the only one above VECTOR_COUNT */
#define VECTOR_SYSCALL 0x100 /* no vector: marks a frame that came by `syscall` */
#define VECTOR_SYSCALL_CHANGED                                                             \
    0x101 /* and doesn't go back by sysret: its rcx and r11 aren't rip and rflags any more \
           */

/* struct percpu, for assembly (cpu.c asserts them) */
#define PERCPU_KERNEL_SP 0
#define PERCPU_FRAME_SS 8
#define PERCPU_SCRATCH 16
#define PERCPU_IDLE_VECTOR 24
#define PERCPU_SELF 32
#define PERCPU_GATE 40
#define PERCPU_FAULT_STACK 48

#endif
