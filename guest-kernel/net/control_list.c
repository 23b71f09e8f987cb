/* SPDX-License-Identifier: Apache-2.0 */
/* control_list.c - see control_list.h. */
#include "net/control_list.h"

#include "abi/errno.h"
#include "abi/socket.h"
#include "lib/string.h"

#define ALIGNED(size) (((size) + 7u) & ~(uint64_t)7u)
#define ALIGNED_32(size) (((size) + 3u) & ~(uint64_t)3u)

int control_parse(const void *bytes, uint32_t size, uint32_t *at, struct control_message *out)
{
    struct cmsghdr_user header;

    if (*at > size || size - *at < sizeof(header))
        return 0;
    memcpy(&header, (const char *)bytes + *at, sizeof(header));
    if (header.size < sizeof(header) || header.size > size - *at)
        return -EINVAL;
    *out = (struct control_message){.level = header.level,
                                    .type = header.type,
                                    .data = (const char *)bytes + *at + sizeof(header),
                                    .size = (uint32_t)(header.size - sizeof(header))};
    *at = ALIGNED(header.size) < size - *at ? *at + (uint32_t)ALIGNED(header.size) : size;
    return 1;
}

int64_t control_widen(const void *bytes, uint32_t size, void *out)
{
    uint64_t from = 0, to = 0;

    while (size - from >= sizeof(struct cmsghdr_i386)) {
        struct cmsghdr_i386 half;
        struct cmsghdr_user whole;
        uint32_t data;

        memcpy(&half, (const char *)bytes + from, sizeof(half));
        if (half.size < sizeof(half) || half.size > size - from)
            return -EINVAL;
        data = half.size - (uint32_t)sizeof(half);
        whole = (struct cmsghdr_user){sizeof(whole) + data, half.level, half.type};
        memset((char *)out + to, 0, ALIGNED(whole.size));
        memcpy((char *)out + to, &whole, sizeof(whole));
        memcpy((char *)out + to + sizeof(whole), (const char *)bytes + from + sizeof(half), data);
        to += ALIGNED(whole.size);
        from += ALIGNED_32(half.size);
        if (from > size)
            break;
    }
    return (int64_t)to;
}
