/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - how frames (boot/abi_net.h) come to the guest: a virtio device's queues, or a test. */
#ifndef LVMM_NET_LINK_H
#define LVMM_NET_LINK_H

#include <stddef.h>
#include <sys/uio.h>

#include "boot/abi_net.h"

struct net_link {
    /* Bytes that the next frame may have, its header included: at least LVMM_NET_BUFFER_MIN, or 0: none can be sent
     * now, and net_helper_room is called when that has changed. */
    size_t (*room)(void *owner);
    /* Sends a frame and its payload of frame->size bytes, header + payload being within what `room` has said since the
     * last one. The payload is in two pieces, of which either may be empty; the second has the rest. */
    void (*send)(void *owner, const struct lvmm_net_frame *frame, const void *first, size_t first_size,
                 const void *rest);
    /* Where the payloads of the next frames will be, for who has the host's kernel write them there: as many places, up
     * to `most`, as `bytes` bytes take, or as there are. It is the guest's memory, which may change at any time. NULL,
     * or 0 places: frames are to be sent. */
    unsigned (*places)(void *owner, struct iovec *place, unsigned most, size_t bytes);
    /* Sends a frame whose payload is in the first of these places. */
    void (*send_placed)(void *owner, const struct lvmm_net_frame *frame);
    void *owner;
};

#endif
