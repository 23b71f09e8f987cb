/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.S - entry by PVH (Xen, docs/misc/pvh.pandoc: 32-bit protected mode, paging off, ebx = hvm_start_info), straight to
 * 64-bit mode on page tables that are constants.
 */
#include "layout.h"

#define PRESENT 0x01
#define WRITE 0x02
#define USER 0x04
#define UNCACHED 0x18 /* PWT | PCD */
#define LARGE 0x80
#define GLOBAL 0x100 /* where CR4.PGE is set: cpu.c does so at CPL 0, where all address spaces have the kernel's half */
#define NX 0x8000000000000000
#define PHYS(symbol) ((symbol)-KERNEL_BASE)

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .long PHYS(boot_entry)

    .section .text.boot, "ax"
    .code32
    .globl boot_entry
boot_entry:
    mov $PHYS(boot_pml4), %eax
    mov %eax, %cr3
    mov %cr4, %eax
    or $0x620, %eax /* PAE, OSFXSR, OSXMMEXCPT */
    mov %eax, %cr4
    mov $0xc0000080, %ecx /* EFER */
    mov $0x901, %eax      /* SCE, LME, NXE */
    xor %edx, %edx
    wrmsr
    mov $0x80010033, %eax /* PG, WP, NE, ET, MP, PE */
    mov %eax, %cr0
    lgdt PHYS(boot_gdtr)
    ljmp $SEL_KERNEL_CODE, $PHYS(1f)
    .code64
1:  mov $boot_high, %rax
    jmp *%rax
boot_high:
    lgdt kernel_gdtr
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ss
    xor %eax, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %fs
    mov %eax, %gs
    movq $0, boot_pml4 /* nothing is left in the user's half; the next load of cr3 makes it so */
    test %ebx, %ebx
    jz smp_high /* not the boot CPU (smp.S) */
    mov $boot_stack_top, %rsp
    xor %ebp, %ebp

/*
 * Which way do traps go here? The gate's tables are loaded and one `syscall` is made at CPL 3, from the kernel's own text.
 * Hardware takes it to LSTAR at CPL 0 (gate_lstar, on to start_direct). Soft KVM raises a page fault there, and the gate
 * takes that to the kernel's entry at CPL 3, which is start_gated for now. A CPU without FSGSBASE, which the gated kernel
 * needs, is asked nothing.
 */
    push %rbx
    mov $7, %eax
    xor %ecx, %ecx
    cpuid
    push %rbx
    mov $1, %eax
    cpuid
    mov %ecx, cpu_features
    test %ecx, %ecx
    jns 1f /* no hypervisor; what one says of itself is asked here, as a program would hear the host's own */
    mov $0x40000000, %eax
    cpuid
    cmp $0x40000010, %eax
    jb 1f
    mov $0x40000010, %eax
    cpuid
    mov %eax, cpu_tsc_khz
1:  pop %rax
    pop %rbx
    test $1, %al
    jz start_direct
    mov $gate_gdtr, %rdi
    call gate_load
    push $SEL_USER_DATA
    push $0
    push $2
    push $SEL_USER_CODE
    push $probe
    iretq
probe:
    syscall
    ud2

/* Takes up the gate, at CPL 0: its page tables, its descriptors (rdi: where the GDT's register image is) and what `syscall`
 * needs. */
    .globl gate_load
gate_load:
    mov %cr4, %rax
    or $0x10000, %eax /* FSGSBASE */
    mov %rax, %cr4
    mov $PHYS(gate_pml4), %eax
    mov %rax, %cr3
    lgdt (%rdi)
    lidt gate_idtr
    mov $SEL_TSS, %eax
    ltr %ax
    mov $0xc0000081, %ecx /* STAR */
    xor %eax, %eax
    mov $(SEL_SYSRET_BASE << 16 | SEL_KERNEL_CODE), %edx
    wrmsr
    mov $0xc0000082, %ecx /* LSTAR */
    mov $(GATE_BASE & 0xffffffff) + GATE_LSTAR_OFFSET, %eax
    mov $(GATE_BASE >> 32), %edx
    wrmsr
    mov $0xc0000084, %ecx /* SFMASK */
    mov $0x47700, %eax
    xor %edx, %edx
    wrmsr
    ret

    .globl start_direct
start_direct:
    xor %esi, %esi
    .globl start_ring0
start_ring0: /* at CPL 0, for good; esi: why */
    mov $PHYS(boot_pml4), %eax
    mov %rax, %cr3
    lgdt kernel_gdtr
    mov $SEL_KERNEL_DATA, %eax
    mov %eax, %ss
    mov $boot_stack_top, %rsp
    mov %ebx, %edi
    call start
    ud2

    .globl start_gated
start_gated: /* at CPL 3, for good */
    movq $gate_kernel_entry, GATE_DATA_ALIAS + GATE_RSP0 + GATE_KERNEL_RIP
    movq $early_frame + FRAME_VECTOR, GATE_DATA_ALIAS + GATE_RSP0 + GATE_KERNEL_RSP
    mov %ebx, %edi
    mov $START_GATED, %esi
    call start
    ud2

    .section .rodata
boot_gdtr:
    .word kernel_gdt_end - kernel_gdt - 1
    .long PHYS(kernel_gdt)
    .balign 8
kernel_gdtr:
    .word kernel_gdt_end - kernel_gdt - 1
    .quad kernel_gdt
gate_gdtr:
    .word kernel_gdt_end - kernel_gdt - 1
    .quad gate_gdt
gate_idtr:
    .word VECTOR_COUNT * 16 - 1
    .quad gate_idt
    .globl kernel_idtr
kernel_idtr:
    .word (VECTOR_INT80 + 1) * 16 - 1
    .quad kernel_idt

/*
 * Gates are constants: the stubs (trap.S) stand 16 bytes apart from the start of the text on. Type 0xe: interrupt gate, so
 * that the kernel runs with interrupts off; DPL 3 for int3 and int 0x80. A double fault has a stack of its own (IST 1), and so
 * has a debug exception (IST 2).
 */
    .balign 16
kernel_idt:
    .set n, 0
    .rept VECTOR_COUNT
    .set offset, (KERNEL_TEXT_PHYS + n * 16) | 0x80000000
    .word offset & 0xffff, SEL_KERNEL_CODE
    .if n == 8
    .byte 1, 0x8e
    .elseif n == VECTOR_DEBUG
    .byte 2, 0x8e
    .elseif n == 3
    .byte 0, 0xee
    .else
    .byte 0, 0x8e
    .endif
    .word offset >> 16
    .long 0xffffffff, 0
    .set n, n + 1
    .endr
    .skip (VECTOR_INT80 - VECTOR_COUNT) * 16 /* not present */
    .set offset, (KERNEL_TEXT_PHYS + VECTOR_COUNT * 16) | 0x80000000
    .word offset & 0xffff, SEL_KERNEL_CODE
    .byte 0, 0xee
    .word offset >> 16
    .long 0xffffffff, 0

    .section .data
    .balign 16
    .globl kernel_gdt
kernel_gdt: /* writable: the processor marks the TSS busy, cpu.c fills in its address */
    .quad 0, 0
    .quad 0x00af9b000000ffff /* 0x10 */
    .quad 0x00cf93000000ffff /* 0x18 */
    .quad 0x00cffb000000ffff /* 0x23 32-bit user code */
    .quad 0x00cff3000000ffff /* 0x2b */
    .quad 0x00affb000000ffff /* 0x33 */
    .quad 0
    .quad 0, 0 /* 0x40 TSS */
    .skip (GDT_ENTRIES - 10) * 8 /* the program's own, from SEL_TLS on */
kernel_gdt_end:

    .section .data.pagetables, "aw"
    .balign 4096
/* First in the data: below it are constants, read-only, so an overflow faults there. */
boot_stack:
    .skip BOOT_STACK_SIZE
    .globl boot_stack_top
boot_stack_top:
    .globl boot_pml4
boot_pml4:
    .quad PHYS(boot_pdpt_kernel_low) + PRESENT + WRITE /* identity, for the few instructions before the jump */
    .skip 8 * (DIRECT_SLOT - 1)
    .quad PHYS(boot_pdpt_direct) + PRESENT + WRITE
    .skip 8 * (KERNEL_SLOT - DIRECT_SLOT - 1)
    .quad PHYS(boot_pdpt_kernel) + PRESENT + WRITE
/*
 * The kernel's address space on soft KVM, where its pages are user pages. All tables below the top level allow the user;
 * the top level's entries decide (an access needs the right at every level: Intel SDM vol. 3, 4.6).
 */
    .globl gate_pml4
gate_pml4:
    .skip 8 * DIRECT_SLOT
    .quad PHYS(boot_pdpt_direct) + PRESENT + WRITE + USER
    .skip 8 * (GATE_SLOT - DIRECT_SLOT - 1)
    .quad PHYS(gate_pdpt) + PRESENT + WRITE
    .quad PHYS(boot_pdpt_kernel) + PRESENT + WRITE + USER
gate_pdpt:
    .quad PHYS(gate_pd) + PRESENT + WRITE
    .skip 8 * 511
gate_pd:
    .quad PHYS(gate_pt) + PRESENT + WRITE
    .skip 8 * 511
    .globl gate_pt
gate_pt:
    .quad GATE_TEXT_PHYS + PRESENT
    .quad GATE_DATA_PHYS + PRESENT + WRITE + NX
    .quad LAPIC_PHYS + PRESENT + WRITE + UNCACHED + NX
    .skip 8 * 509
    .globl boot_pdpt_kernel_low
boot_pdpt_kernel_low:
    .quad PHYS(boot_pd_low) + PRESENT + WRITE + USER
    .skip 8 * 511
boot_pdpt_kernel:
    .skip 8 * 510
    .quad PHYS(boot_pd_kernel) + PRESENT + WRITE + USER
    .quad 0
boot_pd_low: /* where programs have theirs later, hence not global */
    .quad 0
    .quad KERNEL_TEXT_PHYS + PRESENT + USER + LARGE
    .quad KERNEL_RODATA_PHYS + PRESENT + USER + LARGE + NX
    .quad KERNEL_DATA_PHYS + PRESENT + WRITE + USER + LARGE + NX
    .skip 8 * 508
boot_pd_kernel:
    .quad 0
    .quad KERNEL_TEXT_PHYS + PRESENT + USER + LARGE + GLOBAL
    .quad KERNEL_RODATA_PHYS + PRESENT + USER + LARGE + GLOBAL + NX
    .quad KERNEL_DATA_PHYS + PRESENT + WRITE + USER + LARGE + GLOBAL + NX
    .quad KERNEL_TABLES_PHYS + PRESENT + WRITE + USER + LARGE + GLOBAL + NX
    .skip 8 * 507
    .globl boot_pdpt_direct
boot_pdpt_direct:
    .quad PHYS(boot_pd_direct) + PRESENT + WRITE + USER
    .quad 0, 0
    .quad PHYS(boot_pd_devices) + PRESENT + WRITE + USER
    .skip 8 * 508
boot_pd_direct: /* text and constants are read-only here too */
    .set n, 0
    .rept 512
    .if n * 0x200000 == KERNEL_TEXT_PHYS || n * 0x200000 == KERNEL_RODATA_PHYS
    .quad n * 0x200000 + PRESENT + USER + LARGE + GLOBAL + NX
    .else
    .quad n * 0x200000 + PRESENT + WRITE + USER + LARGE + GLOBAL + NX
    .endif
    .set n, n + 1
    .endr
boot_pd_devices: /* the fourth GiB: device registers at its end */
    .skip 8 * ((DEVICES_PHYS - 0xc0000000) / 0x200000)
    .set n, DEVICES_PHYS
    .rept DEVICES_SIZE / 0x200000
    .quad n + PRESENT + WRITE + USER + UNCACHED + LARGE + GLOBAL + NX
    .set n, n + 0x200000
    .endr
