/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h - what sandbox_enter is made of. All return 0 or -errno. */
#ifndef LVMM_SANDBOX_PARTS_H
#define LVMM_SANDBOX_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/sandbox/sandbox.h"

/* The version of Landlock's interface that this host has; 0: none. */
unsigned sandbox_landlock_version(void);
/* version: that, not 0. After no_new_privs. */
int sandbox_landlock(unsigned version, const struct sandbox *sandbox);

/* An empty root in a mount namespace of our own, and where root's rights are missing in a user namespace too. The
 * process has one thread. */
int sandbox_mounts(void);

/* No core file, not dumpable. */
int sandbox_hide(void);
/* Capabilities, but for those of the mask. */
int sandbox_drop(uint64_t kept);

#endif
