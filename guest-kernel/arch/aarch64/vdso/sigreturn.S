/* SPDX-License-Identifier: Apache-2.0 */
/* sigreturn.S - where a signal's handler returns to (sys/vdso.h). Unwinders know the place by these two instructions. */
#define NR_RT_SIGRETURN 139

    .text
    nop /* an unwinder looks up the address before the one that a call returns to */
    .globl vdso_sigreturn, __kernel_rt_sigreturn
    .hidden vdso_sigreturn
    .type __kernel_rt_sigreturn, @function
vdso_sigreturn:
__kernel_rt_sigreturn:
    .cfi_startproc
    .cfi_signal_frame
    .cfi_def_cfa x29, 0 /* the frame record on top of the signal frame */
    .cfi_offset x29, 0
    .cfi_offset x30, 8
    mov x8, #NR_RT_SIGRETURN
    svc #0
    .cfi_endproc
    .size __kernel_rt_sigreturn, . - __kernel_rt_sigreturn
