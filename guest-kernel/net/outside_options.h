/* SPDX-License-Identifier: Apache-2.0 */
/* outside_options.h - options of sockets that the host's sockets for them are to have, too (LVMM_NET_SET). */
#ifndef GK_NET_OUTSIDE_OPTIONS_H
#define GK_NET_OUTSIDE_OPTIONS_H

#include "net/inet.h"

struct outside;
struct tcp_settings;

/* Tells the host's socket what was set of these; `again`: something may have been set to what it was at first, too.
 * tcp: NULL: it isn't one of TCP. Without memory the host's stay as they are. The caller kicks. */
void outside_options_send(struct outside *outside, const struct inet_socket *inet, const struct tcp_settings *tcp,
                          bool again);

#endif
