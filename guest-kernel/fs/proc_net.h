/* SPDX-License-Identifier: Apache-2.0 */
/* proc_net.h - /proc/net and /proc/sys/net (proc(5)). */
#ifndef GK_FS_PROC_NET_H
#define GK_FS_PROC_NET_H

#include "fs/proc.h"

extern const struct proc_entry proc_net_entries[];     /* proc_net.c */
extern const struct proc_entry proc_sys_net_entries[]; /* proc_sys_net.c */

/* proc_net_inet.c: sockets of TCP and UDP, in an entry's `show`. */
int proc_tcp_show(struct proc_text *text, const struct proc_inode *at);
int proc_tcp6_show(struct proc_text *text, const struct proc_inode *at);
int proc_udp_show(struct proc_text *text, const struct proc_inode *at);
int proc_udp6_show(struct proc_text *text, const struct proc_inode *at);

/* proc_net_counts.c: the numbers of sockets, and of what has happened to them. */
int proc_protocols_show(struct proc_text *text, const struct proc_inode *at);
int proc_snmp_show(struct proc_text *text, const struct proc_inode *at);
int proc_sockstat_show(struct proc_text *text, const struct proc_inode *at);
int proc_sockstat6_show(struct proc_text *text, const struct proc_inode *at);

#endif
