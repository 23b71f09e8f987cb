/* SPDX-License-Identifier: Apache-2.0 */
/* pty_slave.h - the slave of a pseudo-terminal, with which each pair begins. */
#ifndef GK_DRV_PTY_SLAVE_H
#define GK_DRV_PTY_SLAVE_H

#include "drv/pty.h"

/* A new pair, locked, with one reference: the caller's. 0 or -ENOMEM. */
int pty_create(uint32_t number, const struct pty_ops *ops, void *node, struct pty **out);

/* Makes `file`, which is being opened, one of the slave's. 0; -EIO: it is locked, or there is no master any more;
 * -EBUSY. */
int pty_attach_slave(struct pty *pty, struct file *file);

#endif
