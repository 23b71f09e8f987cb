/* SPDX-License-Identifier: Apache-2.0 */
/*
 * moved.c - a thread that is moved from CPU to CPU while it computes keeps its vector registers, its rounding, what it
 * has raised, and its thread pointer. It makes no system call meanwhile.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "isa.h"
#include "show.h"

enum { MOVES = 40, BEATS = 100 };

static volatile double one = 1, three = 3;
static unsigned count, width;
static __thread unsigned own; /* by the thread pointer */
static volatile unsigned beats, stop;
static pid_t mover_id, moved_id;
static unsigned cpus[CPU_SETSIZE], cpu_count;

static int differ(const struct isa_registers *a, const struct isa_registers *b)
{
    int different = 0;

    for (unsigned r = 0; r < count; r++)
        different |= memcmp(a->bytes[r], b->bytes[r], width) != 0;
    return different;
}

/* Between the load and the store there is no code that could use a vector register. */
static __attribute__((noinline)) void beat_with(const struct isa_registers *mine, struct isa_registers *after)
{
    isa_load(mine);
    while (!stop)
        beats++;
    isa_store(after);
}

static void *beat(void *arg)
{
    static struct isa_registers mine, after;
    double upward;

    (void)arg;
    for (unsigned r = 0; r < ISA_REGISTERS; r++)
        for (unsigned i = 0; i < ISA_WIDTH; i++)
            mine.bytes[r][i] = (uint8_t)(r * 7 + i + 1);
    own = 42;
    fesetround(FE_UPWARD);
    upward = one / three;
    feclearexcept(FE_ALL_EXCEPT);
    feraiseexcept(FE_OVERFLOW);
    __atomic_store_n(&moved_id, (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    beat_with(&mine, &after);
    show_bool("the registers are the thread's", !differ(&mine, &after));
    show_bool("what was raised, too", fetestexcept(FE_ALL_EXCEPT) == FE_OVERFLOW);
    show_bool("it rounds upward", fegetround() == FE_UPWARD && one / three == upward);
    show_bool("its own is its own", own == 42);
    while (sched_getcpu() != (int)cpus[(MOVES - 1) % cpu_count])
        sched_yield();
    return NULL;
}

static int move_to(pid_t thread, unsigned n)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(cpus[n % cpu_count], &set);
    return sched_setaffinity(thread, sizeof(set), &set);
}

int main(void)
{
    static volatile double nearest;
    pthread_t thread;
    cpu_set_t allowed;
    long wrong = 0;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
        return 1;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed))
            cpus[cpu_count++] = cpu;
    isa_registers(&count, &width);
    nearest = one / three;
    mover_id = (pid_t)syscall(SYS_gettid);
    if (pthread_create(&thread, NULL, beat, NULL) != 0)
        return 1;
    while (__atomic_load_n(&moved_id, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    for (unsigned n = 0; n < MOVES; n++) {
        wrong += move_to(moved_id, n) != 0;
        if (n % 3 == 0)
            wrong += move_to(mover_id, n / 3) != 0;
        for (unsigned from = beats; beats - from < BEATS;)
            sched_yield();
        wrong += one / three != nearest || own != 0;
    }
    stop = 1;
    pthread_join(thread, NULL);
    show("went wrong in the thread that moves it", wrong);
    return 0;
}
