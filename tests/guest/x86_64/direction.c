/* SPDX-License-Identifier: Apache-2.0 */
/* direction.c - the direction flag of a program, which the kernel's own code mustn't see: in faults, interrupts and
 * calls of both ways, and in a handler. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#define DIRECTION 0x400ul
#define PAGES 64

static volatile sig_atomic_t signals;
static volatile unsigned long in_handler;

static void on_alarm(int signal)
{
    unsigned long flags;

    __asm__ volatile("pushfq\n\tpop %0" : "=r"(flags));
    in_handler |= flags & DIRECTION;
    signals += signal == SIGALRM;
}

/* Touches fresh memory with the flag set; the flag as it is afterwards. */
static unsigned long touch(char *pages, unsigned long page)
{
    unsigned long flags, left = PAGES;

    __asm__ volatile("std\n"
                     "1:\tmovb $1, (%1)\n\t"
                     "add %2, %1\n\t"
                     "dec %3\n\t"
                     "jnz 1b\n\t"
                     "pushfq\n\tpop %0\n\tcld"
                     : "=&r"(flags), "+r"(pages), "+r"(page), "+r"(left)
                     :
                     : "memory", "cc");
    return flags & DIRECTION;
}

/* Computes with the flag set until the alarm has come so often. */
static unsigned long compute(int often)
{
    unsigned long flags;

    __asm__ volatile("std\n"
                     "1:\tcmp %1, %2\n\t"
                     "jl 1b\n\t"
                     "pushfq\n\tpop %0\n\tcld"
                     : "=&r"(flags)
                     : "r"(often), "m"(signals)
                     : "memory", "cc");
    return flags & DIRECTION;
}

static long call(unsigned long *flags, int by_int, long number)
{
    long result;

    if (by_int)
        __asm__ volatile("std\n\tint $0x80\n\tpushfq\n\tpop %1\n\tcld"
                         : "=a"(result), "=r"(*flags)
                         : "0"(number)
                         : "memory", "cc");
    else
        __asm__ volatile("std\n\tsyscall\n\tpushfq\n\tpop %1\n\tcld"
                         : "=a"(result), "=r"(*flags)
                         : "0"(number)
                         : "rcx", "r11", "memory", "cc");
    return result;
}

int main(void)
{
    const struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
    const long page = sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, (size_t)page * PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned long flags;

    if (pages == MAP_FAILED)
        return 1;
    printf("after faults: %lx\n", touch(pages, (unsigned long)page));
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &often, NULL);
    printf("after signals: %lx\n", compute(10));
    setitimer(ITIMER_REAL, &never, NULL);
    printf("in the handler: %lx\n", in_handler);
    printf("syscall: %d", call(&flags, 0, 39) == getpid());
    printf(", %lx\n", flags & DIRECTION);
    printf("int 0x80: %d", call(&flags, 1, 20) == getpid());
    printf(", %lx\n", flags & DIRECTION);
    return 0;
}
