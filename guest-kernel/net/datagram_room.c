/* SPDX-License-Identifier: Apache-2.0 */
/* datagram_room.c - room for packets to and from the outside: what may be sent now, and what may come. */
#include "net/datagram.h"
#include "net/outside.h"

#define ENOUGH 2048u /* a program's packets are mostly shorter */

uint64_t datagram_room_own(const struct datagram_socket *datagram)
{
    uint64_t most = datagram->inet.socket.receive_size, used = datagram->received.used;

    if (used == 0)
        return most > LVMM_NET_PAYLOAD_MAX ? most : LVMM_NET_PAYLOAD_MAX;
    return used < most ? most - used : 0;
}

uint64_t datagram_room(const struct datagram_socket *datagram)
{
    return datagram->outside == NULL ? LVMM_NET_DATAGRAM_CREDIT : datagram->outside->may_send - datagram->outside->sent;
}

bool datagram_room_is_enough(const struct datagram_socket *datagram)
{
    return datagram_room(datagram) >= ENOUGH;
}

void datagram_room_made(struct datagram_socket *datagram)
{
    struct outside *outside = datagram->outside;
    bool needs_more = outside->told < outside->received + LVMM_NET_PAYLOAD_MAX;

    outside_make_room(outside, outside->received + datagram_room_own(datagram), needs_more ? 1 : UINT64_MAX);
}
