/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c - signal frames of a 32-bit program that its handler has spoiled: what can't be gone on with is SIGSEGV. */
#include "bare.h"

ENTRY("main");

enum { NR_waitpid = 7, NR_kill = 37, SIGUSR1 = 10, SA_SIGINFO = 4, SA_RESTORER = 0x04000000 };
enum { GS, FS, ES, DS, VECTOR = 12, EIP = 14, CS, EFLAGS, SS = 18, FPSTATE };

struct __attribute__((packed)) action {
    uint32_t handler, flags, restorer;
    uint64_t mask;
};
struct ucontext {
    uint32_t flags, link, stack[3], context[22], mask[2];
};

void restore_rt(void);
__asm__("restore_rt: mov $173, %eax\n\tint $0x80\n");

static int which;
static uint32_t value;

static void spoil(int signal, void *info, struct ucontext *ucontext)
{
    (void)signal, (void)info;
    ucontext->context[which] = value;
}

/* How the child ends that goes on with that. */
static void with(const char *what, int word, uint32_t becomes)
{
    const struct action action = {(uint32_t)P(spoil), SA_SIGINFO | SA_RESTORER, (uint32_t)P(restore_rt), 0};
    long pid = CALL(NR_fork), status = -1;
    uint32_t selector;

    if (pid == 0) {
        which = word;
        value = becomes;
        CALL(NR_rt_sigaction, SIGUSR1, P(&action), 0, 8);
        CALL(NR_kill, CALL(NR_getpid), SIGUSR1);
        if (word == GS) { /* it wasn't needed so far */
            __asm__ volatile("mov %%gs, %0" : "=r"(selector));
            CALL(NR_exit, (long)(selector & 0x7c));
        }
        CALL(NR_exit, 1);
    }
    CALL(NR_waitpid, pid, P(&status), 0);
    show(what, status & 0xff7f);
}

/* Frames of nothing: the stack pointer is where none is, or there are only zeros. */
static void without(const char *what, long number, uint32_t sp)
{
    long pid = CALL(NR_fork), status = -1;

    if (pid == 0)
        __asm__ volatile("mov %1, %%esp\n\tint $0x80\n\tud2" ::"a"(number), "r"(sp));
    CALL(NR_waitpid, pid, P(&status), 0);
    show(what, status & 0xff7f);
}

void program(long *stack)
{
    static uint8_t zeros[4096];

    (void)stack;
    with("nothing that matters", VECTOR, 5);
    with("cs 0", CS, 0);
    with("cs of the kernel", CS, 0x10);
    with("cs is data", CS, 0x2b);
    with("cs is no descriptor", CS, 0xfff3);
    with("ss 0", SS, 0);
    with("ss of the kernel", SS, 0x18);
    with("ss is code", SS, 0x23);
    with("ss is no descriptor", SS, 0xfff3);
    with("ss without its privilege", SS, 0x28);
    /* A ds that names nothing would be SIGSEGV at the next access; QEMU doesn't look at that. */
    with("ds without its privilege", DS, 0x28);
    with("es of the task", ES, 0x43);
    with("gs 0", GS, 0);
    with("gs of the kernel", GS, 0x10);
    with("gs is data", GS, 0x2b);
    with("gs without its privilege", GS, 0x28);
    with("gs is no descriptor", GS, 0x6b);
    with("eip to nowhere", EIP, 16);
    with("eip to the kernel's", EIP, 0xfffff000);
    with("flags", EFLAGS, 0xffffffff & ~0x144100u); /* no trap, no alignment check, no nested task */
    with("no x87 state", FPSTATE, 0);
    with("x87 state at 4", FPSTATE, 4);
    with("x87 state nowhere", FPSTATE, 0x10);
    with("x87 state at the kernel's", FPSTATE, 0xfffffff0);
    without("sigreturn without a stack", 119, 16);
    without("rt_sigreturn without a stack", 173, 16);
    without("sigreturn at the end", 119, 0xfffffffc);
    without("sigreturn to zeros", 119, (uint32_t)P(zeros + 1024));
    without("rt_sigreturn to zeros", 173, (uint32_t)P(zeros + 1024));
    leave(0);
}
