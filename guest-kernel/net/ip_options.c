/* SPDX-License-Identifier: Apache-2.0 */
/* ip_options.c - see ip_options.h. */
#include "net/ip_options.h"

#include "abi/errno.h"
#include "lib/string.h"
#include "vfs/permission.h"

enum { /* types, in the first byte; the second is the size, and the third, where there is one, a place counted from 1 */
       OPTION_END = 0,
       OPTION_NOTHING = 1,
       OPTION_RECORD = 7,
       OPTION_TIMES = 68,
       OPTION_LABEL = 134,
       OPTION_LOOSE_ROUTE = 131,
       OPTION_STRICT_ROUTE = 137,
       OPTION_ALERT = 148,
};
enum { TIMES_ALONE = 0, TIMES_AND_ADDRESSES = 1, TIMES_OF_GIVEN = 3 };

struct seen { /* of what there may be but one */
    bool route, record, times;
};

static bool route_is_right(const uint8_t *option, unsigned size, struct seen *seen)
{
    if (size < 7 || option[2] != 4 || (size - 3) % 4 != 0 || seen->route)
        return false;
    seen->route = true;
    return true;
}

/* Linux writes the sender's address into the first free place of a packet, and takes it out of what it tells. */
static bool record_is_right(uint8_t *option, unsigned size, struct seen *seen)
{
    if (size < 3 || option[2] < 4 || seen->record)
        return false;
    seen->record = true;
    if (option[2] > size)
        return true;
    if (option[2] + 3u > size)
        return false;
    memset(&option[option[2] - 1], 0, 4);
    return true;
}

static bool times_are_right(const uint8_t *option, unsigned size, struct seen *seen)
{
    unsigned kind;

    if (size < 4 || option[2] < 5 || seen->times)
        return false;
    seen->times = true;
    kind = option[3] & 0xf;
    if (option[2] > size)
        return kind == TIMES_OF_GIVEN || option[3] >> 4 != 15;
    if (option[2] + 3u > size)
        return false;
    if (kind == TIMES_AND_ADDRESSES || kind == TIMES_OF_GIVEN)
        return option[2] + 7u <= size;
    return kind == TIMES_ALONE || permission_has(CAP_NET_RAW);
}

/* Labels (CIPSO) are refused, as by a Linux without NetLabel. */
static bool is_right(uint8_t *option, unsigned size, struct seen *seen)
{
    switch (option[0]) {
    case OPTION_LOOSE_ROUTE:
    case OPTION_STRICT_ROUTE:
        return route_is_right(option, size, seen);
    case OPTION_RECORD:
        return record_is_right(option, size, seen);
    case OPTION_TIMES:
        return times_are_right(option, size, seen);
    case OPTION_ALERT:
        return size >= 4;
    case OPTION_LABEL:
        return false;
    default:
        return permission_has(CAP_NET_RAW);
    }
}

int ip_options_check(uint8_t *bytes, uint32_t size)
{
    struct seen seen = {0};
    uint32_t at = 0, length;

    for (; at < size; at += length) {
        if (bytes[at] == OPTION_END) {
            memset(bytes + at, 0, size - at);
            return 0;
        }
        length = 1;
        if (bytes[at] == OPTION_NOTHING)
            continue;
        if (size - at < 2)
            return -EINVAL;
        length = bytes[at + 1];
        if (length < 2 || length > size - at || !is_right(bytes + at, length, &seen))
            return -EINVAL;
    }
    return 0;
}
