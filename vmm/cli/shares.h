/* SPDX-License-Identifier: Apache-2.0 */
/* shares.h - opens the folders of the host that a guest is to have. */
#ifndef LVMM_SHARES_H
#define LVMM_SHARES_H

#include <stdbool.h>

#include "vmm/backend.h"
#include "vmm/share/upper_folders.h"

/* Opens config's shares, in its order, as the user who runs us, and what keeps their changes; `dry`: makes nothing.
 * By a process without other threads. 0, or -errno after a message. shares_close either way. */
int shares_open(const struct config *config, bool dry, struct backend_job *job, struct share_uppers *uppers);
/* The server has ended. Waits until changes that are to be forgotten are. */
void shares_close(struct backend_job *job, struct share_uppers *uppers);

/* What the guest is told of them, LVMM_PROP_SHARES (boot/abi.h). 0 with bytes that are the caller's, NULL and 0 where
 * there are no shares; -ENOMEM. */
int shares_describe(const struct config *config, char **out, size_t *out_size);

/* Can the guest write to any of them? */
bool shares_any_writable(const struct config *config);

#endif
