/* SPDX-License-Identifier: Apache-2.0 */
/* console_tty.h - the terminal on a port of the console (LVMM_PORT_TTY): what the host's user sits at. */
#ifndef GK_DRV_CONSOLE_TTY_H
#define GK_DRV_CONSOLE_TTY_H

#include <stdint.h>

#include "drv/virtio_console.h"
#include "vfs/device.h"

#define CONSOLE_TTY_NAME "hvc0" /* in /dev, and its numbers: Linux's for a virtio console */
#define CONSOLE_TTY_RDEV DEVICE_RDEV(229, 0)

struct file;
struct process;

extern const struct console_terminal console_tty_terminal; /* for virtio_console_create */

/* Starts the terminal if the console has one: input is taken from now on. rows and columns: 0 if not known.
 * 0; -ENODEV: there is none; -errno. */
int console_tty_init(uint16_t rows, uint16_t columns);

/* If there is a terminal, it is the controlling one of that session's leader. */
void console_tty_control(struct process *leader);

int console_tty_open(struct file **out);   /* a descriptor of its own. 0; -ENODEV; -ENOMEM */
int console_tty_attach(struct file *file); /* makes `file`, which is being opened, one. 0 or -ENODEV */

#endif
