/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_ports.c - see netlink_ports.h. */
#include "net/netlink_ports.h"

#include "abi/errno.h"
#include "core/process.h"

static struct list all; /* that are bound */

static struct list *first(void)
{
    if (all.next == NULL)
        list_init(&all);
    return all.next;
}

static bool is_taken(uint32_t protocol, uint32_t port)
{
    for (struct list *at = first(); at != &all; at = at->next) {
        const struct netlink_place *other = container_of(at, struct netlink_place, all);

        if (other->protocol == protocol && other->port == port)
            return true;
    }
    return false;
}

int netlink_place_take(struct netlink_place *place, uint32_t port)
{
    static uint32_t next = 0xffffefffu; /* of those who aren't the first of their process */

    if (place->port != 0)
        return port == 0 || port == place->port ? 0 : -EINVAL;
    if (port != 0 && is_taken(place->protocol, port))
        return -EADDRINUSE;
    if (port == 0)
        port = (uint32_t)current_process()->pid;
    while (is_taken(place->protocol, port))
        port = next--;
    place->port = port;
    list_insert(&all, &place->all);
    return 0;
}

void netlink_place_leave(struct netlink_place *place)
{
    if (place->port != 0)
        list_remove(&place->all);
}

static uint64_t order_of(uint32_t protocol, uint32_t port)
{
    return (uint64_t)protocol << 32 | port;
}

const struct netlink_place *netlink_place_next(uint32_t protocol, uint32_t port)
{
    uint64_t after = order_of(protocol, port), least = UINT64_MAX;
    const struct netlink_place *next = NULL;

    for (struct list *at = first(); at != &all; at = at->next) {
        const struct netlink_place *place = container_of(at, struct netlink_place, all);
        uint64_t order = order_of(place->protocol, place->port);

        if (order <= after || order >= least)
            continue;
        least = order;
        next = place;
    }
    return next;
}
