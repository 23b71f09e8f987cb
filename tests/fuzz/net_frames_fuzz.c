/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net_frames_fuzz.c - hostile frames to the network helper: it stays within its memory, and what it tells is in form.
 * The policy lets nothing out; published ports and the resolver (without a server that could be reached) are there.
 *
 * Each frame: type, flags, socket, size, value and credit, then bytes of payload. DATA frames may stay in memory until
 * they are flushed, and streams be read into places.
 */
// sources: vmm/noted.c vmm/net/[!n]*.c vmm/net/net_log.c
#include <unistd.h>

#include "tests/fuzz/input.h"
#include "vmm/net/helper.h"

#define SOCKETS 24
#define FRAMES_MOST 200

#define PLACES 3u
#define PLACE_BYTES 64u
#define KEPT 8u /* frames whose payload stays */
#define PAYLOAD_MOST 400u

struct guest {
    size_t room;
    uint8_t last;
    uint8_t place[PLACES][PLACE_BYTES];
    unsigned given; /* places, of which */
    unsigned told;  /* so many had frames */
    uint8_t *kept[KEPT];
    unsigned kept_count;
};

static size_t room(void *owner)
{
    return ((const struct guest *)owner)->room;
}

/* Reads all of it. */
static void take(void *owner, const struct lvmm_net_frame *head, const void *first, size_t first_size, const void *rest)
{
    struct guest *guest = owner;
    const uint8_t *bytes = first;

    must(head->socket > 0 && head->socket <= SOCKETS && head->size + sizeof(*head) <= guest->room);
    for (size_t i = 0; i < first_size; i++)
        guest->last ^= bytes[i];
    bytes = rest;
    for (size_t i = first_size; i < head->size; i++)
        guest->last ^= bytes[i - first_size];
}

static unsigned places(void *owner, struct iovec *place, unsigned most, size_t bytes)
{
    struct guest *guest = owner;

    guest->given = guest->told = 0;
    for (; guest->given < PLACES && guest->given < most && guest->given * PLACE_BYTES < bytes; guest->given++)
        place[guest->given] = (struct iovec){guest->place[guest->given], PLACE_BYTES};
    return guest->given;
}

static void take_placed(void *owner, const struct lvmm_net_frame *head)
{
    struct guest *guest = owner;

    must(guest->told < guest->given && head->size > 0 && head->size <= PLACE_BYTES);
    take(guest, head, guest->place[guest->told++], head->size, NULL);
}

static void flush(struct net_helper *helper, struct guest *guest)
{
    net_helper_flush(helper);
    while (guest->kept_count > 0)
        free(guest->kept[--guest->kept_count]);
}

/* It stays until it is flushed, in memory of its own. */
static void send_placed(struct net_helper *helper, struct guest *guest, const struct lvmm_net_frame *head,
                        const uint8_t *payload)
{
    if (guest->kept_count == KEPT)
        flush(helper, guest);
    uint8_t *kept = malloc(head->size + 1);
    must(kept != NULL);
    memcpy(kept, payload, head->size);
    guest->kept[guest->kept_count++] = kept;
    net_helper_data(helper, head, kept);
}

static void send_frame(struct net_helper *helper, struct guest *guest, struct input *input)
{
    uint8_t bytes[sizeof(struct lvmm_net_frame) + PAYLOAD_MOST];
    uint8_t type = input_u8(input), size = input_u8(input), how = input_u8(input);
    struct lvmm_net_frame head = {
        .type = type & 128 ? type : type % 14, .size = size, .socket = input_u8(input) % (SOCKETS + 2)};

    head.flags = how & 15;
    if (how & 16)
        head.flags = 0;
    head.value = input_u8(input);
    head.credit = input_u16(input);
    if (head.type == LVMM_NET_OPEN && (how & 32) == 0) {
        static const uint32_t kinds[] = {
            AF_INET | SOCK_STREAM << 8 | IPPROTO_TCP << 16, AF_INET6 | SOCK_STREAM << 8 | IPPROTO_TCP << 16,
            AF_INET | SOCK_DGRAM << 8 | IPPROTO_UDP << 16, AF_INET6 | SOCK_DGRAM << 8 | IPPROTO_UDP << 16};
        head.value = kinds[head.value % 4];
    } else if (how & 64) {
        head.value = (uint32_t)input_u64(input);
    }
    input_bytes(input, bytes + sizeof(head), size);
    if (head.type == LVMM_NET_DATA && (how & 128) != 0) {
        send_placed(helper, guest, &head, bytes + sizeof(head));
        return;
    }
    memcpy(bytes, &head, sizeof(head));
    net_helper_frame(helper, bytes, sizeof(head) + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct net_policy policy;
    static struct net_resolver_config resolver;
    struct input input = {data, size};
    struct net_publish ports[2];
    struct guest guest = {.room = 0};
    struct net_helper_config config = {
        .policy = &policy, .ports = ports, .port_count = 2, .resolver = &resolver, .sockets = SOCKETS};
    const struct net_link link = {room, take, places, take_placed, &guest};
    struct net_helper *helper;

    /* Addresses of DNS, gateway and ports are short to write: zeros and ones. */
    config.dns4 = (struct net_address){{1}};
    config.gateway4 = net_address_v4(1);
    must(net_publish_parse("0:257", &ports[0]) == 0 && net_publish_parse("0:257/udp", &ports[1]) == 0);
    must(net_publish_bind(&ports[0]) == 0 && net_publish_bind(&ports[1]) == 0);
    resolver.server_count = 1; /* 0.0.0.0 port 0: can't be asked */
    must(net_helper_create(&config, &link, &helper) == 0);
    for (unsigned i = 0; i < FRAMES_MOST && input.size > 0; i++) {
        send_frame(helper, &guest, &input);
        uint8_t then = input_u8(&input);
        if (then & 8)
            flush(helper, &guest);
        guest.room = then & 1 ? 0 : LVMM_NET_BUFFER_MIN;
        if (then & 2)
            net_helper_room(helper);
        if (then & 4)
            net_helper_run(helper, 0);
        if ((then & 0xf8) == 0xf8)
            net_helper_reset(helper);
    }
    flush(helper, &guest);
    net_helper_destroy(helper);
    close(ports[0].fd);
    close(ports[1].fd);
    return 0;
}
