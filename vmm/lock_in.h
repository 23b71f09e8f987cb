/* SPDX-License-Identifier: Apache-2.0 */
/* lock_in.h - a backend gives up what the run doesn't need any more, right before the guest's first instruction. */
#ifndef LVMM_LOCK_IN_H
#define LVMM_LOCK_IN_H

#include "vmm/backend.h"
#include "vmm/sandbox/sandbox.h"

/* Whether there are processes of ours that do a disk's I/O, serve shared folders or are the network, and that we end.
 */
bool lock_in_has_processes(const struct backend_job *job);
/* folder: that stays reachable; NULL: none. As the job's --sandbox says. The process has one thread. signals_others: it
 * will end children that are there already. 0, or -errno after a message: the run must end. */
int lock_in(const struct backend_job *job, const struct sandbox_list *list, const struct sandbox_folder *folder,
            bool signals_others, struct sandbox_held *held);

/* Will this host take what --sandbox asks for? To be asked before the first helper process, which has nobody to tell.
 * 0, or EXIT_LVMM after a message. */
int lock_in_check(const struct config *config);

#endif
