/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what /proc/sys/net can set of sockets of all families. */
#ifndef GK_NET_SETTINGS_H
#define GK_NET_SETTINGS_H

extern int socket_backlog_most;                         /* core/somaxconn */
extern int socket_receive_default, socket_send_default; /* core/rmem_default, wmem_default: bytes */
extern int socket_receive_most, socket_send_most;       /* core/rmem_max, wmem_max */
extern int unix_datagrams_most;                         /* unix/max_dgram_qlen: that wait in a new socket */

#define SOCKET_RECEIVE_LEAST 2304 /* what SO_RCVBUF and SO_SNDBUF make of less */
#define SOCKET_SEND_LEAST 4608

#endif
