/* SPDX-License-Identifier: Apache-2.0 */
/* irq.c - who handles which interrupt input. Devices can share one (PCI): each looks whether it was meant. Filled at
 * boot, read afterwards. */
#include "core/irq.h"

#include <stddef.h>

#include "abi/errno.h"
#include "arch/arch.h"
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
static uint64_t counts[IRQS], timer_count;

const unsigned irq_inputs = IRQS;

uint64_t irq_count(unsigned irq)
{
    return counts[irq];
}

uint64_t irq_timer_count(void)
{
    return timer_count;
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

void irq_dispatch(unsigned irq)
{
    if (irq < IRQS)
        counts[irq]++;
    else
        timer_count++;
    for (struct irq *at = irq < IRQS ? &irqs[irq] : NULL; at != NULL && at->handler != NULL; at = at->next)
        at->handler(at->arg);
    timers_run(irq == ARCH_IRQ_NONE);
}

void irq_wait(void)
{
    irq_dispatch(arch_wait_for_interrupt());
}
