/* SPDX-License-Identifier: Apache-2.0 */
/*
 * socket_filter.h - a program that says which packets a socket gets, and how much of each (SO_ATTACH_FILTER). It is the
 * socket's, and goes with it. Families whose messages are packets ask it for each that comes; streams never do, as what
 * is in the VM has no segments.
 */
#ifndef GK_NET_SOCKET_FILTER_H
#define GK_NET_SOCKET_FILTER_H

#include "lib/bpf.h"
#include "net/socket.h"

struct socket_filter {
    uint32_t length;
    struct bpf_instruction instruction[];
};

struct filtered { /* what a program is shown; a family's own structure begins with it */
    struct bpf_packet packet;
    uint16_t protocol;  /* as Ethernet has it; 0: none */
    uint32_t interface; /* that it came by; 0: none */
};

/* Room for one of so many instructions, or NULL. It is the caller's, who frees it with kfree, until it is attached. */
struct socket_filter *socket_filter_create(uint32_t length);
/* A program that was found good (bpf_check) becomes the socket's, in place of what it had. 0; -EPERM: the socket's is
 * locked, and it is still the caller's. */
int socket_filter_attach(struct socket *socket, struct socket_filter *filter);
/* 0, -EPERM or -ENOENT. */
int socket_filter_detach(struct socket *socket);

/* How many bytes of the packet the socket's program keeps, which may be more than it has; 0: it is dropped. (An empty
 * one that isn't has a number as well.) The socket has a program. */
uint32_t socket_filter_run(const struct socket *socket, const struct filtered *filtered);
/* The same, of a packet of the socket's protocol that lies in a row and has come by no interface. */
uint32_t socket_filter_run_bytes(const struct socket *socket, const uint8_t *bytes, uint32_t size);
/* Whether the socket gets a packet that others get as well, so that their programs end soon all together: with a
 * program, only until *steps, their instructions, are too many. 0 at first. */
#define FILTER_STEPS_MOST 32768u
static inline bool socket_filter_affords(const struct socket *socket, uint32_t *steps)
{
    if (socket->filter == NULL)
        return true;
    *steps += socket->filter->length;
    return *steps <= FILTER_STEPS_MOST;
}
/* For packet.beside. */
bool socket_filter_beside(const struct bpf_packet *packet, unsigned what, uint32_t *out);

#endif
