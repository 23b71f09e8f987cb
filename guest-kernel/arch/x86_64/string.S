/* SPDX-License-Identifier: Apache-2.0 */
/* string.S - memcpy and memset by string instructions: an emulated ring 0 does many bytes of them for one instruction. */
    .text
    .globl memcpy
memcpy:
    mov %rdi, %rax
    mov %rdx, %rcx
    cmp $8, %rdx
    jb 2f
    shr $3, %rcx
    rep movsq
    mov %edx, %ecx
    and $7, %ecx
    jz 1f
2:  rep movsb
1:  ret

    .globl memset
memset:
    mov %rdi, %r9
    movzbl %sil, %eax
    mov %rdx, %rcx
    cmp $8, %rdx
    jb 2f
    mov $0x0101010101010101, %r8
    imul %r8, %rax
    shr $3, %rcx
    rep stosq
    mov %edx, %ecx
    and $7, %ecx
    jz 1f
2:  rep stosb
1:  mov %r9, %rax
    ret
