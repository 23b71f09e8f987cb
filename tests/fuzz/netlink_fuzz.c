/* SPDX-License-Identifier: Apache-2.0 */
/*
 * netlink_fuzz.c - hostile messages to netlink(7): requests and their attributes are within what was sent, and answers
 * are messages that are read back whole.
 *
 * The first byte: whose socket it is, and how much room there is for answers; the rest is sent.
 */
// sources: guest-kernel/net/netlink_message.c guest-kernel/net/netlink_route.c guest-kernel/net/inet_address.c
// guest-kernel/net/interface_list.c
#include "net/netlink.h"

#include <stdlib.h>
#include <string.h>

#include "boot/abi_net.h"
#include "net/outside.h"
#include "tests/fuzz/input.h"

#define REQUESTS_MOST 4096

/* With eth0, or without one. */
static const struct lvmm_net_config config = {
    .flags = LVMM_NET_OUT, .address4 = {[10] = 0xff, 0xff, 10, 0, 2, 15}, .prefix4 = 24, .prefix6 = 64, .mtu = 65520};
const struct lvmm_net_config *outside_config;

/* What was written is a row of whole messages, each of whole attributes. */
static void check_written(const struct netlink_writer *writer)
{
    struct netlink_request read;
    uint32_t at = 0, count = 0;

    must(writer->size <= writer->room);
    while (netlink_next(writer->bytes, writer->size, &at, &read))
        count++;
    must(at >= writer->size || writer->size == 0);
    (void)count;
}

static void answer(const struct netlink_request *request, uint32_t room, bool may_change)
{
    struct netlink_dump dump = {0};
    struct netlink_writer writer = {.bytes = malloc(room), .room = room};
    unsigned rounds = 0;

    must(netlink_route_answer(request, may_change, &writer, &dump) <= 0);
    check_written(&writer);
    if (dump.more != NULL) {
        writer.size = 0;
        while (!dump.more(&dump, &writer) && rounds++ < 100)
            writer.size = 0;
        check_written(&writer);
    }
    free(writer.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct netlink_request request;
    uint32_t at = 0, count = 0, length, found;
    uint8_t *sent;
    unsigned how;

    if (size == 0 || size > 65536)
        return 0;
    how = data[0];
    outside_config = size & 1 ? &config : NULL;
    length = (uint32_t)size - 1;
    sent = malloc(length);
    memcpy(sent, data + 1, length);
    while (netlink_next(sent, length, &at, &request) && count++ < REQUESTS_MOST) {
        must(request.body >= sent && request.body + request.size <= sent + length);
        for (uint16_t type = 0; type < 20; type++) {
            const uint8_t *value = netlink_find(&request, how & 15, type, &found);

            must(value == NULL || (value >= request.body && value + found <= request.body + request.size));
        }
        answer(&request, (how >> 4) * 96u + 16, how & 1);
    }
    free(sent);
    return 0;
}
