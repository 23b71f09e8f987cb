/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.S - entry (Linux, Documentation/arch/riscv/boot.rst): S-mode, satp 0, a0 = hart, a1 = device tree; for a hart that
 * the kernel starts, a1 = its struct percpu. Page tables are constants.
 */
#include "layout.h"

#define VALID 0x01
#define READ 0x02
#define WRITE 0x04
#define EXEC 0x08
#define GLOBAL 0x20 /* the same in all address spaces */
#define ACCESSED 0x40
#define DIRTY 0x80
#define RX (VALID + READ + EXEC + GLOBAL + ACCESSED)
#define RO (VALID + READ + GLOBAL + ACCESSED)
#define RW (VALID + READ + WRITE + GLOBAL + ACCESSED + DIRTY)
#define PPN(address) ((address) >> 12 << 10)
#define PHYS(symbol) ((symbol)-KERNEL_BASE)
/* A table's address is the linker's to know, and it can't shift: the tables' place is fixed. */
#define TABLE_PHYS(n) (KERNEL_DATA_PHYS + BOOT_STACK_SIZE + (n) * 0x1000)

/* To the kernel's own addresses: the next fetch faults, and a fault goes to where stvec says. */
    .macro turn_on_paging target
    csrw sie, zero
    lla t0, boot_root
    srli t0, t0, 12
    li t1, SATP_SV39 << 60
    or t0, t0, t1
    lla t1, \target
    ld t1, 0(t1)
    csrw stvec, t1
    sfence.vma
    csrw satp, t0
    .balign 4
    .endm

    .section .text.boot, "ax"
    .globl boot_entry
boot_entry:
    lla t0, boot_hart_is_here
    li t1, 1
    amoswap.w t1, t1, (t0)
    bnez t1, started_hart
    turn_on_paging boot_high_address
boot_high:
    lla tp, percpus
    lla sp, boot_stack_top
    lla t0, trap_entry
    csrw stvec, t0
    csrw sscratch, zero
    call start

/* A hart that arch_cpu_start has started, with the boot hart's entry: OpenSBI (1.1, QEMU 7.2's) lets it go before it has
 * written down where to. Its struct percpu is the one with its number, behind the first. */
started_hart:
    lla a1, percpus
1:  addi a1, a1, PERCPU_SIZE
    lwu t0, PERCPU_HART(a1)
    ld t1, PERCPU_STACK(a1)
    beqz t1, started_hart
    bne t0, a0, 1b
    li t0, KERNEL_BASE
    add a1, a1, t0
    .globl secondary_entry
secondary_entry:
    turn_on_paging secondary_high_address
secondary_high:
    mv tp, a1
    ld sp, PERCPU_STACK(tp)
    lla t0, trap_entry
    csrw stvec, t0
    csrw sscratch, zero
    call start_secondary

    .balign 8
boot_high_address:
    .quad boot_high
secondary_high_address:
    .quad secondary_high

    .bss
    .balign 4
boot_hart_is_here:
    .skip 4

    .section .data.pagetables, "aw"
    .balign 4096
/* First in the data: below it are constants, read-only, so an overflow faults there. */
boot_stack:
    .skip BOOT_STACK_SIZE
    .globl boot_stack_top
boot_stack_top:
    .globl boot_root
boot_root: /* TABLE_PHYS(0) */
    .skip 8 * DIRECT_SLOT
    .set n, 0
    .rept DIRECT_GIBS
    .if n == KERNEL_GIB
    .quad PPN(TABLE_PHYS(1)) + VALID
    .else
    .quad PPN(n << 30) + RW
    .endif
    .set n, n + 1
    .endr
    .skip 8 * (KERNEL_SLOT - DIRECT_SLOT - DIRECT_GIBS)
    .quad PPN(TABLE_PHYS(2)) + VALID
    .quad PPN(TABLE_PHYS(3)) + VALID
boot_table_direct: /* TABLE_PHYS(1): the firmware's 2 MiB are left out; text and constants are read-only here too */
    .quad 0
    .set n, 1
    .rept 511
    .set at, (KERNEL_GIB << 30) + n * 0x200000
    .if at == KERNEL_TEXT_PHYS || at == KERNEL_RODATA_PHYS
    .quad PPN(at) + RO
    .else
    .quad PPN(at) + RW
    .endif
    .set n, n + 1
    .endr
boot_table_kernel: /* TABLE_PHYS(2) */
    .quad 0
    .quad PPN(KERNEL_TEXT_PHYS) + RX
    .quad PPN(KERNEL_RODATA_PHYS) + RO
    .quad PPN(KERNEL_DATA_PHYS) + RW
    .quad PPN(KERNEL_TABLES_PHYS) + RW
    .skip 8 * 507
boot_table_stacks: /* TABLE_PHYS(3): arch_stack_map adds to it */
    .skip 8 * 512
