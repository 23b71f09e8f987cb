/* SPDX-License-Identifier: Apache-2.0 */
/* tty_settings.h - a terminal's struct termios, as programs get and set it (termios(3)). */
#ifndef GK_DRV_TTY_SETTINGS_H
#define GK_DRV_TTY_SETTINGS_H

#include "drv/tty.h"

/* TCGETS, TCSETS and their kin, System V's TCGETA and TCSETA too, and the locks of settings. 0 or -errno; -ENOTTY:
 * another request. */
int64_t tty_settings_ioctl(struct tty *tty, unsigned request, uint64_t arg);

#endif
