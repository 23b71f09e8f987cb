/* SPDX-License-Identifier: Apache-2.0 */
/* pty_master.h - the master of a pseudo-terminal. */
#ifndef GK_DRV_PTY_MASTER_H
#define GK_DRV_PTY_MASTER_H

#include "drv/pty.h"

/* Makes `file`, which is being opened, the master: there is one. */
void pty_attach_master(struct pty *pty, struct file *file);

#endif
