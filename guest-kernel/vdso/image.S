/* SPDX-License-Identifier: Apache-2.0 */
/* image.S - the vDSO in the kernel's image, in pages of its own: programs see them. Empty on an ISA that has none yet. */
    .section .rodata.vdso, "a"
    .globl vdso_image, vdso_image_end
    .balign 4096
vdso_image:
    .incbin "vdso.so"
    .balign 4096
vdso_image_end:
