/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - see settings.h. */
#include "net/settings.h"

int socket_backlog_most = 4096;
int socket_receive_default = 212992, socket_send_default = 212992;
int socket_receive_most = 212992, socket_send_most = 212992;
int unix_datagrams_most = 10;
