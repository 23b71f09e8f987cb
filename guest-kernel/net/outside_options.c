/* SPDX-License-Identifier: Apache-2.0 */
/* outside_options.c - see outside_options.h. */
#include "net/outside_options.h"

#include "abi/socket.h"
#include "lib/string.h"
#include "net/outside.h"
#include "net/tcp.h"

#define DEFAULT_DISCOVER 1 /* IP_PMTUDISC_WANT */

struct list_of_options {
    struct lvmm_net_option option[LVMM_NET_OPTION_COUNT];
    unsigned count;
    bool again;
};

static void add(struct list_of_options *list, uint32_t name, int value, int at_first)
{
    if (value != at_first || list->again)
        list->option[list->count++] = (struct lvmm_net_option){.name = name, .value = value};
}

/* A number that has no name of its own for "as at first" can't be taken back. */
static void add_number(struct list_of_options *list, uint32_t name, int value, int unset)
{
    if (value != unset)
        list->option[list->count++] = (struct lvmm_net_option){.name = name, .value = value};
}

static void add_tcp(struct list_of_options *list, const struct inet_socket *inet, const struct tcp_settings *tcp)
{
    add(list, LVMM_NET_KEEPALIVE, inet->socket.keep_alive, 0);
    add(list, LVMM_NET_NODELAY, tcp->no_delay, 0);
    add(list, LVMM_NET_CORK, tcp->cork, 0);
    add(list, LVMM_NET_USER_TIMEOUT, tcp->user_timeout, 0);
    add_number(list, LVMM_NET_KEEPIDLE, tcp->keep_idle, 0);
    add_number(list, LVMM_NET_KEEPINTVL, tcp->keep_interval, 0);
    add_number(list, LVMM_NET_KEEPCNT, tcp->keep_count, 0);
    add_number(list, LVMM_NET_SYNCNT, tcp->syn_count, 0);
    add_number(list, LVMM_NET_MAXSEG, tcp->max_segment, 0);
    add_number(list, LVMM_NET_LINGER2, tcp->linger2, 0);
}

static void add_ip(struct list_of_options *list, const struct inet_socket *inet)
{
    const struct inet_options *options = &inet->options;

    add(list, LVMM_NET_TTL, options->ttl, -1);
    add(list, LVMM_NET_TOS, options->tos, 0);
    add(list, LVMM_NET_MTU, options->mtu_discover, DEFAULT_DISCOVER);
    if (inet->socket.family == AF_INET6) {
        add(list, LVMM_NET_HOPS, options->hops, -1);
        add(list, LVMM_NET_TCLASS, options->tclass, 0);
        add(list, LVMM_NET_MTU6, options->mtu_discover6, DEFAULT_DISCOVER);
    }
}

void outside_options_send(struct outside *outside, const struct inet_socket *inet, const struct tcp_settings *tcp,
                          bool again)
{
    struct list_of_options list = {.count = 0, .again = again};
    struct outside_frame *frame;
    uint32_t size;

    if (tcp != NULL)
        add_tcp(&list, inet, tcp);
    add_ip(&list, inet);
    size = list.count * (uint32_t)sizeof(list.option[0]);
    frame = size != 0 ? outside_frame_make(LVMM_NET_SET, size) : NULL;
    if (frame == NULL)
        return;
    memcpy(outside_frame_bytes(frame), list.option, size);
    outside_frame_count(frame);
    outside_send(outside, frame);
}
