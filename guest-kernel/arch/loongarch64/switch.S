/* SPDX-License-Identifier: Apache-2.0 */
/* switch.S - from a thread's stack in the kernel to another one's. */

/* void arch_switch(struct arch_context *from, const struct arch_context *to): keeps what a function must keep (psABI: all but $sp;
 * the kernel has no vector registers). context.c builds such a stack for a thread that hasn't run. */
    .text
    .globl arch_switch
arch_switch:
    addi.d $sp, $sp, -96
    st.d $ra, $sp, 0
    st.d $fp, $sp, 8
    st.d $s0, $sp, 16
    st.d $s1, $sp, 24
    st.d $s2, $sp, 32
    st.d $s3, $sp, 40
    st.d $s4, $sp, 48
    st.d $s5, $sp, 56
    st.d $s6, $sp, 64
    st.d $s7, $sp, 72
    st.d $s8, $sp, 80
    st.d $sp, $a0, 0
    ld.d $sp, $a1, 0
    ld.d $ra, $sp, 0
    ld.d $fp, $sp, 8
    ld.d $s0, $sp, 16
    ld.d $s1, $sp, 24
    ld.d $s2, $sp, 32
    ld.d $s3, $sp, 40
    ld.d $s4, $sp, 48
    ld.d $s5, $sp, 56
    ld.d $s6, $sp, 64
    ld.d $s7, $sp, 72
    ld.d $s8, $sp, 80
    addi.d $sp, $sp, 96
    ret
