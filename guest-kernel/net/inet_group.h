/* SPDX-License-Identifier: Apache-2.0 */
/* inet_group.h - groups of addresses (multicast), on lo: whose packets a socket gets (IP_ADD_MEMBERSHIP ...). */
#ifndef GK_NET_INET_GROUP_H
#define GK_NET_INET_GROUP_H

#include "net/inet.h"

/* Whether it is an option that inet_group_set, or inet_group_get, knows. */
bool inet_group_is_option(int level, int name);
int inet_group_set(struct inet_socket *inet, int level, int name, const void *value, uint32_t size);
int inet_group_get(const struct inet_socket *inet, int level, int name, void *value, uint32_t *size);

/* Whether any socket is a member of that group, and wants what that source sends. */
bool inet_group_has_members(const struct inet_address *group, const struct inet_address *source);
/* Whether it gets what that source sends to that group, which has members: it is one that wants it, or none and wants
 * all (IP_MULTICAST_ALL). */
bool inet_group_receives(const struct inet_socket *inet, const struct inet_address *group,
                         const struct inet_address *source);
/* It goes, and is a member of none any more: for all that aren't streams. */
void inet_group_leave_all(struct inet_socket *inet);

#endif
