/* SPDX-License-Identifier: Apache-2.0 */
/* socket_filter.c - see socket_filter.h. */
#include "net/socket_filter.h"

#include "abi/errno.h"
#include "core/cpu.h"
#include "core/random.h"
#include "mm/kmalloc.h"
#include "net/interface.h"

struct socket_filter *socket_filter_create(uint32_t length)
{
    struct socket_filter *filter = kmalloc(sizeof(*filter) + length * sizeof(filter->instruction[0]));

    if (filter != NULL)
        filter->length = length;
    return filter;
}

int socket_filter_attach(struct socket *socket, struct socket_filter *filter)
{
    if (socket->tuning.filter_is_locked)
        return -EPERM;
    kfree(socket->filter);
    socket->filter = filter;
    return 0;
}

int socket_filter_detach(struct socket *socket)
{
    if (socket->tuning.filter_is_locked)
        return -EPERM;
    if (socket->filter == NULL)
        return -ENOENT;
    kfree(socket->filter);
    socket->filter = NULL;
    return 0;
}

uint32_t socket_filter_run(const struct socket *socket, const struct filtered *filtered)
{
    return bpf_run_packet(socket->filter->instruction, &filtered->packet);
}

struct filtered_bytes {
    struct filtered filtered; /* first */
    const uint8_t *bytes;
};

static uint8_t byte_of(const struct bpf_packet *packet, uint32_t at)
{
    return ((const struct filtered_bytes *)(const void *)packet)->bytes[at];
}

uint32_t socket_filter_run_bytes(const struct socket *socket, const uint8_t *bytes, uint32_t size)
{
    const struct filtered_bytes shown = {
        .filtered = {.packet = {.size = size, .byte = byte_of, .beside = socket_filter_beside},
                     .protocol = socket->protocol},
        .bytes = bytes,
    };

    return socket_filter_run(socket, &shown.filtered);
}

/* What a card would tell, or what looks for attributes of netlink, is 0: nothing was found. */
bool socket_filter_beside(const struct bpf_packet *packet, unsigned what, uint32_t *out)
{
    const struct filtered *filtered = (const struct filtered *)(const void *)packet; /* its first member */
    struct interface interface;

    *out = 0;
    switch (what) {
    case BPF_AD_PROTOCOL:
        *out = filtered->protocol;
        return true;
    case BPF_AD_INTERFACE:
        *out = filtered->interface;
        return filtered->interface != 0;
    case BPF_AD_HARDWARE:
        if (!interface_get(filtered->interface, &interface))
            return false;
        *out = interface.type;
        return true;
    case BPF_AD_CPU:
        *out = cpu_this()->number;
        return true;
    case BPF_AD_RANDOM:
        random_bytes(out, sizeof(*out));
        return true;
    default:
        return true;
    }
}
