/* SPDX-License-Identifier: Apache-2.0 */
/* tty_file.h - a terminal as an open file. */
#ifndef GK_DRV_TTY_FILE_H
#define GK_DRV_TTY_FILE_H

#include "drv/tty.h"

/* Makes `file`, which is being opened, one of the terminal's; unless it was opened with O_NOCTTY, the terminal becomes
 * the controlling one of a session's leader that has none. 0 or -errno: -EBUSY (TIOCEXCL), what the kind's open says.
 */
int tty_attach(struct tty *tty, struct file *file);

#endif
