/* SPDX-License-Identifier: Apache-2.0 */
/* irqline.c - see irqline.h. */
#include "devices/irqline.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

void irqline_raise(const struct irqline *line)
{
    const uint64_t edge = 1;

    if (line->raise != NULL)
        line->raise(line->owner, line->irq);
    if (line->raise != NULL || line->fd < 0)
        return;
    /* An eventfd blocks, or says EAGAIN, only when its counter is full: then an edge is pending already. */
    while (write(line->fd, &edge, sizeof(edge)) < 0 && errno == EINTR)
        ;
}
