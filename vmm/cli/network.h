/* SPDX-License-Identifier: Apache-2.0 */
/* network.h - what of this host's network a guest is to have, as the command line says. */
#ifndef LVMM_NETWORK_H
#define LVMM_NETWORK_H

#include "vmm/cli/config.h"
#include "vmm/net/net_process.h"

/* Takes ports, looks up names and opens the log, so that each mistake is told. *out is the caller's, or NULL: the guest
 * is to have no network. dry: nothing is taken, asked or opened. noted: as net_setup has it. 0, or EXIT_LVMM after a
 * message. It lasts as long as our process. */
int network_open(const struct config *config, bool dry, struct noted *noted, struct net_setup **out);

#endif
