/* SPDX-License-Identifier: Apache-2.0 */
/*
 * faults.c - what a handler is told of x86_64's faults, and contexts that no program can have: a handler or a return
 * address that isn't canonical, selectors and flags that aren't the program's.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "../show.h"

#define NOT_CANONICAL 0x800000000000ull
#define KERNEL 0xffffffff80200000ull

static sigjmp_buf back;
static volatile uint64_t new_rip, new_cs_ss, new_flags;

static const char *place(uint64_t address, uint64_t rip)
{
    static char text[32];

    if (address == rip && rip < NOT_CANONICAL)
        return "rip";
    snprintf(text, sizeof(text), "%llx", (unsigned long long)address);
    return text;
}

static void on_fault(int signal, siginfo_t *info, void *argument)
{
    const greg_t *registers = ((ucontext_t *)argument)->uc_mcontext.gregs;
    uint64_t rip = (uint64_t)registers[REG_RIP];

    printf("signal %d, code %d, at %s", signal, info->si_code, place((uint64_t)info->si_addr, rip));
    if (rip >= NOT_CANONICAL)
        printf(", rip %llx", (unsigned long long)rip);
    printf("\n");
    siglongjmp(back, 1);
}

#define TRY(...)                           \
    do {                                   \
        printf("%s: ", #__VA_ARGS__);      \
        if (!sigsetjmp(back, 1)) {         \
            __asm__ volatile(__VA_ARGS__); \
            printf("nothing\n");           \
        }                                  \
    } while (0)

static void instructions(void)
{
    static const uint16_t all = 0x340, standard = 0x37f; /* x87: nothing is masked; everything */

    TRY("int3");
    TRY(".byte 0xcd, 3");
    TRY("int $0x21");
    TRY("int $0x0e");
    TRY("ud2");
    TRY("hlt");
    TRY("xor %%edx, %%edx; mov $1, %%eax; mov %%edx, %%ecx; div %%ecx" : : : "eax", "ecx", "edx", "cc");
    TRY("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(all));
    __asm__ volatile("fninit");
    TRY("fldcw %0; fldz; fldz; fdivp; fwait" : : "m"(all));
    __asm__ volatile("fninit; fldcw %0" : : "m"(standard));
    TRY("pushf; orl $0x100, (%%rsp); popf; nop; nop" : : : "cc", "memory");
}

static void on_change(int signal, siginfo_t *info, void *argument)
{
    greg_t *registers = ((ucontext_t *)argument)->uc_mcontext.gregs;

    (void)signal, (void)info;
    if (new_rip != 0)
        registers[REG_RIP] = (greg_t)new_rip;
    if (new_cs_ss != 0)
        registers[REG_CSGSFS] = (greg_t)new_cs_ss;
    if (new_flags != 0)
        registers[REG_EFL] = (greg_t)new_flags;
}

static void change(const char *what, uint64_t rip, uint64_t cs_ss)
{
    new_rip = rip;
    new_cs_ss = cs_ss;
    new_flags = 0;
    printf("%s: ", what);
    if (sigsetjmp(back, 1) == 0) {
        raise(SIGUSR1);
        printf("nothing\n");
    }
}

static uint64_t flags_now(void)
{
    uint64_t flags;

    __asm__ volatile("pushf; pop %0" : "=r"(flags));
    return flags;
}

static void flags(void)
{
    new_rip = new_cs_ss = 0;
    new_flags = 0x3b7ad5; /* IOPL, NT, RF, VM, VIF, VIP, ID, and arithmetic */
    raise(SIGUSR1);
    printf("flags after: %llx\n", (unsigned long long)(flags_now() & 0x3f7000));
}

static void handler_at(const char *what, int signal, uint64_t address)
{
    struct sigaction action = {.sa_handler = (void (*)(int))address}; /* NOLINT(performance-no-int-to-ptr) */

    show(what, sigaction(signal, &action, NULL));
    if (sigsetjmp(back, 1) == 0) {
        raise(signal);
        printf("nothing\n");
    }
}

int main(void)
{
    const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGSEGV, SIGFPE};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};

    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    instructions();
    action.sa_sigaction = on_change;
    sigaction(SIGUSR1, &action, NULL);
    change("return to an address that isn't canonical", NOT_CANONICAL, 0);
    change("the last that isn't", 0xffff7fffffffffff, 0);
    change("return to the kernel", KERNEL, 0);
    change("as it was", 0, 0);
    change("the kernel's cs", 0, 0x002b000000000010);
    change("no ss", 0, 0x0000000000000033);
    flags();
    handler_at("a handler that isn't canonical", SIGUSR2, NOT_CANONICAL);
    handler_at("far from it", SIGUSR2, 0xdeadbeefdeadbeef);
    handler_at("a handler in the kernel", SIGUSR2, KERNEL);
    fflush(stdout);
    handler_at("the fault's own", SIGSEGV, NOT_CANONICAL);
    return 0;
}
