/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pc.S - a bare x86_64 kernel that looks at what its machine with a flash promises, by KVM and by QEMU: the entry's state,
 * all of the first MiB is memory, and the flash can be read and programmed. Its status counts what is wrong. It lies at
 * 1 MiB, where the device tree would be.
 */
#define SERIAL 0x3f8
#define SERIAL_LSR (SERIAL + 5)
#define LSR_TEMT 0x40
#define POWER_OFF 0x501

#define FLASH 0xffc00000
#define FLASH_PLACE (FLASH + 0x10000) /* erased so far */
#define FLASH_END (FLASH + 0x400000)
#define CMD_PROGRAM 0x40
#define CMD_READ_ARRAY 0xff

    .section .note.pvh, "a", @note
    .balign 4
    .long 4f - 3f, 4, 18 /* XEN_ELFNOTE_PHYS32_ENTRY */
3:  .asciz "Xen"
4:  .long gkernel_entry

/* expect NAME: ZF says whether it is so. */
    .macro expect name
    movl $9f, %esi
    call judge
    .pushsection .rodata
9:  .asciz "\name"
    .popsection
    .endm

/* Writes a word to memory and reads it back. */
    .macro memory address
    movl $0x12345678, \address
    cmpl $0x12345678, \address
    expect "memory at \address"
    .endm

    .section .text.entry, "ax"
    .code32
    .globl gkernel_entry
gkernel_entry:
    movl $stack_top, %esp
    xorl %ebp, %ebp /* how much is wrong */
    movl %cr0, %eax
    andl $0x80000001, %eax
    cmpl $1, %eax
    expect "protected mode without paging"
    cmpl $0x336ec578, (%ebx)
    expect "start info"
    movl 16(%ebx), %edi /* its module, the device tree */
    movl (%edi), %edi
    cmpl $0xedfe0dd0, (%edi)
    expect "device tree"
    memory 0x8000
    memory 0x9fffc
    memory 0xa0000
    memory 0xb8000
    memory 0xc0000
    memory 0xdfffc
    memory 0xffffc

    cmpl $0x646c6670, FLASH
    expect "flash"
    cmpl $0xffffffff, FLASH_END - 4
    expect "the end of the flash"
    movb $CMD_PROGRAM, FLASH_PLACE
    movb $0x5a, FLASH_PLACE
    movb $CMD_READ_ARRAY, FLASH_PLACE
    cmpb $0x5a, FLASH_PLACE
    expect "the flash keeps what is programmed"

1:  movw $SERIAL_LSR, %dx
    inb %dx, %al
    testb $LSR_TEMT, %al
    jz 1b
    movl %ebp, %eax
    movw $POWER_OFF, %dx
    outb %al, %dx
2:  hlt
    jmp 2b

    .text
/* Prints esi, and what ZF says of it. */
judge:
    movl $right, %edi
    jz 1f
    movl $wrong, %edi
    incl %ebp
1:  call print
    movl %edi, %esi
    call print
    ret

/* Prints the string at esi. */
print:
    movw $SERIAL_LSR, %dx
    inb %dx, %al
    testb $LSR_TEMT, %al
    jz print
    lodsb
    testb %al, %al
    jz 1f
    movw $SERIAL, %dx
    outb %al, %dx
    jmp print
1:  ret

    .section .rodata
right:
    .asciz ": yes\n"
wrong:
    .asciz ": no\n"

    .section .bss
    .balign 16
    .skip 256
stack_top:

    .section .note.GNU-stack, "", @progbits
