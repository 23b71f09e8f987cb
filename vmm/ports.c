/* SPDX-License-Identifier: Apache-2.0 */
/* ports.c - see ports.h. */
#include "vmm/ports.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const port_names[LVMM_PORT_COUNT] = {
    [LVMM_PORT_TTY] = "lvmm.tty",       [LVMM_PORT_CONTROL] = "lvmm.control", [LVMM_PORT_STDIN] = "lvmm.stdin",
    [LVMM_PORT_STDOUT] = "lvmm.stdout", [LVMM_PORT_STDERR] = "lvmm.stderr",
};

static int terminal_output(uint32_t tty)
{
    static const int order[] = {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO};

    for (unsigned i = 0; i < 3; i++)
        if (tty & 1u << order[i])
            return order[i];
    return -1;
}

void ports_map(uint32_t tty, struct port_fds fds[LVMM_PORT_COUNT])
{
    for (unsigned i = 0; i < LVMM_PORT_COUNT; i++)
        fds[i] = (struct port_fds){-1, -1};
    fds[LVMM_PORT_TTY].in = tty & 1u << STDIN_FILENO ? STDIN_FILENO : -1;
    fds[LVMM_PORT_TTY].out = terminal_output(tty);
    fds[LVMM_PORT_STDIN].in = tty & 1u << STDIN_FILENO ? -1 : STDIN_FILENO;
    fds[LVMM_PORT_STDOUT].out = tty & 1u << STDOUT_FILENO ? -1 : STDOUT_FILENO;
    fds[LVMM_PORT_STDERR].out = tty & 1u << STDERR_FILENO ? -1 : STDERR_FILENO;
}

struct lvmm_ready ports_look(uint32_t port, int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int bytes = 0;

    if (fd < 0)
        return (struct lvmm_ready){.port = port, .events = POLLHUP};
    if (poll(&ready, 1, 0) < 0)
        ready.revents = 0;
    if (ioctl(fd, FIONREAD, &bytes) < 0 || bytes < 0)
        bytes = 0;
    return (struct lvmm_ready){.port = port, .events = (uint32_t)ready.revents, .bytes = (uint32_t)bytes};
}
