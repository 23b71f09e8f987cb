/* SPDX-License-Identifier: Apache-2.0 */
/* fake_guest.h - a guest's side of the network for tests: a link that keeps frames, and what a guest would send. */
#ifndef LVMM_TESTS_FAKE_GUEST_H
#define LVMM_TESTS_FAKE_GUEST_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/net/helper.h"

#define GUEST_FRAMES 8192
#define GUEST_PLACES 4
#define GUEST_PLACE_BYTES 1000 /* the host's kernel writes them */
#define GUEST_ROUNDS 2000      /* of at most 5 ms, for what the host's kernel does meanwhile */

struct guest_frame {
    struct lvmm_net_frame head;
    uint8_t *payload;
    bool taken;
};

struct guest {
    struct net_helper *helper;
    struct net_policy policy;
    struct net_publish port[4];
    unsigned port_count;
    struct net_log log;
    const struct net_resolver_config *resolver;
    size_t room; /* of each buffer; 0: none is there */
    unsigned places, placed;
    uint8_t place[GUEST_PLACES][GUEST_PLACE_BYTES];
    bool without_gateway6;
    struct guest_frame frame[GUEST_FRAMES];
    unsigned count;
};

static inline size_t guest_room(void *owner)
{
    return ((struct guest *)owner)->room;
}

static inline void guest_take(void *owner, const struct lvmm_net_frame *head, const void *first, size_t first_size,
                              const void *rest)
{
    struct guest *guest = owner;
    struct guest_frame *frame = &guest->frame[guest->count++];

    ck_assert_uint_le(guest->count, GUEST_FRAMES);
    ck_assert_uint_ne(guest->room, 0);
    ck_assert_uint_le(sizeof(*head) + head->size, guest->room);
    ck_assert_uint_le(first_size, head->size);
    *frame = (struct guest_frame){*head, malloc(head->size + 1), false};
    if (first_size > 0)
        memcpy(frame->payload, first, first_size);
    if (head->size > first_size)
        memcpy(frame->payload + first_size, rest, head->size - first_size);
}

static inline unsigned guest_places(void *owner, struct iovec *place, unsigned most, size_t bytes)
{
    struct guest *guest = owner;
    unsigned count = 0;

    guest->placed = 0;
    for (; count < guest->places && count < most && count * GUEST_PLACE_BYTES < bytes; count++)
        place[count] = (struct iovec){guest->place[count], GUEST_PLACE_BYTES};
    return count;
}

static inline void guest_take_placed(void *owner, const struct lvmm_net_frame *head)
{
    struct guest *guest = owner;

    ck_assert_uint_lt(guest->placed, guest->places);
    guest_take(guest, head, guest->place[guest->placed++], head->size, NULL);
}

/* The host's loopback is 10.0.2.2 and fd00::2 to it. */
static inline void guest_start(struct guest *guest, uint32_t sockets)
{
    struct net_helper_config config = {.policy = &guest->policy,
                                       .ports = guest->port,
                                       .port_count = guest->port_count,
                                       .resolver = guest->resolver,
                                       .log = &guest->log,
                                       .sockets = sockets};
    const struct net_link link = {guest_room, guest_take, guest_places, guest_take_placed, guest};

    net_address_parse("10.0.2.2", &config.gateway4);
    if (!guest->without_gateway6)
        net_address_parse("fd00::2", &config.gateway6);
    net_address_parse("10.0.2.3", &config.dns4);
    net_log_init(&guest->log, -1);
    guest->room = 65536;
    ck_assert_int_eq(net_helper_create(&config, &link, &guest->helper), 0);
}

static inline struct guest *guest_new(enum net_mode mode)
{
    struct guest *guest = calloc(1, sizeof(*guest));

    guest->policy.mode = mode;
    return guest;
}

static inline void guest_clear(struct guest *guest)
{
    for (unsigned i = 0; i < guest->count; i++)
        free(guest->frame[i].payload);
    guest->count = 0;
}

static inline void guest_end(struct guest *guest)
{
    net_helper_destroy(guest->helper);
    guest_clear(guest);
    for (unsigned i = 0; i < guest->port_count; i++)
        close(guest->port[i].fd);
    free(guest);
}

static inline void guest_run(struct guest *guest, int timeout_ms)
{
    ck_assert_int_eq(net_helper_run(guest->helper, timeout_ms), 0);
}

static inline void guest_send(struct guest *guest, struct lvmm_net_frame head, const void *payload, size_t size)
{
    uint8_t *bytes = malloc(sizeof(head) + size);

    head.size = (uint32_t)size;
    memcpy(bytes, &head, sizeof(head));
    if (size > 0)
        memcpy(bytes + sizeof(head), payload, size);
    net_helper_frame(guest->helper, bytes, sizeof(head) + size);
    net_helper_room(guest->helper);
    free(bytes);
}

static inline void guest_say(struct guest *guest, uint8_t type, uint32_t socket, uint32_t value, uint64_t credit)
{
    guest_send(guest, (struct lvmm_net_frame){.type = type, .socket = socket, .value = value, .credit = credit}, NULL,
               0);
}

static inline void guest_open(struct guest *guest, uint32_t socket, int family, int type, int protocol, uint64_t credit)
{
    guest_say(guest, LVMM_NET_OPEN, socket, (uint32_t)family | (uint32_t)type << 8 | (uint32_t)protocol << 16, credit);
}

static inline struct lvmm_net_name guest_name(const char *address, uint16_t port)
{
    struct lvmm_net_name name = {.port = port};
    struct net_address parsed;

    ck_assert_int_eq(net_address_parse(address, &parsed), 0);
    memcpy(name.address, parsed.bytes, sizeof(name.address));
    return name;
}

static inline void guest_connect(struct guest *guest, uint32_t socket, const char *address, uint16_t port)
{
    const struct lvmm_net_names names = {guest_name("10.0.2.15", 40000), guest_name(address, port)};

    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_CONNECT, .socket = socket}, &names, sizeof(names));
}

static inline void guest_data(struct guest *guest, uint32_t socket, const void *bytes, size_t size)
{
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATA, .socket = socket}, bytes, size);
}

static inline void guest_datagram(struct guest *guest, uint32_t socket, const char *address, uint16_t port,
                                  const void *bytes, size_t size)
{
    struct lvmm_net_datagram head = {.ttl = 0};
    uint8_t *both = malloc(sizeof(head) + size);

    if (address != NULL)
        head.peer = guest_name(address, port);
    memcpy(both, &head, sizeof(head));
    if (size > 0)
        memcpy(both + sizeof(head), bytes, size);
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_DATAGRAM, .socket = socket}, both, sizeof(head) + size);
    free(both);
}

static inline struct guest_frame *guest_look(struct guest *guest, uint8_t type, uint32_t socket)
{
    for (unsigned i = 0; i < guest->count; i++) {
        struct guest_frame *frame = &guest->frame[i];

        if (!frame->taken && frame->head.type == type && frame->head.socket == socket)
            return frame;
    }
    return NULL;
}

/* The next frame of that type and socket, which comes. */
static inline struct guest_frame *guest_wait(struct guest *guest, uint8_t type, uint32_t socket)
{
    struct guest_frame *frame = NULL;

    for (unsigned i = 0; i < GUEST_ROUNDS && (frame = guest_look(guest, type, socket)) == NULL; i++)
        guest_run(guest, 5);
    ck_assert_msg(frame != NULL, "no frame of type %u for socket %u", type, socket);
    frame->taken = true;
    return frame;
}

static inline void guest_wait_error(struct guest *guest, uint32_t socket, int error)
{
    const struct guest_frame *frame = guest_wait(guest, LVMM_NET_ERROR, socket);

    ck_assert_msg(frame->head.error == error, "%s instead of %s", strerrorname_np(frame->head.error),
                  strerrorname_np(error));
}

static inline void guest_close(struct guest *guest, uint32_t socket, uint8_t flags)
{
    guest_send(guest, (struct lvmm_net_frame){.type = LVMM_NET_CLOSE, .flags = flags, .socket = socket}, NULL, 0);
    guest_wait(guest, LVMM_NET_CLOSED, socket);
}

/* All bytes of its DATA so far, and no more than `room`. */
static inline size_t guest_read(const struct guest *guest, uint32_t socket, uint8_t *bytes, size_t room)
{
    size_t size = 0;

    for (unsigned i = 0; i < guest->count; i++) {
        const struct guest_frame *frame = &guest->frame[i];

        if (frame->head.type != LVMM_NET_DATA || frame->head.socket != socket)
            continue;
        ck_assert_uint_le(size + frame->head.size, room);
        memcpy(bytes + size, frame->payload, frame->head.size);
        size += frame->head.size;
    }
    return size;
}

static inline void guest_wait_bytes(struct guest *guest, uint32_t socket, const void *bytes, size_t size)
{
    uint8_t *got = malloc(size + 1);
    size_t have = 0;

    for (unsigned i = 0; i < GUEST_ROUNDS && have < size; i++) {
        guest_run(guest, 5);
        have = guest_read(guest, socket, got, size);
    }
    ck_assert_uint_eq(have, size);
    ck_assert(memcmp(got, bytes, size) == 0);
    free(got);
}

/* ---- this host's side ---- */

/* A socket at 127.0.0.1 (or ::1), on a port that is free. */
static inline int host_bind(int family, int type, uint16_t *port)
{
    struct sockaddr_storage name;
    struct net_endpoint at = {net_address_v4(INADDR_LOOPBACK), 0};
    socklen_t size;
    int fd = socket(family, type | SOCK_CLOEXEC, 0);

    if (family == AF_INET6)
        at.address = (struct net_address){{[15] = 1}};
    size = net_endpoint_sockaddr(&at, family, &name);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&name, size), 0);
    size = sizeof(name);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&name, &size), 0);
    ck_assert(net_endpoint_take(&name, &at));
    *port = at.port;
    return fd;
}

static inline int host_listen(uint16_t *port)
{
    int fd = host_bind(AF_INET, SOCK_STREAM, port);

    ck_assert_int_eq(listen(fd, 4096), 0);
    return fd;
}

static inline struct sockaddr_in host_name(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Waits for something to read, while the helper goes on. */
static inline void host_wait(struct guest *guest, int fd)
{
    struct pollfd waits = {.fd = fd, .events = POLLIN};

    for (unsigned i = 0; i < GUEST_ROUNDS && poll(&waits, 1, 0) == 0; i++)
        guest_run(guest, 5);
    ck_assert_int_eq(poll(&waits, 1, 0), 1);
}

static inline void host_expect(struct guest *guest, int fd, const void *bytes, size_t size)
{
    uint8_t *got = malloc(size + 1);
    size_t have = 0;

    while (have < size) {
        host_wait(guest, fd);
        ssize_t n = recv(fd, got + have, size - have, MSG_DONTWAIT);
        ck_assert_msg(n > 0, "%s", n == 0 ? "its end" : strerror(errno));
        have += (size_t)n;
    }
    ck_assert(memcmp(got, bytes, size) == 0);
    free(got);
}

/* The guest's socket, connected to the returned one of this host. */
static inline int guest_pair(struct guest *guest, uint32_t socket, uint64_t credit)
{
    uint16_t port;
    int listener = host_listen(&port), fd;

    guest_open(guest, socket, AF_INET, SOCK_STREAM, IPPROTO_TCP, credit);
    guest_connect(guest, socket, "10.0.2.2", port);
    guest_wait(guest, LVMM_NET_CONNECTED, socket);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    close(listener);
    return fd;
}

#endif
