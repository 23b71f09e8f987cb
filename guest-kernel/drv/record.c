/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - see record.h. */
#include "drv/record.h"

#include "lib/string.h"

/* The byte's place; NULL: it isn't kept. */
static uint8_t *place(struct record_reader *reader)
{
    uint32_t at = reader->have;

    if (at < sizeof(reader->header))
        return (uint8_t *)&reader->header + at;
    at -= (uint32_t)sizeof(reader->header);
    return at < sizeof(reader->payload) ? &reader->payload[at] : NULL;
}

static void record_end(struct record_reader *reader)
{
    size_t size = reader->header.size;

    reader->handle(reader->header.type, reader->payload,
                   size < sizeof(reader->payload) ? size : sizeof(reader->payload));
    reader->have = 0;
    memset(reader->payload, 0, sizeof(reader->payload));
}

void record_feed(struct record_reader *reader, const volatile uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t *to = place(reader);

        if (to != NULL)
            *to = bytes[i];
        reader->have++;
        if (reader->have >= sizeof(reader->header) && reader->have - sizeof(reader->header) >= reader->header.size)
            record_end(reader);
    }
}
