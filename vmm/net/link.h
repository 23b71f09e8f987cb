/* SPDX-License-Identifier: Apache-2.0 */
/* link.h - how frames (boot/abi_net.h) come to the guest: a virtio device's queues, or a test. */
#ifndef LVMM_NET_LINK_H
#define LVMM_NET_LINK_H

#include <stddef.h>

#include "boot/abi_net.h"

struct net_link {
    /* Bytes that the next frame may have, its header included: at least LVMM_NET_BUFFER_MIN, or 0: none can be sent
     * now, and net_helper_room is called when that has changed. */
    size_t (*room)(void *owner);
    /* Sends a frame and its payload of frame->size bytes, header + payload being within what `room` has said since the
     * last one. The payload is in two pieces, of which either may be empty; the second has the rest. */
    void (*send)(void *owner, const struct lvmm_net_frame *frame, const void *first, size_t first_size,
                 const void *rest);
    void *owner;
};

#endif
