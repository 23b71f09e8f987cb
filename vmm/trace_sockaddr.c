/* SPDX-License-Identifier: Apache-2.0 */
/* trace_sockaddr.c - see trace_sockaddr.h. The layouts are those of unix(7), ip(7), ipv6(7), netlink(7) and cmsg(3). */
#include "vmm/trace_sockaddr.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10, FAMILY_NETLINK = 16 };
enum { LEVEL_SOCKET = 1, TYPE_RIGHTS = 1, TYPE_CREDENTIALS = 2 };

#define CONTROL_HEAD 16u /* struct cmsghdr */

static unsigned network_port(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static void put_unix(struct trace_line *line, struct trace_bytes path)
{
    if (path.size == 0)
        return;
    trace_put(line, ", sun_path=");
    if (path.at[0] == '\0' && path.size > 1) {
        trace_put(line, "@");
        trace_put_bytes(line, (struct trace_bytes){path.at + 1, path.size - 1}, SIZE_MAX, path.size - 1);
        return;
    }
    const uint8_t *end = memchr(path.at, '\0', path.size);
    if (end != NULL)
        path.size = (size_t)(end - path.at);
    trace_put_bytes(line, path, SIZE_MAX, path.size);
}

static void put_inet6(struct trace_line *line, const uint8_t *at)
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(AF_INET6, at + 8, text, sizeof(text));
    trace_put(line,
              ", sin6_port=htons(%u), sin6_flowinfo=htonl(%" PRIu32 "), inet_pton(AF_INET6, \"%s\", &sin6_addr), "
              "sin6_scope_id=%" PRIu64,
              network_port(at + 2), (uint32_t)network_port(at + 4) << 16 | network_port(at + 6), text,
              trace_word(at + 24, 4));
}

void trace_put_sockaddr(struct trace_line *line, const char *isa, struct trace_bytes bytes)
{
    uint64_t family = bytes.size >= 2 ? trace_word(bytes.at, 2) : 0;
    const uint8_t *at = bytes.at;

    if (bytes.size < 2) {
        trace_put_bytes(line, bytes, SIZE_MAX, bytes.size);
        return;
    }
    trace_put(line, "{sa_family=");
    trace_put_set(line, isa, KIND_SET_domain, family);
    if (family == FAMILY_UNIX) {
        put_unix(line, (struct trace_bytes){at + 2, bytes.size - 2});
    } else if (family == FAMILY_INET && bytes.size >= 8) {
        trace_put(line, ", sin_port=htons(%u), sin_addr=inet_addr(\"%u.%u.%u.%u\")", network_port(at + 2), at[4], at[5],
                  at[6], at[7]);
    } else if (family == FAMILY_INET6 && bytes.size >= 28) {
        put_inet6(line, at);
    } else if (family == FAMILY_NETLINK && bytes.size >= 12) {
        trace_put(line, ", nl_pid=%" PRIu64 ", nl_groups=%08" PRIx64, trace_word(at + 4, 4), trace_word(at + 8, 4));
    } else if (bytes.size > 2) {
        trace_put(line, ", sa_data=");
        trace_put_bytes(line, (struct trace_bytes){at + 2, bytes.size - 2}, SIZE_MAX, bytes.size - 2);
    }
    trace_put(line, "}");
}

static void put_rights(struct trace_line *line, struct trace_bytes data)
{
    trace_put(line, ", cmsg_data=[");
    for (size_t at = 0; at + 4 <= data.size; at += 4)
        trace_put(line, "%s%" PRId64, at != 0 ? ", " : "", trace_signed_word(data.at + at, 4));
    trace_put(line, "]");
}

static void put_one(struct trace_line *line, const char *isa, const uint8_t *at, struct trace_bytes data)
{
    uint64_t level = trace_word(at + 8, 4), type = trace_word(at + 12, 4);

    trace_put(line, "{cmsg_len=%" PRIu64 ", cmsg_level=", trace_word(at, 8));
    trace_put_set(line, isa, KIND_SET_sockopt_level, level);
    trace_put(line, ", cmsg_type=");
    if (level == LEVEL_SOCKET)
        trace_put_set(line, isa, KIND_SET_cmsg_type, type);
    else
        trace_put(line, "%#" PRIx64, type);
    if (level == LEVEL_SOCKET && type == TYPE_RIGHTS)
        put_rights(line, data);
    else if (level == LEVEL_SOCKET && type == TYPE_CREDENTIALS && data.size >= 12)
        trace_put(line, ", cmsg_data={pid=%" PRId64 ", uid=%" PRIu64 ", gid=%" PRIu64 "}",
                  trace_signed_word(data.at, 4), trace_word(data.at + 4, 4), trace_word(data.at + 8, 4));
    trace_put(line, "}");
}

void trace_put_control(struct trace_line *line, const char *isa, struct trace_bytes bytes)
{
    const char *comma = "";

    trace_put(line, "[");
    while (bytes.size >= CONTROL_HEAD) {
        uint64_t length = trace_word(bytes.at, 8), step = (length + 7) & ~UINT64_C(7);

        if (length < CONTROL_HEAD || length > bytes.size) {
            trace_put(line, "%s...", comma);
            break;
        }
        trace_put(line, "%s", comma);
        put_one(line, isa, bytes.at, (struct trace_bytes){bytes.at + CONTROL_HEAD, (size_t)length - CONTROL_HEAD});
        comma = ", ";
        if (step > bytes.size)
            break;
        bytes.at += step;
        bytes.size -= (size_t)step;
    }
    trace_put(line, "]");
}
