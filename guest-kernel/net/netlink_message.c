/* SPDX-License-Identifier: Apache-2.0 */
/* netlink_message.c - the form of messages of netlink(7): read from programs, whom nothing is believed, and written. */
#include "lib/string.h"
#include "net/netlink.h"

#define ALIGN(size) (((size) + 3u) & ~3u)

bool netlink_next(const uint8_t *bytes, uint32_t size, uint32_t *at, struct netlink_request *out)
{
    uint32_t left = *at < size ? size - *at : 0, step;

    if (left < sizeof(out->header))
        return false;
    memcpy(&out->header, bytes + *at, sizeof(out->header));
    if (out->header.size < sizeof(out->header) || out->header.size > left)
        return false;
    out->body = bytes + *at + sizeof(out->header);
    out->size = out->header.size - (uint32_t)sizeof(out->header);
    step = ALIGN(out->header.size);
    *at += step < left ? step : left;
    return true;
}

const void *netlink_find(const struct netlink_request *request, uint32_t skip, uint16_t type, uint32_t *size)
{
    uint32_t at = ALIGN(skip);

    while (at < request->size && request->size - at >= sizeof(struct netlink_attribute)) {
        struct netlink_attribute attribute;
        uint32_t left = request->size - at;

        memcpy(&attribute, request->body + at, sizeof(attribute));
        if (attribute.size < sizeof(attribute) || attribute.size > left)
            return NULL;
        if ((attribute.type & 0x3fff) == type) {
            *size = attribute.size - (uint32_t)sizeof(attribute);
            return request->body + at + sizeof(attribute);
        }
        at += ALIGN(attribute.size);
    }
    return NULL;
}

/* ---- writing ---- */

static void *reserve(struct netlink_writer *writer, uint32_t size)
{
    void *place = writer->bytes + writer->size;

    if (writer->is_full || writer->room - writer->size < ALIGN(size)) {
        writer->is_full = true;
        return NULL;
    }
    memset(place, 0, ALIGN(size));
    writer->size += ALIGN(size);
    return place;
}

void *netlink_begin(struct netlink_writer *writer, uint16_t type, uint16_t flags, uint32_t sequence, uint32_t port,
                    uint32_t body_size)
{
    const struct netlink_header header = {.type = type, .flags = flags, .sequence = sequence, .port = port};
    uint8_t *place;

    writer->message = writer->size;
    place = reserve(writer, (uint32_t)sizeof(header) + body_size);
    if (place == NULL)
        return NULL;
    memcpy(place, &header, sizeof(header));
    return place + sizeof(header);
}

void netlink_add(struct netlink_writer *writer, uint16_t type, const void *value, uint32_t size)
{
    const struct netlink_attribute attribute = {.size = (uint16_t)(sizeof(attribute) + size), .type = type};
    uint8_t *place = reserve(writer, (uint32_t)sizeof(attribute) + size);

    if (place == NULL)
        return;
    memcpy(place, &attribute, sizeof(attribute));
    if (size != 0)
        memcpy(place + sizeof(attribute), value, size);
}

bool netlink_end(struct netlink_writer *writer)
{
    uint32_t size = writer->size - writer->message;

    if (writer->is_full) {
        writer->size = writer->message;
        writer->is_full = false;
        return false;
    }
    memcpy(writer->bytes + writer->message, &size, sizeof(size));
    return true;
}
