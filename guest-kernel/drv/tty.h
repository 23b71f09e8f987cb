/* SPDX-License-Identifier: Apache-2.0 */
/* tty.h - the terminal: a port of the console (LVMM_PORT_TTY) behind a line discipline. */
#ifndef GK_DRV_TTY_H
#define GK_DRV_TTY_H

#include <stdbool.h>
#include <stdint.h>

#include "drv/virtio_console.h"

struct file;
struct process;

#define CONSOLE_RDEV (5u << 8 | 1) /* of /dev/console */

extern const struct console_terminal tty_terminal; /* for virtio_console_create */

/* Starts the terminal if the console has one: input is taken from now on. rows and columns: 0 if not known.
 * 0; -ENODEV: there is none; -errno. */
int tty_init(uint16_t rows, uint16_t columns);

/* If there is a terminal, it is the controlling one of that session's leader. */
void tty_control(struct process *leader);
/* Whether it is the current process's. */
bool tty_is_controlling(void);

int tty_open(struct file **out);   /* a descriptor of its own. 0; -ENODEV; -ENOMEM */
int tty_attach(struct file *file); /* makes `file` one. 0 or -ENODEV */

#endif
