/* SPDX-License-Identifier: Apache-2.0 */
/* klock.c - see klock.h. */
#include "core/klock.h"

#include "arch/arch.h"
#include "core/cpu.h"
#include "core/irq.h"

#define SPINS 400u /* some 10 us: most of what a CPU does with the lock takes less */
#define LOSSES 4u  /* after so many kicks that came to nothing a CPU asks the others to stand back */

static struct {
    uint32_t taken;                               /* the CPU that boots has it when the others come */
    uint32_t next;                                /* who asks others to stand back: its number plus 1; 0: nobody */
    uint32_t halted __attribute__((aligned(64))); /* CPUs that are to be kicked, a bit each */
} lock = {.taken = 1};

static bool try_take(void)
{
    return __atomic_load_n(&lock.taken, __ATOMIC_RELAXED) == 0 &&
           __atomic_exchange_n(&lock.taken, 1, __ATOMIC_SEQ_CST) == 0;
}

static uint32_t next_get(void)
{
    return __atomic_load_n(&lock.next, __ATOMIC_RELAXED);
}

static void next_set(uint32_t next)
{
    __atomic_store_n(&lock.next, next, __ATOMIC_RELAXED);
}

/* ---- shares: who takes the lock looks at them afterwards, and who shares it at `taken`, as with `halted` ---- */

bool klock_try_share(struct cpu *cpu)
{
    __atomic_store_n(&cpu->shares, true, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&lock.taken, __ATOMIC_SEQ_CST) == 0)
        return true;
    __atomic_store_n(&cpu->shares, false, __ATOMIC_RELEASE);
    return false;
}

void klock_unshare(struct cpu *cpu)
{
    __atomic_store_n(&cpu->shares, false, __ATOMIC_RELEASE);
}

/* They are few, and soon done: none of them waits. */
static void sharers_leave(void)
{
    for (unsigned i = 0; i < cpu_count; i++)
        while (__atomic_load_n(&cpus[i]->shares, __ATOMIC_SEQ_CST))
            arch_cpu_relax();
}

/* ---- the lock ---- */

/* Who gives the lock up looks at `halted` afterwards, and who halts at `taken`: one of them sees what the other did. */
static void halt(struct cpu *cpu)
{
    uint32_t bit = 1u << cpu->number;

    __atomic_fetch_or(&lock.halted, bit, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&lock.taken, __ATOMIC_SEQ_CST) != 0)
        irq_keep(cpu, arch_wait_for_interrupt());
    __atomic_fetch_and(&lock.halted, ~bit, __ATOMIC_RELAXED);
}

/* Who comes back for the lock at once may be faster than a kick, again and again. So a CPU that has lost some times is
 * left the next turn, but not longer than a kick takes: it may be preempted by the host. */
static void stand_back(const struct cpu *cpu)
{
    for (unsigned i = 0; i < 20 * SPINS && next_get() != 0 && next_get() != cpu->number + 1; i++)
        arch_cpu_relax();
}

static __attribute__((noinline)) void wait(struct cpu *cpu)
{
    uint64_t begin = arch_clock_ns();
    unsigned spins = 0, losses = 0;

    stand_back(cpu);
    while (!try_take()) {
        if (++spins < SPINS) {
            arch_cpu_relax();
            continue;
        }
        irq_tell_in_place(); /* an interrupt that led here may be what the lock's holder waits for */
        halt(cpu);
        cpu->locking.halts++;
        spins = 0;
        if (++losses >= LOSSES && next_get() == 0)
            next_set(cpu->number + 1);
    }
    next_set(0);
    cpu->locking.waits++;
    cpu->locking.wait_ns += arch_clock_ns() - begin;
}

void klock_take(struct cpu *cpu)
{
    if (__builtin_expect(next_get() != 0, false) != 0 || !try_take())
        wait(cpu);
    sharers_leave();
}

/* One of the halted ones, in turn: it takes the lock, or has itself kicked again. */
static __attribute__((noinline)) void kick_one(const struct cpu *cpu, uint32_t halted)
{
    uint32_t behind = halted & ~((2u << cpu->number) - 1), bit = behind != 0 ? behind & -behind : halted & -halted;

    if (__atomic_fetch_and(&lock.halted, ~bit, __ATOMIC_SEQ_CST) & bit)
        arch_cpu_kick((unsigned)__builtin_ctz(bit));
}

void klock_give(const struct cpu *cpu)
{
    uint32_t halted;

    __atomic_store_n(&lock.taken, 0, __ATOMIC_SEQ_CST);
    halted = __atomic_load_n(&lock.halted, __ATOMIC_SEQ_CST);
    if (__builtin_expect(halted != 0, false) != 0)
        kick_one(cpu, halted);
}

/* ---- from user mode and idle ---- */

static void place_set(struct cpu *cpu, enum cpu_place place)
{
    __atomic_store_n(&cpu->place, place, __ATOMIC_RELEASE);
}

void klock_enter(struct cpu *cpu)
{
    place_set(cpu, CPU_IN_KERNEL); /* what it has done in user mode is done: kick_in waits for that */
    klock_take(cpu);
    cpu->kicked = false;
    irq_dispatch_kept(cpu);
}

void klock_leave(struct cpu *cpu, enum cpu_place place)
{
    place_set(cpu, place);
    klock_give(cpu);
}

void klock_halt(void)
{
    struct cpu *cpu = cpu_this();
    unsigned irq;

    klock_leave(cpu, CPU_HALTED);
    irq = arch_wait_for_interrupt();
    klock_enter(cpu);
    irq_dispatch(irq);
}
