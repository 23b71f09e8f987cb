/* SPDX-License-Identifier: Apache-2.0 */
/* sigreturn.S - where a signal's handler returns to (sys/vdso.h). Unwinders know the place by these two instructions, but
 * first ask what is known of the one before: nothing must be. */
#define NR_RT_SIGRETURN 139

    .text
    .globl vdso_sigreturn, __vdso_rt_sigreturn
    .hidden vdso_sigreturn
    .type __vdso_rt_sigreturn, @function
    nop
vdso_sigreturn:
__vdso_rt_sigreturn:
    .cfi_startproc
    .cfi_signal_frame
    li.w $a7, NR_RT_SIGRETURN
    syscall 0
    .cfi_endproc
    .size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn
