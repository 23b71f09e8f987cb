/* SPDX-License-Identifier: Apache-2.0 */
/* inet.c - what sockets of AF_INET and AF_INET6 do alike. */
#include "net/inet.h"

#include "abi/errno.h"
#include "abi/socket.h"
#include "core/thread.h"
#include "lib/string.h"

struct inet_settings inet_settings = {
    .port_least = 32768,
    .port_most = 60999,
    .unprivileged_port = 1024,
    .default_ttl = 64,
    .time_wait_most = 8192,
    .orphans_most = 8192,
    .fin_timeout = 60,
    .keepalive_time = 7200,
    .keepalive_interval = 75,
    .keepalive_probes = 9,
    .syn_retries = 6,
    .ping_group_least = 1,
    .ping_group_most = 0,
};

void inet_init(struct inet_socket *inet, const struct socket_ops *ops, uint16_t family, unsigned type,
               unsigned protocol)
{
    socket_init(&inet->socket, ops, family, type, protocol);
    inet->options = (struct inet_options){
        .ttl = -1,
        .hops = -1,
        .multicast_ttl = 1,
        .multicast_hops = 1,
        .multicast_loop = true,
        .multicast_loop6 = true,
        .multicast_all = family == AF_INET,
        .multicast_all6 = true,
        .mtu_discover = 1,
        .mtu_discover6 = 1,
        .auto_flow_label = true,
        .v6_only = inet_settings.v6_only != 0,
    };
    inet_set_any(&inet->use.local, family);
    inet->use.socket = inet;
    inet->use.user = current_thread()->cred.user.fs;
}

int inet_name(struct socket *socket, bool peer, struct socket_address *out)
{
    const struct inet_socket *inet = inet_of(socket);

    if (peer && inet->use.peer.port == 0 && inet_is_any(&inet->use.peer))
        return -ENOTCONN;
    inet_address_give(socket->family, peer ? &inet->use.peer : &inet->use.local, out);
    return 0;
}

int inet_option_number(const void *value, uint32_t size, bool byte_is_enough, int *out)
{
    *out = 0;
    if (size >= sizeof(*out))
        memcpy(out, value, sizeof(*out));
    else if (byte_is_enough && size >= 1)
        *out = *(const uint8_t *)value;
    else
        return -EINVAL;
    return 0;
}

int inet_option_give(int number, void *value, uint32_t *size)
{
    if (*size > sizeof(number))
        *size = sizeof(number);
    memcpy(value, &number, *size);
    return 0;
}
