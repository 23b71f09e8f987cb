/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpufaults.c - faults that QEMU's TCG doesn't raise as a CPU does: with the argument "cpu" what a handler is told of
 * them (tests/cli/traps.sh), else nothing.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#include "../show.h"

static sigjmp_buf back;
static char alternate[65536];

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    printf("signal %d, code %d, at %s\n", signal, info->si_code, info->si_addr != NULL ? "somewhere" : "0");
    siglongjmp(back, 1);
}

#define TRY(what, ...)                     \
    do {                                   \
        printf("%s: ", what);              \
        if (!sigsetjmp(back, 1)) {         \
            __asm__ volatile(__VA_ARGS__); \
            printf("nothing\n");           \
        }                                  \
    } while (0)

/* MXCSR with one exception that isn't masked. */
#define UNMASKED(bit) (0x1f80u & ~(0x80u << (bit)))

static void sse(void)
{
    static const uint32_t invalid = UNMASKED(0), zero_divide = UNMASKED(2), overflow = UNMASKED(3),
                          underflow = UNMASKED(4), inexact = UNMASKED(5), standard = 0x1f80;
    double zero = 0, one = 1, three = 3, large = 1e308, small = 1e-308;

    TRY("invalid", "ldmxcsr %0; divsd %2, %1" : : "m"(invalid), "x"(zero), "x"(zero));
    TRY("division by zero", "ldmxcsr %0; divsd %2, %1" : : "m"(zero_divide), "x"(one), "x"(zero));
    TRY("overflow", "ldmxcsr %0; mulsd %2, %1" : : "m"(overflow), "x"(large), "x"(large));
    TRY("underflow", "ldmxcsr %0; mulsd %2, %1" : : "m"(underflow), "x"(small), "x"(small));
    TRY("inexact", "ldmxcsr %0; divsd %2, %1" : : "m"(inexact), "x"(one), "x"(three));
    __asm__ volatile("ldmxcsr %0" : : "m"(standard));
}

int main(int argc, char **argv)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGSEGV, SIGFPE};

    if (argc < 2 || strcmp(argv[1], "cpu") != 0) {
        printf("not asked for\n");
        return 0;
    }
    sigaltstack(&stack, NULL);
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
    sse();
    TRY("a stack that isn't canonical",
        "mov %%rsp, %%rbx; movabs $0x800000000000, %%rsp; push %%rax; mov %%rbx, %%rsp" : : : "rbx", "memory");
    TRY("int1", ".byte 0xf1");
    TRY("int 4", "int $4");
    return 0;
}
