/* SPDX-License-Identifier: Apache-2.0 */
/* console_state.c - whether a console port is open, and what the guest is told of that. */
#include "devices/virtio/console.h"

void console_port_closed(struct console_port *port, bool was_closed)
{
    if (was_closed || !console_port_is_closed(port))
        return;
    if (port->announced)
        port->owed |= CONSOLE_SAY_CLOSED;
    port->console->send_owed(port->console);
}

bool console_port_is_closed(const struct console_port *port)
{
    return (port->host.in_fd >= 0 && !port->in_open && port->held_size == 0) ||
           (port->host.out_fd >= 0 && !port->out_open);
}

void console_port_ready(struct console_port *port)
{
    if (port->host.is_console)
        port->owed |= CONSOLE_SAY_CONSOLE;
    if (port->name[0] != 0)
        port->owed |= CONSOLE_SAY_NAME;
    /* Open first even if it is closed by now: a driver takes the end of a port that never opened for nothing. */
    port->owed |= CONSOLE_SAY_OPEN;
    if (console_port_is_closed(port))
        port->owed |= CONSOLE_SAY_CLOSED;
    port->announced = true;
}
