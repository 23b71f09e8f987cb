/* SPDX-License-Identifier: Apache-2.0 */
/* log_ring.c - see log_ring.h. Records lie one behind the other, a struct log_record and its text each; the kernel
 * never waits in here, and has interrupts off. */
#include "core/log_ring.h"

#include "abi/errno.h"
#include "lib/string.h"

static char ring[LOG_RING_BYTES];
/* Positions that only grow, taken modulo the size. */
static struct log_cursor first, end;

void (*log_ring_told)(void);
uint64_t (*log_ring_clock)(void);

static void bytes_put(uint64_t at, const void *bytes, size_t size)
{
    size_t offset = at % LOG_RING_BYTES, row = size < LOG_RING_BYTES - offset ? size : LOG_RING_BYTES - offset;

    memcpy(ring + offset, bytes, row);
    memcpy(ring, (const char *)bytes + row, size - row);
}

static void bytes_get(uint64_t at, void *bytes, size_t size)
{
    size_t offset = at % LOG_RING_BYTES, row = size < LOG_RING_BYTES - offset ? size : LOG_RING_BYTES - offset;

    memcpy(bytes, ring + offset, row);
    memcpy((char *)bytes + row, ring, size - row);
}

static void step(struct log_cursor *cursor, const struct log_record *record)
{
    cursor->at += sizeof(*record) + record->size;
    cursor->number++;
}

void log_ring_put(uint32_t priority, const char *text, size_t size)
{
    struct log_record record = {.number = end.number, .priority = priority}, old;

    record.size = size < LOG_TEXT_MAX ? (uint32_t)size : LOG_TEXT_MAX;
    if (log_ring_clock != NULL)
        record.time_us = log_ring_clock() / 1000;
    while (end.at + sizeof(record) + record.size - first.at > LOG_RING_BYTES) {
        bytes_get(first.at, &old, sizeof(old));
        step(&first, &old);
    }
    bytes_put(end.at, &record, sizeof(record));
    bytes_put(end.at + sizeof(record), text, record.size);
    step(&end, &record);
    if (log_ring_told != NULL)
        log_ring_told();
}

struct log_cursor log_ring_first(void)
{
    return first;
}

struct log_cursor log_ring_end(void)
{
    return end;
}

bool log_ring_has_next(const struct log_cursor *cursor)
{
    return cursor->number != end.number;
}

int log_ring_read(struct log_cursor *cursor, struct log_record *record, char text[LOG_TEXT_MAX])
{
    if (cursor->number < first.number) {
        *cursor = first;
        return -EPIPE;
    }
    if (cursor->number == end.number)
        return -EAGAIN;
    bytes_get(cursor->at, record, sizeof(*record));
    bytes_get(cursor->at + sizeof(*record), text, record->size);
    step(cursor, record);
    return 0;
}
