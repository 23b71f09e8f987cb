/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse.h - answers FUSE requests (protocol 7.31) that come as chains of a virtio-fs device's queues (virtio 1.2, 5.11),
 * by what the tree of tree.h does. One thread uses it.
 *
 * The guest is hostile: a request's form is checked here, it is copied before that, and what one request may cost is
 * bounded. The data of reads and writes go between the file and the chain's buffers, uncopied.
 */
#ifndef LVMM_SHARE_FUSE_H
#define LVMM_SHARE_FUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/virtio/queue.h"
#include "vmm/noted.h"
#include "vmm/share/tree.h"

#define SHARE_FUSE_WAITS_MAX 64u /* locks that are waited for at once: each keeps a chain, of which a queue has 128 */
#define SHARE_FUSE_RETRY_MS 50   /* how soon a lock of the host's is looked for again */

struct share_fuse;

/* An answer that took its time is in the chain's buffers: it is to be given back. */
typedef void share_fuse_done(void *owner, unsigned queue, uint16_t head, uint32_t written);

/* The tree stays the caller's, and lives longer. 0 or -ENOMEM. */
int share_fuse_create(struct share_tree *tree, share_fuse_done *done, void *owner, struct share_fuse **out);
/* What is refused for want of rights is noted there from now on, by its error's name. */
void share_fuse_note_denials(struct share_fuse *fuse, struct noted_denials *denials);
/* What waits is forgotten. NULL: nothing. */
void share_fuse_destroy(struct share_fuse *fuse);

/* Answers the request in a chain of queue number `queue`. True: the chain is to be given back, with `written` bytes of
 * it filled; 0: there is no answer. False: it is answered later, by `done`, its buffers are used until then, and the
 * chain itself isn't. May call `done` for others. */
bool share_fuse_request(struct share_fuse *fuse, unsigned queue, const struct queue_chain *chain, uint32_t *written);

/* Does anything wait? Then share_fuse_retry is to be called every SHARE_FUSE_RETRY_MS or so. */
bool share_fuse_waits(const struct share_fuse *fuse);
/* Tries again what waits. */
void share_fuse_retry(struct share_fuse *fuse);
/* What waits and came by this queue is answered: it was interrupted. */
void share_fuse_stop(struct share_fuse *fuse, unsigned queue);

/* Tells the guest what others have changed, if there is something and it has asked for it: to be called when
 * share_events_fd is readable. */
void share_fuse_tell(struct share_fuse *fuse);

#endif
