/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registers.c - fills the vector registers with a pattern, lets something happen - a system call, a page fault, a
 * sleep, a signal whose handler fills them with another pattern, seconds of computing under interrupts - and looks
 * whether they are as they were. As wide as the CPU has them; what is printed doesn't depend on that.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

#define REGISTERS 32
#define WIDTH 64

struct state {
    uint8_t bytes[REGISTERS][WIDTH];
};

static void pattern(struct state *state, uint8_t seed)
{
    for (unsigned r = 0; r < REGISTERS; r++)
        for (unsigned i = 0; i < WIDTH; i++)
            state->bytes[r][i] = (uint8_t)(seed + 37 * r + 3 * i);
}

#ifdef __x86_64__
static unsigned count = 16, width = 16; /* what of it this CPU has */

#define EACH16(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define EACH32(X) \
    EACH16(X) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define LOAD128(n) "movups " #n "*64(%0), %%xmm" #n "\n"
#define LOAD256(n) "vmovups " #n "*64(%0), %%ymm" #n "\n"
#define LOAD512(n) "vmovups " #n "*64(%0), %%zmm" #n "\n"
#define STORE128(n) "movups %%xmm" #n ", " #n "*64(%0)\n"
#define STORE256(n) "vmovups %%ymm" #n ", " #n "*64(%0)\n"
#define STORE512(n) "vmovups %%zmm" #n ", " #n "*64(%0)\n"

static void look_at_cpu(void)
{
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx"))
        width = 32;
    if (__builtin_cpu_supports("avx512f")) {
        width = 64;
        count = 32;
    }
}

static inline __attribute__((always_inline)) void load(const struct state *state)
{
    if (width == 64)
        __asm__ volatile(EACH32(LOAD512)::"r"(state) : "memory");
    else if (width == 32)
        __asm__ volatile(EACH16(LOAD256)::"r"(state) : "memory");
    else
        __asm__ volatile(EACH16(LOAD128)::"r"(state) : "memory");
}

static inline __attribute__((always_inline)) void store(struct state *state)
{
    if (width == 64)
        __asm__ volatile(EACH32(STORE512)::"r"(state) : "memory");
    else if (width == 32)
        __asm__ volatile(EACH16(STORE256)::"r"(state) : "memory");
    else
        __asm__ volatile(EACH16(STORE128)::"r"(state) : "memory");
}
#else
static unsigned count, width;
static void look_at_cpu(void)
{
}
static void load(const struct state *state)
{
    (void)state;
}
static void store(struct state *state)
{
    (void)state;
}
#endif

static struct state theirs;

static void handler(int signal)
{
    (void)signal;
    load(&theirs);
}

/* No library call stands between the two but those that do one thing and use no vector register. */
static long raw(long number, long a, long b)
{
#ifdef __x86_64__
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return result;
#else
    return syscall(number, a, b);
#endif
}

static volatile char *fresh;
static struct timespec nap = {0, 20000000};
static long pid;

static inline __attribute__((always_inline)) void happen(int which)
{
    switch (which) {
    case 0:
        raw(SYS_getppid, 0, 0);
        break;
    case 1:
        *fresh = 1;
        break;
    case 2:
        raw(SYS_nanosleep, (long)&nap, 0);
        break;
    case 3:
        raw(SYS_kill, pid, SIGUSR1);
        break;
    case 4:
        for (volatile unsigned i = 0; i < 20000000; i++)
            ;
        break;
    }
}

static void event_in_between(int which)
{
    static struct state before, after;
    unsigned wrong = 0;

    pattern(&before, (uint8_t)(11 * which + 1));
    pattern(&after, 0xaa);
    load(&before);
    happen(which);
    store(&after);
    for (unsigned r = 0; r < count; r++)
        wrong += memcmp(before.bytes[r], after.bytes[r], width) != 0;
    printf("event %d: %u registers changed\n", which, wrong);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};

    look_at_cpu();
    pid = getpid();
    pattern(&theirs, 0x55);
    sigaction(SIGUSR1, &action, NULL);
    for (int round = 0; round < 3; round++) {
        fresh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int which = 0; which < 5; which++)
            event_in_between(which);
    }
    return 0;
}
