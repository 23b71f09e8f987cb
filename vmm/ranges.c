/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.c - see ranges.h: sorted by place, found by bisection. */
#include "vmm/ranges.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64u

void ranges_fini(struct ranges *ranges)
{
    free(ranges->all);
    ranges->all = NULL;
    ranges->count = ranges->room = 0;
}

int ranges_reserve(struct ranges *ranges, unsigned more)
{
    unsigned room = ranges->room != 0 ? ranges->room : ROOM_FIRST;

    if (more > ranges->most || ranges->count > ranges->most - more)
        return -ENOSPC;
    while (room < ranges->count + more)
        room *= 2;
    if (room == ranges->room)
        return 0;
    struct range *all = realloc(ranges->all, room * sizeof(*all));
    if (all == NULL)
        return -ENOMEM;
    ranges->all = all;
    ranges->room = room;
    return 0;
}

static uint64_t end_of(const struct range *range)
{
    return range->offset + range->length;
}

unsigned ranges_from(const struct ranges *ranges, uint64_t offset)
{
    unsigned low = 0, high = ranges->count;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (end_of(&ranges->all[middle]) <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct ranges *ranges, unsigned at, const struct range *range)
{
    memmove(&ranges->all[at + 1], &ranges->all[at], (ranges->count - at) * sizeof(*range));
    ranges->all[at] = *range;
    ranges->count++;
}

static struct range tail_of(const struct range *range, uint64_t from)
{
    struct range tail = *range;

    tail.offset = from;
    tail.length = end_of(range) - from;
    tail.file_offset += from - range->offset;
    return tail;
}

void ranges_cut(struct ranges *ranges, uint64_t offset, uint64_t length, ranges_told *told, void *owner)
{
    const uint64_t end = offset + length;
    unsigned from = ranges_from(ranges, offset), to;

    if (from < ranges->count && ranges->all[from].offset < offset) {
        struct range *first = &ranges->all[from];
        bool splits = end_of(first) > end;
        const struct range tail = splits ? tail_of(first, end) : *first;

        first->length = offset - first->offset;
        if (told != NULL)
            told(owner, first->file, splits);
        from++;
        if (splits) {
            insert(ranges, from, &tail);
            return;
        }
    }
    for (to = from; to < ranges->count && ranges->all[to].offset < end; to++) {
        struct range *range = &ranges->all[to];
        bool remains = end_of(range) > end;

        if (told != NULL)
            told(owner, range->file, remains ? 0 : -1);
        if (remains) {
            *range = tail_of(range, end);
            break;
        }
    }
    if (to == from)
        return;
    memmove(&ranges->all[from], &ranges->all[to], (ranges->count - to) * sizeof(ranges->all[0]));
    ranges->count -= to - from;
}

void ranges_add(struct ranges *ranges, const struct range *range)
{
    insert(ranges, ranges_from(ranges, range->offset), range);
}
