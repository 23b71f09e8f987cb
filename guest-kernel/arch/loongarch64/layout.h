/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layout.h - addresses, control registers and structure offsets; for C, assembly and the linker script.
 *
 * The kernel sees all of physical memory through two direct mapped windows, which only privilege level 0 may use. They
 * can't be restricted in what is done through them, so the kernel's own text is writable to the kernel; programs have
 * page tables, and no way to a window.
 */
#ifndef GK_ARCH_LOONGARCH64_LAYOUT_H
#define GK_ARCH_LOONGARCH64_LAYOUT_H

#define WINDOW_UNCACHED 0x8000000000000000 /* strongly ordered: device registers */
#define WINDOW_CACHED 0x9000000000000000   /* memory; the kernel is linked here */

#define BOOT_STACK_SIZE 0x8000

/* Control and status registers (LoongArch Reference Manual vol. 1, table 7-1) */
#define CSR_CRMD 0x0
#define CSR_PRMD 0x1
#define CSR_EUEN 0x2
#define CSR_ECFG 0x4
#define CSR_ESTAT 0x5
#define CSR_ERA 0x6
#define CSR_BADV 0x7
#define CSR_BADI 0x8
#define CSR_EENTRY 0xc
#define CSR_TLBIDX 0x10
#define CSR_TLBEHI 0x11
#define CSR_ASID 0x18
#define CSR_PGDL 0x19
#define CSR_PGDH 0x1a
#define CSR_PGD 0x1b
#define CSR_PWCL 0x1c
#define CSR_PWCH 0x1d
#define CSR_STLBPS 0x1e
#define CSR_CPUID 0x20
#define CSR_SAVE_SCRATCH 0x30
#define CSR_SAVE_FRAME 0x31  /* the current thread's frame */
#define CSR_SAVE_PERCPU 0x32 /* struct percpu of this CPU */
#define CSR_SAVE_REFILL 0x33
#define CSR_SAVE_REFILL2 0x34
#define CSR_TID 0x40
#define CSR_TCFG 0x41
#define CSR_TICLR 0x44
#define CSR_TLBRENTRY 0x88
#define CSR_TLBRBADV 0x89
#define CSR_TLBRERA 0x8a
#define CSR_TLBRSAVE 0x8b
#define CSR_TLBRELO0 0x8c
#define CSR_TLBRELO1 0x8d
#define CSR_TLBREHI 0x8e
#define CSR_DMW0 0x180
#define CSR_DMW1 0x181

#define CRMD_IE 0x4
#define CRMD_KERNEL 0xb0 /* PLV 0, interrupts off, mapped address mode, both access types coherent cached */
#define PRMD_USER 0x7    /* PLV 3, interrupts on */
#define PRMD_IE 0x4

/* Where each level's bits of an address are: of the page table and directory 1; of directory 3 (2 is left out, as its
 * place must be below bit 32). */
#define PWCL_LEVELS (14 | 11 << 5 | 25 << 10 | 11 << 15)
#define PWCH_LEVELS (36 | 11 << 6)
#define PAGE_SIZE_BITS 14
#define ASID_WIDTH 10 /* of CSR.ASID.ASID, at most */
#define PTE_NX_BIT 62

/* Interrupts of the CPU: bits of ESTAT.IS and ECFG.LIE */
#define IS_EIOINTC (1 << 3) /* hardware interrupt 1 */
#define IS_TIMER (1 << 11)
#define IS_IPI (1 << 12)

#define IOCSR_IPI_STATUS 0x1000
#define IOCSR_IPI_ENABLE 0x1004
#define IOCSR_IPI_CLEAR 0x100c
#define IOCSR_IPI_MAILBOX0 0x1020
#define IOCSR_IPI_SEND 0x1040
#define IOCSR_MAIL_SEND 0x1048

/* struct trap_frame, for assembly (cpu.c asserts them) */
#define FRAME_PC 0x100
#define FRAME_ESTAT 0x108
#define FRAME_BADV 0x110
#define FRAME_SIZE 0x120

/* struct percpu, for assembly (cpu.c asserts them) */
#define PERCPU_KERNEL_SP 0
#define PERCPU_KERNEL_RA 8

#define EXC_SYSCALL 0xb /* ESTAT.Ecode; the others are trap.c's */

#endif
