/* SPDX-License-Identifier: Apache-2.0 */
/* proc_net_unix.h - /proc/net/unix (unix(7), proc_pid_net(5)). */
#ifndef GK_FS_PROC_NET_UNIX_H
#define GK_FS_PROC_NET_UNIX_H

#include "fs/proc.h"

/* An entry's `show`: a line for each local socket. */
int proc_unix_show(struct proc_text *text, const struct proc_inode *at);

#endif
