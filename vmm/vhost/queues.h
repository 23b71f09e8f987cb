/* SPDX-License-Identifier: Apache-2.0 */
/* queues.h - the queues of a server of vmm/vhost: what messages do to them. */
#ifndef LVMM_VHOST_QUEUES_H
#define LVMM_VHOST_QUEUES_H

#include "vmm/vhost/state.h"

/* All queues are there, and none runs. */
void vhost_queues_init(struct vhost_server *server);
/* Closes what they have, and unmaps all memory. */
void vhost_queues_fini(struct vhost_server *server);

/* The queue runs, and may be served. */
bool vhost_queue_runs(const struct vhost_server *server, unsigned index);

/* Starts it at `next`, to be told of by `kick`, which is the queue's from now on in any case. 0; -EINVAL: its rings are
 * nowhere; -EPERM: nobody can wait for this descriptor; -errno. */
int vhost_queue_start(struct vhost_server *server, unsigned index, int kick);
/* Stops it, if it runs; the owner hears of it. `next` is where it can go on. */
void vhost_queue_stop(struct vhost_server *server, unsigned index);

/* Another memory table takes the place of what there is; queues that run go on in it. `memory` is the server's from now
 * on in any case. 0; -EINVAL: the rings of a queue aren't there, and it was stopped; -EBUSY: too many tables were
 * replaced while the owner had chains of them, and nothing was done. */
int vhost_queues_move(struct vhost_server *server, struct vhost_memory *memory);

#endif
