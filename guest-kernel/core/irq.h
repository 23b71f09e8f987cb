/* SPDX-License-Identifier: Apache-2.0 */
/* irq.h - interrupt lines and their handlers. */
#ifndef GK_CORE_IRQ_H
#define GK_CORE_IRQ_H

#include <stdbool.h>
#include <stdint.h>

/* Calls handler(arg) for each interrupt on input `irq` of the machine's controller, and enables it. Several devices can
 * share an input (only by level: PCI); then each handler is called. Handlers run with interrupts off, on the
 * interrupted thread's kernel stack, and don't wait. 0, -EINVAL, or -EBUSY: too many share inputs. */
int irq_register(unsigned irq, void (*handler)(void *arg), void *arg);

/* Interrupt input `irq` has fired, as arch/ says, which has acknowledged it (ARCH_IRQ_NONE: the timer, or nobody's):
 * calls the handlers, and timers that are due. */
void irq_dispatch(unsigned irq);
/* What came since boot: on each of irq_inputs inputs, which may have no handler; and of the timer. */
extern const unsigned irq_inputs;
bool irq_is_used(unsigned irq);
uint64_t irq_count(unsigned irq);
uint64_t irq_timer_count(void);

/* Takes interrupts until at least one came. The only place in the kernel that does. */
void irq_wait(void);

#endif
