/* SPDX-License-Identifier: Apache-2.0 */
/* blk_pace.h - whether a disk whose requests are served at once would be better served asynchronously. */
#ifndef LVMM_DEVICES_VIRTIO_BLK_PACE_H
#define LVMM_DEVICES_VIRTIO_BLK_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* What is known of a disk so far; all zero: nothing. The disk's lock guards it. */
struct blk_pace {
    unsigned would_pay; /* requests so far that would have been better asynchronous */
    unsigned suspicion; /* notifications that are still to be looked at closely */
};

/* One notification, while it is served. */
struct blk_turn {
    bool closely;
    uint64_t work_ns, start_ns; /* of the thread and of the world, at its beginning */
};

/* A notification's requests are about to be served, by this thread. */
struct blk_turn blk_turn_begin(const struct blk_pace *pace);

/* So many requests were served since, which moved so many bytes. */
void blk_turn_end(struct blk_pace *pace, const struct blk_turn *turn, unsigned count, uint64_t bytes);

/* Has there been enough of them? */
bool blk_pace_wants_async(const struct blk_pace *pace);

#endif
