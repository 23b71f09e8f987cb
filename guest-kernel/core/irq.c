/* SPDX-License-Identifier: Apache-2.0 */
/* irq.c - who handles which interrupt input. Filled at boot, read afterwards. */
#include "core/irq.h"

#include <stddef.h>

#include "abi/errno.h"
#include "arch/arch.h"

#define IRQS 64

static struct {
    void (*handler)(void *arg);
    void *arg;
} irqs[IRQS];

int irq_register(unsigned irq, void (*handler)(void *arg), void *arg)
{
    if (irq >= IRQS)
        return -EINVAL;
    if (irqs[irq].handler)
        return -EBUSY;
    irqs[irq].handler = handler;
    irqs[irq].arg = arg;
    return arch_irq_enable(irq);
}

void irq_dispatch(unsigned irq)
{
    if (irq < IRQS && irqs[irq].handler)
        irqs[irq].handler(irqs[irq].arg);
}
