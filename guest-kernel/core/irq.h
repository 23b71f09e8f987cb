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
/* What has come to a CPU since boot: on each of irq_inputs inputs, which may have no handler; of its timer; and because
 * others kicked it. (What came several times while it waited for the kernel lock counts once.) */
struct cpu;
extern const unsigned irq_inputs;
bool irq_is_used(unsigned irq);
uint64_t irq_count(const struct cpu *cpu, unsigned irq);
uint64_t irq_timer_count(const struct cpu *cpu);
uint64_t irq_kick_count(const struct cpu *cpu);

/* Takes interrupts until at least one came, and keeps the kernel lock meanwhile. */
void irq_wait(void);

/* ---- several CPUs ---- */

/* Interrupt input `irq` has fired on this CPU, which hasn't got the kernel lock: to be dispatched once it has. */
void irq_keep(struct cpu *cpu, unsigned irq);
void irq_dispatch_kept(struct cpu *cpu);
/* This CPU is going to look whether something is there, and to irq_wait if it isn't; or that is over. */
void irq_set_in_place(bool is_in_place);
/* It is to look again, as an interrupt has come to another CPU, which can't dispatch it. */
void irq_tell_in_place(void);

#endif
