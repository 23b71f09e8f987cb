/* SPDX-License-Identifier: Apache-2.0 */
/* inet_group.c - see inet_group.h. */
#include "net/inet_group.h"

#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define GROUPS_MOST 20u /* of a socket: igmp_max_memberships */
#define V4 12u

struct membership {
    struct list all;
    struct membership *next; /* of the same socket */
    struct inet_address group;
};

static struct list memberships; /* of all sockets */

struct request { /* struct ip_mreqn, whose index may be missing; or struct ipv6_mreq */
    uint8_t group[4], interface[4];
    int32_t index;
};
struct request6 {
    uint8_t group[16];
    int32_t index;
};

bool inet_group_is_option(int level, int name)
{
    if (level == IPPROTO_IP)
        return name == IP_MULTICAST_IF || name == IP_ADD_MEMBERSHIP || name == IP_DROP_MEMBERSHIP;
    return level == IPPROTO_IPV6 &&
           (name == IPV6_MULTICAST_IF || name == IPV6_ADD_MEMBERSHIP || name == IPV6_DROP_MEMBERSHIP);
}

/* ---- members ---- */

/* The socket's membership of that group, or NULL; how many it has. */
static struct membership *find(const struct inet_socket *inet, const struct inet_address *group, unsigned *count)
{
    struct membership *found = NULL;

    *count = 0;
    for (struct membership *one = inet->groups; one != NULL; one = one->next) {
        ++*count;
        if (inet_same(&one->group, group))
            found = one;
    }
    return found;
}

bool inet_group_has_members(const struct inet_address *group)
{
    if (memberships.next == NULL)
        list_init(&memberships);
    for (struct list *at = memberships.next; at != &memberships; at = at->next)
        if (inet_same(&container_of(at, struct membership, all)->group, group))
            return true;
    return false;
}

bool inet_group_receives(const struct inet_socket *inet, const struct inet_address *group)
{
    unsigned count;

    bool all = inet_is_v4(group) ? inet->options.multicast_all : inet->options.multicast_all6;

    return all || find(inet, group, &count) != NULL;
}

static void leave(struct inet_socket *inet, struct membership *one)
{
    struct membership **link = &inet->groups;

    while (*link != one)
        link = &(*link)->next;
    *link = one->next;
    list_remove(&one->all);
    kfree(one);
}

void inet_group_leave_all(struct inet_socket *inet)
{
    while (inet->groups != NULL)
        leave(inet, inet->groups);
}

static int change(struct inet_socket *inet, const struct inet_address *group, bool joins)
{
    unsigned count;
    struct membership *one = find(inet, group, &count);

    if (!joins) {
        if (one == NULL)
            return -EADDRNOTAVAIL;
        leave(inet, one);
        return 0;
    }
    if (one != NULL)
        return -EADDRINUSE;
    if (count >= GROUPS_MOST)
        return -ENOBUFS;
    one = kmalloc(sizeof(*one));
    if (one == NULL)
        return -ENOMEM;
    if (memberships.next == NULL)
        list_init(&memberships);
    one->group = *group;
    one->next = inet->groups;
    inet->groups = one;
    list_insert(&memberships, &one->all);
    return 0;
}

/* ---- options ---- */

/* The interface that a request means: LO_INDEX, 0: none was named, or -ENODEV. */
static int index_of(const struct request *request)
{
    struct inet_address address = {0};

    if (request->index != 0)
        return request->index == (int)LO_INDEX ? (int)LO_INDEX : -ENODEV;
    inet_set_any(&address, AF_INET);
    memcpy(address.bytes + V4, request->interface, sizeof(request->interface));
    if (inet_is_any(&address))
        return 0;
    return inet_is_local(&address) ? (int)LO_INDEX : -ENODEV;
}

static int set4(struct inet_socket *inet, int name, const void *value, uint32_t size)
{
    struct request request = {0};
    struct inet_address group = {0};
    int index;

    if (name == IP_MULTICAST_IF) {
        if (inet->socket.type == SOCK_STREAM)
            return -EINVAL;
        if (size < sizeof(request.interface))
            return -EINVAL;
        if (size >= 8)
            memcpy(&request, value, size < sizeof(request) ? 8 : sizeof(request));
        else
            memcpy(request.interface, value, sizeof(request.interface));
        index = index_of(&request);
        if (index < 0)
            return -EADDRNOTAVAIL;
        inet->options.multicast_index = (uint32_t)index;
        return 0;
    }
    if (inet->socket.type == SOCK_STREAM)
        return -EPROTO;
    if (size < 8)
        return -EINVAL;
    memcpy(&request, value, size < sizeof(request) ? 8 : sizeof(request));
    inet_set_any(&group, AF_INET);
    memcpy(group.bytes + V4, request.group, sizeof(request.group));
    if (!inet_is_multicast(&group))
        return name == IP_ADD_MEMBERSHIP ? -EINVAL : -EADDRNOTAVAIL;
    index = index_of(&request);
    if (index <= 0 && name == IP_ADD_MEMBERSHIP)
        return -ENODEV;
    return change(inet, &group, name == IP_ADD_MEMBERSHIP);
}

static int set6(struct inet_socket *inet, int name, const void *value, uint32_t size)
{
    struct request6 request;
    struct inet_address group = {0};
    int index;

    if (name == IPV6_MULTICAST_IF) {
        if (inet->socket.type == SOCK_STREAM)
            return -ENOPROTOOPT;
        if (inet_option_number(value, size, false, &index) != 0)
            return -EINVAL;
        if (index != 0 && index != (int)LO_INDEX)
            return -ENODEV;
        inet->options.multicast_index6 = (uint32_t)index;
        return 0;
    }
    if (size < sizeof(request))
        return -EINVAL;
    if (inet->socket.type == SOCK_STREAM)
        return -EPROTO;
    memcpy(&request, value, sizeof(request));
    memcpy(group.bytes, request.group, sizeof(request.group));
    if (inet_is_v4(&group) || !inet_is_multicast(&group))
        return -EINVAL;
    if (request.index != (int)LO_INDEX)
        return request.index == 0 && name == IPV6_DROP_MEMBERSHIP ? -EADDRNOTAVAIL : -ENODEV;
    return change(inet, &group, name == IPV6_ADD_MEMBERSHIP);
}

int inet_group_set(struct inet_socket *inet, int level, int name, const void *value, uint32_t size)
{
    return level == IPPROTO_IP ? set4(inet, name, value, size) : set6(inet, name, value, size);
}

int inet_group_get(const struct inet_socket *inet, int level, int name, void *value, uint32_t *size)
{
    static const uint8_t self[4] = {127, 0, 0, 1}, none[4];

    if (level == IPPROTO_IPV6)
        return name == IPV6_MULTICAST_IF ? inet_option_give((int)inet->options.multicast_index6, value, size)
                                         : -ENOPROTOOPT;
    if (name != IP_MULTICAST_IF)
        return -ENOPROTOOPT;
    if (*size > sizeof(self))
        *size = sizeof(self);
    memcpy(value, inet->options.multicast_index != 0 ? self : none, *size);
    return 0;
}
