/* SPDX-License-Identifier: Apache-2.0 */
/* resolv.h - /etc/resolv.conf of a guest that has a network. */
#ifndef GK_SYS_RESOLV_H
#define GK_SYS_RESOLV_H

#include <stdbool.h>

#include "lib/strings.h"

/* Programs are to find the name server that the network has (boot/abi_net.h): in a root file system in memory, where it
 * has no such file, and where /etc is a shared folder, whose file is another host's matter, by one that covers that.
 * What can't be done isn't. */
void resolv_begin(const struct strings *shares, bool in_memory);

#endif
