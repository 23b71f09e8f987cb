/* SPDX-License-Identifier: Apache-2.0 */
/* irq.c - who handles which interrupt input. Devices can share one (PCI): each looks whether it was meant. Filled at
 * boot, read afterwards. */
#include "core/irq.h"

#include <stddef.h>

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/cpu.h"
#include "core/timer.h"

#define IRQS 64
#define SHARED_MAX 32 /* handlers beside an input's first one */

struct irq {
    void (*handler)(void *arg);
    void *arg;
    struct irq *next;
};

static struct irq irqs[IRQS], shared[SHARED_MAX];
static unsigned shared_count;

static struct {
    uint64_t input[IRQS], timer, kick;
} counts[ARCH_CPUS_MAX]; /* by the CPU's number */

const unsigned irq_inputs = IRQS;

uint64_t irq_count(const struct cpu *cpu, unsigned irq)
{
    return counts[cpu->number].input[irq];
}

uint64_t irq_timer_count(const struct cpu *cpu)
{
    return counts[cpu->number].timer;
}

uint64_t irq_kick_count(const struct cpu *cpu)
{
    return counts[cpu->number].kick;
}

bool irq_is_used(unsigned irq)
{
    return irqs[irq].handler != NULL;
}

/* NULL: there are too many. */
static struct irq *irq_free(unsigned irq)
{
    struct irq *more;

    if (irqs[irq].handler == NULL)
        return &irqs[irq];
    if (shared_count == SHARED_MAX)
        return NULL;
    more = &shared[shared_count++];
    more->next = irqs[irq].next;
    irqs[irq].next = more;
    return more;
}

int irq_register(unsigned irq, void (*handler)(void *arg), void *arg)
{
    struct irq *slot = irq < IRQS ? irq_free(irq) : NULL;

    if (slot == NULL)
        return irq < IRQS ? -EBUSY : -EINVAL;
    slot->arg = arg;
    slot->handler = handler;
    return arch_irq_enable(irq);
}

/* What is nobody's is the timer's, unless that has nothing due and there is who could have kicked. */
void irq_dispatch(unsigned irq)
{
    unsigned cpu = cpu_this()->number;
    bool was_due;

    for (struct irq *at = irq < IRQS ? &irqs[irq] : NULL; at != NULL && at->handler != NULL; at = at->next)
        at->handler(at->arg);
    was_due = timers_run(irq == ARCH_IRQ_NONE);
    if (irq < IRQS)
        counts[cpu].input[irq]++;
    else if (was_due || !cpu_is_one_of_many)
        counts[cpu].timer++;
    else
        counts[cpu].kick++;
}

/* ---- waiting ---- */

/* Who waits for an interrupt with the kernel lock; there is but one at a time. */
static struct cpu *in_place;

void irq_wait(void)
{
    irq_dispatch(arch_wait_for_interrupt());
}

void irq_set_in_place(bool is_in_place)
{
    if (!cpu_is_one_of_many)
        return;
    __atomic_store_n(&in_place, is_in_place ? cpu_this() : NULL, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* before the look at what the device has done, of any kind */
}

void irq_tell_in_place(void)
{
    const struct cpu *cpu = __atomic_load_n(&in_place, __ATOMIC_SEQ_CST);

    if (cpu != NULL)
        arch_cpu_kick(cpu->number);
}

void irq_keep(struct cpu *cpu, unsigned irq)
{
    if (irq < IRQS)
        cpu->interrupts |= 1ull << irq;
    else
        cpu->interrupt_of_none = true;
}

void irq_dispatch_kept(struct cpu *cpu)
{
    while (cpu->interrupts != 0) {
        unsigned irq = (unsigned)__builtin_ctzll(cpu->interrupts);
        cpu->interrupts &= cpu->interrupts - 1;
        irq_dispatch(irq);
    }
    if (cpu->interrupt_of_none) {
        cpu->interrupt_of_none = false;
        irq_dispatch(ARCH_IRQ_NONE);
    }
}
