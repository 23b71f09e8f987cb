/* SPDX-License-Identifier: Apache-2.0 */
/* irqline.h - a device's interrupt line: an edge, which the backend hands to the interrupt controller. */
#ifndef LVMM_DEVICES_IRQLINE_H
#define LVMM_DEVICES_IRQLINE_H

#include <stdint.h>

struct irqline {
    int fd; /* an eventfd that takes the edges, owned by the backend; -1: none */
    /* In place of fd, if it is not NULL. Called on any thread, with locks of the device held. */
    void (*raise)(void *owner, uint32_t irq);
    void *owner;
    uint32_t irq;
};

/* Raises an edge. Never blocks; callable from any thread. */
void irqline_raise(const struct irqline *line);

#endif
