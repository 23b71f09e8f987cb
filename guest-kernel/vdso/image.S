/* SPDX-License-Identifier: Apache-2.0 */
/* image.S - the vDSO in the kernel's image, in pages of its own: programs see them. Empty on an ISA that has none yet. */
#ifndef PAGE_SHIFT /* lib/types.h says the same */
#define PAGE_SHIFT 12
#endif

    .section .rodata.vdso, "a"
    .globl vdso_image, vdso_image_end
    .p2align PAGE_SHIFT
vdso_image:
    .incbin "vdso.so"
    .p2align PAGE_SHIFT
vdso_image_end:
