/* SPDX-License-Identifier: Apache-2.0 */
/* inet_group.c - see inet_group.h. */
#include "net/inet_group.h"

#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

#define GROUPS_MOST 20u  /* of a socket: igmp_max_memberships */
#define SOURCES_MOST 10u /* of a membership: igmp_max_msf */
#define V4 12u

struct membership {
    struct list all;
    struct membership *next; /* of the same socket */
    struct inet_address group;
    bool includes;    /* the sources are those that it gets, and not those that it doesn't */
    bool has_sources; /* or had some: which of the two they are stays as it is */
    uint8_t count;
    uint32_t sources[SOURCES_MOST]; /* of IPv4 */
};

static struct list memberships; /* of all sockets */

struct request { /* struct ip_mreqn, whose index may be missing; or struct ipv6_mreq */
    uint8_t group[4], interface[4];
    int32_t index;
};
struct source_request { /* struct ip_mreq_source */
    uint8_t group[4], interface[4];
    uint32_t source;
};
struct request6 {
    uint8_t group[16];
    int32_t index;
};

bool inet_group_is_option(int level, int name)
{
    if (level == IPPROTO_IP)
        return name == IP_MULTICAST_IF || (name >= IP_ADD_MEMBERSHIP && name <= IP_DROP_SOURCE_MEMBERSHIP);
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

/* Which of its sources that is, or their number: it is none. */
static unsigned source_find(const struct membership *one, uint32_t source)
{
    unsigned n = 0;

    while (n < one->count && one->sources[n] != source)
        n++;
    return n;
}

static bool allows(const struct membership *one, const struct inet_address *source)
{
    return (source_find(one, source->words[3]) < one->count) == one->includes;
}

bool inet_group_has_members(const struct inet_address *group, const struct inet_address *source)
{
    if (memberships.next == NULL)
        list_init(&memberships);
    for (struct list *at = memberships.next; at != &memberships; at = at->next) {
        const struct membership *one = container_of(at, struct membership, all);

        if (inet_same(&one->group, group) && allows(one, source))
            return true;
    }
    return false;
}

bool inet_group_receives(const struct inet_socket *inet, const struct inet_address *group,
                         const struct inet_address *source)
{
    unsigned count;
    const struct membership *one = find(inet, group, &count);

    if (one != NULL)
        return allows(one, source);
    return inet_is_v4(group) ? inet->options.multicast_all : inet->options.multicast_all6;
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

/* ---- sources ---- */

static int source_add(struct membership *one, uint32_t source)
{
    if (one->count >= SOURCES_MOST)
        return -ENOBUFS;
    if (source_find(one, source) < one->count)
        return -EADDRNOTAVAIL;
    one->sources[one->count++] = source;
    one->has_sources = true;
    return 0;
}

/* A member that gets what comes from nobody is none. */
static int source_drop(struct inet_socket *inet, struct membership *one, uint32_t source)
{
    unsigned n = source_find(one, source);

    if (n == one->count)
        return -EADDRNOTAVAIL;
    if (one->includes && one->count == 1) {
        leave(inet, one);
        return 0;
    }
    one->sources[n] = one->sources[--one->count];
    return 0;
}

/* A list of those that are wanted, and one of those that aren't, can't be had at once. */
static int source_change(struct inet_socket *inet, int name, const struct inet_address *group, uint32_t source)
{
    unsigned count;
    struct membership *one = find(inet, group, &count);
    bool includes = name == IP_ADD_SOURCE_MEMBERSHIP || name == IP_DROP_SOURCE_MEMBERSHIP;

    if (one == NULL && name == IP_ADD_SOURCE_MEMBERSHIP) {
        int error = change(inet, group, true);

        if (error != 0)
            return error;
        one = find(inet, group, &count);
    }
    if (one == NULL || (one->has_sources && one->includes != includes))
        return -EINVAL;
    one->includes = includes;
    if (name == IP_ADD_SOURCE_MEMBERSHIP || name == IP_BLOCK_SOURCE)
        return source_add(one, source);
    return source_drop(inet, one, source);
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

static int set_source(struct inet_socket *inet, int name, const void *value, uint32_t size)
{
    struct source_request given;
    struct request request = {.index = 0};
    struct inet_address group = {0};

    if (size != sizeof(given))
        return -EINVAL;
    if (inet->socket.type == SOCK_STREAM)
        return -EPROTO;
    memcpy(&given, value, sizeof(given));
    memcpy(request.interface, given.interface, sizeof(request.interface));
    inet_set_any(&group, AF_INET);
    memcpy(group.bytes + V4, given.group, sizeof(given.group));
    if (!inet_is_multicast(&group))
        return -EINVAL;
    if (index_of(&request) <= 0)
        return -ENODEV;
    return source_change(inet, name, &group, given.source);
}

static int set4(struct inet_socket *inet, int name, const void *value, uint32_t size)
{
    struct request request = {0};
    struct inet_address group = {0};
    int index;

    if (name >= IP_UNBLOCK_SOURCE)
        return set_source(inet, name, value, size);
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
