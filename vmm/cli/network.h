/* SPDX-License-Identifier: Apache-2.0 */
/* network.h - what of this host's network a guest is to have, as the command line says. */
#ifndef LVMM_NETWORK_H
#define LVMM_NETWORK_H

#include "vmm/cli/config.h"

/* Takes ports, looks up names and opens the log, so that each mistake is told, and gives them back. 0, or -errno after
 * a message; -ENOTSUP where all is well: there is no device yet that would bring it to a guest. */
int network_try(const struct config *config);

#endif
