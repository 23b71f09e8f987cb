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

#include "isa.h"
#include "show.h"

static void pattern(struct isa_registers *state, uint8_t seed)
{
    for (unsigned r = 0; r < ISA_REGISTERS; r++)
        for (unsigned i = 0; i < ISA_WIDTH; i++)
            state->bytes[r][i] = (uint8_t)(seed + 37 * r + 3 * i);
}

static unsigned count, width; /* what of it this CPU has */

static struct isa_registers theirs;

static void handler(int signal)
{
    (void)signal;
    isa_load(&theirs);
}

static volatile char *fresh;
static struct timespec nap = {0, 20000000};
static long pid;

/* No library call stands between the two. */
static inline __attribute__((always_inline)) void happen(int which)
{
    switch (which) {
    case 0:
        isa_syscall(SYS_getppid, 0, 0);
        break;
    case 1:
        *fresh = 1;
        break;
    case 2:
        isa_syscall(SYS_nanosleep, (long)&nap, 0);
        break;
    case 3:
        isa_syscall(SYS_kill, pid, SIGUSR1);
        break;
    case 4:
        for (volatile unsigned i = 0; i < 20000000; i++)
            ;
        break;
    }
}

static void event_in_between(int which)
{
    static struct isa_registers before, after;
    unsigned wrong = 0;

    pattern(&before, (uint8_t)(11 * which + 1));
    pattern(&after, 0xaa);
    isa_load(&before);
    happen(which);
    isa_store(&after);
    for (unsigned r = 0; r < count; r++)
        wrong += memcmp(before.bytes[r], after.bytes[r], width) != 0;
    printf("event %d: %u registers changed\n", which, wrong);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler};

    isa_registers(&count, &width);
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
