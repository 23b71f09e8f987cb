/* SPDX-License-Identifier: Apache-2.0 */
/* irq.h - a device's interrupt line: an edge on an eventfd, which the backend ties to the interrupt chip (irqfd). */
#ifndef LVMM_IRQ_H
#define LVMM_IRQ_H

struct irqline {
    int fd; /* an eventfd, owned by the backend; -1: not connected */
};

/* Raises an edge. Never blocks; callable from any thread. */
void irqline_raise(const struct irqline *line);

#endif
