/* SPDX-License-Identifier: Apache-2.0 */
/* far.c - a 32-bit program that goes to 64-bit code and back, and makes system calls from both. */
#include "bare.h"

ENTRY("main");

/* Calls `number` of x86_64's by `syscall`; of its result the lower half. By far jumps, as QEMU 7.2 reads a far return's
 * stack as the kernel does, which SMAP refuses. The second one is `ljmp *narrow(%rip)`. */
long native(long number, long a, long b, long c);
__asm__(".globl native\n"
        "native:\n\t"
        "push %ebp\n\tpush %ebx\n\tpush %esi\n\tpush %edi\n\t"
        "mov 20(%esp), %eax\n\tmov 24(%esp), %edi\n\tmov 28(%esp), %esi\n\tmov 32(%esp), %edx\n\t"
        "ljmp *wide\n"
        ".code64\n"
        "1:\tsyscall\n\t"
        ".byte 0xff, 0x2d\n\t.long narrow - 2f\n"
        ".code32\n"
        "2:\tpop %edi\n\tpop %esi\n\tpop %ebx\n\tpop %ebp\n\tret\n"
        "wide:\t.long 1b\n\t.word 0x33\n"
        "narrow:\t.long 2b\n\t.word 0x23\n");

/* The stack segment by a descriptor of the program's, in 64-bit code and calls from there, too. */
static void stack_of_its_own(void)
{
    static struct {
        unsigned entry, base, limit, flags;
    } desc = {-1u, 0, 0xfffff, 0x51};
    unsigned selector;

    show("set", CALL(NR_set_thread_area, P(&desc)));
    __asm__ volatile("mov %w0, %%ss" ::"r"(desc.entry * 8 + 3));
    show_bool("getpid by syscall", native(39, 0, 0, 0) == CALL(NR_getpid));
    __asm__ volatile("mov %w0, %%ss" ::"r"(desc.entry * 8 + 3));
    show_bool("by int 0x80", CALL(NR_gettid) == CALL(NR_getpid));
    __asm__ volatile("mov %%ss, %0" : "=r"(selector));
    show_bool("the same segment", (selector & 0xffff) == desc.entry * 8 + 3);
    desc.flags = 0x59; /* to be read only: no stack any more */
    CALL(NR_set_thread_area, P(&desc));
    show("too late", 0);
}

void program(long *stack)
{
    static const char text[] = "written by syscall\n";

    (void)stack;
    show_bool("getpid", native(39, 0, 0, 0) == CALL(NR_getpid));
    show("write", native(1, 1, P(text), sizeof(text) - 1));
    show("close", native(3, 77, 0, 0));
    show("close by int 0x80", CALL(NR_close, 77));
    stack_of_its_own();
    leave(0);
}
