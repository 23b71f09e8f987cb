/* SPDX-License-Identifier: Apache-2.0 */
/* shares.h - folders of the host that are mounted at the start (boot/abi.h: LVMM_PROP_SHARES). */
#ifndef GK_SYS_SHARES_H
#define GK_SYS_SHARES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/strings.h"

/* Whether the first of them is the root file system. */
bool shares_have_root(const struct strings *shares);
/* Mounts that as the root. 0; -1: `why`, of `size` bytes, has a line for people. */
int shares_mount_root(const struct strings *shares, char *why, size_t size);
/* Mounts the others, in their order, where there is a root; places that aren't there are made. `in_memory`: the root is
 * an empty one, and gets what programs expect to find there. As shares_mount_root. */
int shares_mount(const struct strings *shares, bool in_memory, char *why, size_t size);

#endif
