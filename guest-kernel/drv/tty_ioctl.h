/* SPDX-License-Identifier: Apache-2.0 */
/* tty_ioctl.h - a terminal's settings (ioctl_tty(2)). */
#ifndef GK_DRV_TTY_IOCTL_H
#define GK_DRV_TTY_IOCTL_H

#include "drv/tty.h"

/* A request of who has `file` open, one of the terminal's or the master's of a pseudo-terminal. 0 or -errno;
 * -ENOTTY: there is no such request. */
int64_t tty_ioctl(struct tty *tty, struct file *file, unsigned request, uint64_t arg);
int64_t tty_ioctl_by_master(struct tty *tty, struct file *file, unsigned request, uint64_t arg);

/* The terminal has another size: who is in the foreground learns of it. */
void tty_resize(struct tty *tty, const struct winsize *size);

#endif
