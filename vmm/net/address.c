/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - see address.h. */
#include "vmm/net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define V4_PREFIX 96u /* bits of a mapped address before the IPv4 one */

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

struct net_address net_address_v4(uint32_t number)
{
    struct net_address address;

    memcpy(address.bytes, mapped, sizeof(mapped));
    for (unsigned i = 0; i < 4; i++)
        address.bytes[12 + i] = (uint8_t)(number >> (24 - 8 * i));
    return address;
}

bool net_address_is_v4(const struct net_address *address)
{
    return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

bool net_address_equal(const struct net_address *a, const struct net_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool net_endpoint_equal(const struct net_endpoint *a, const struct net_endpoint *b)
{
    return a->port == b->port && net_address_equal(&a->address, &b->address);
}

bool net_address_is_any(const struct net_address *address)
{
    const struct net_address any4 = net_address_v4(INADDR_ANY), any6 = {{0}};

    return net_address_equal(address, &any4) || net_address_equal(address, &any6);
}

bool net_address_is_loopback(const struct net_address *address)
{
    const struct net_address loopback6 = {{[15] = 1}};

    return net_address_is_v4(address) ? address->bytes[12] == 127 : net_address_equal(address, &loopback6);
}

bool net_address_is_multicast(const struct net_address *address)
{
    const struct net_address broadcast = net_address_v4(INADDR_BROADCAST);

    if (net_address_is_v4(address))
        return (address->bytes[12] & 0xf0) == 0xe0 || net_address_equal(address, &broadcast);
    return address->bytes[0] == 0xff;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
    uint8_t rest = (uint8_t)(0xff00u >> bits % 8);

    return memcmp(a, b, bits / 8) == 0 && (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & rest) == 0);
}

bool net_range_has(const struct net_range *range, const struct net_address *address)
{
    if (net_address_is_v4(&range->address) != net_address_is_v4(address))
        return false;
    return same_bits(range->address.bytes, address->bytes, range->prefix);
}

bool net_address_embedded(const struct net_address *address, struct net_address *out)
{
    static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
    const uint8_t *v4 = NULL;

    if (address->bytes[0] == 0x20 && address->bytes[1] == 0x02)
        v4 = address->bytes + 2;
    else if (memcmp(address->bytes, nat64, sizeof(nat64)) == 0)
        v4 = address->bytes + 12;
    if (v4 == NULL)
        return false;
    *out = net_address_v4((uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 | (uint32_t)v4[2] << 8 | v4[3]);
    return true;
}

int net_address_parse(const char *text, struct net_address *out)
{
    char copy[INET6_ADDRSTRLEN];
    size_t length = strlen(text);
    struct in_addr v4;

    if (inet_pton(AF_INET, text, &v4) == 1) {
        *out = net_address_v4(ntohl(v4.s_addr));
        return 0;
    }
    if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length >= sizeof(copy))
        return -EINVAL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(AF_INET6, copy, out->bytes) == 1 ? 0 : -EINVAL;
}

/* Decimal digits only, at most `most`. -1: it isn't such a number. */
static int small_number(const char *text, unsigned most)
{
    size_t length = strlen(text);

    if (length == 0 || length > 3 || strspn(text, "0123456789") != length)
        return -1;
    int number = atoi(text);
    return (unsigned)number <= most ? number : -1;
}

/* Nothing behind the prefix: who writes 10.0.0.1/8 has something else in mind than what it means. */
static bool is_whole(const struct net_range *range)
{
    for (unsigned bit = range->prefix; bit < 128; bit++)
        if (range->address.bytes[bit / 8] & (0x80u >> bit % 8))
            return false;
    return true;
}

int net_range_parse(const char *text, struct net_range *out)
{
    const char *slash = strchr(text, '/');
    size_t length = slash == NULL ? strlen(text) : (size_t)(slash - text);
    char address[INET6_ADDRSTRLEN + 2];
    int bits;

    if (length >= sizeof(address))
        return -EINVAL;
    memcpy(address, text, length);
    address[length] = '\0';
    if (net_address_parse(address, &out->address) < 0)
        return -EINVAL;
    /* A mapped address is an IPv4 one, but its prefix is then written as IPv6's. */
    bool written_as_v4 = strchr(address, ':') == NULL;
    out->prefix = 128;
    if (slash != NULL) {
        bits = small_number(slash + 1, written_as_v4 ? 32 : 128);
        if (bits < 0)
            return -EINVAL;
        out->prefix = (unsigned)bits + (written_as_v4 ? V4_PREFIX : 0);
        if (out->prefix < V4_PREFIX && net_address_is_v4(&out->address))
            return -EINVAL;
    }
    return is_whole(out) ? 0 : -EINVAL;
}

const char *net_endpoint_text(const struct net_endpoint *endpoint, char *text)
{
    const uint8_t *bytes = endpoint->address.bytes;
    bool is_v4 = net_address_is_v4(&endpoint->address);
    char host[INET6_ADDRSTRLEN];

    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? bytes + 12 : bytes, host, sizeof(host));
    if (endpoint->port == 0)
        snprintf(text, NET_TEXT, "%s", host);
    else
        snprintf(text, NET_TEXT, is_v4 ? "%s:%u" : "[%s]:%u", host, endpoint->port);
    return text;
}

socklen_t net_endpoint_sockaddr(const struct net_endpoint *endpoint, int family, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof(*out));
    if (family == AF_INET6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(endpoint->port);
        memcpy(&in6->sin6_addr, endpoint->address.bytes, sizeof(in6->sin6_addr));
        return sizeof(*in6);
    }
    struct sockaddr_in *in = (struct sockaddr_in *)out;
    in->sin_family = AF_INET;
    in->sin_port = htons(endpoint->port);
    memcpy(&in->sin_addr, endpoint->address.bytes + 12, sizeof(in->sin_addr));
    return net_address_is_v4(&endpoint->address) ? sizeof(*in) : 0;
}

bool net_endpoint_take(const struct sockaddr_storage *from, struct net_endpoint *out)
{
    memset(out, 0, sizeof(*out));
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)from;

        *out = (struct net_endpoint){net_address_v4(ntohl(in->sin_addr.s_addr)), ntohs(in->sin_port)};
    } else if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

        memcpy(out->address.bytes, &in6->sin6_addr, sizeof(out->address.bytes));
        out->port = ntohs(in6->sin6_port);
    }
    return from->ss_family == AF_INET || from->ss_family == AF_INET6;
}

/* A port of that address can be had. False: the address isn't this host's. */
static bool can_bind(const struct net_address *address)
{
    int family = net_address_is_v4(address) ? AF_INET : AF_INET6;
    const struct net_endpoint here = {*address, 0};
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t size = net_endpoint_sockaddr(&here, family, &name);
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool bound;

    if (fd < 0)
        return errno != EAFNOSUPPORT;
    bound = bind(fd, (struct sockaddr *)&name, size) == 0 || errno != EADDRNOTAVAIL;
    close(fd);
    return bound;
}

/* A socket of datagrams that is connected to it. -errno. */
static int connect_to(const struct net_address *address)
{
    int family = net_address_is_v4(address) ? AF_INET : AF_INET6;
    const struct net_endpoint to = {*address, 53};
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t size = net_endpoint_sockaddr(&to, family, &name);
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&name, size) == 0)
        return fd < 0 ? -errno : fd;
    int error = errno;
    close(fd);
    return -error;
}

bool net_address_has_route(const struct net_address *address)
{
    int fd = connect_to(address);

    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Who sends to himself has, as the source, the address that he sends to. Where there is no way to, nobody is; without a
 * descriptor, or for another reason, it isn't known. */
static bool is_own_source(const struct net_address *address)
{
    struct net_endpoint source = {.port = 0};
    struct sockaddr_storage name = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(name);
    int fd = connect_to(address);

    if (fd < 0)
        return fd != -ENETUNREACH && fd != -EHOSTUNREACH;
    bool own = getsockname(fd, (struct sockaddr *)&name, &size) < 0 || !net_endpoint_take(&name, &source) ||
               net_address_equal(&source.address, address);
    close(fd);
    return own;
}

/* Where net.ipv4.ip_nonlocal_bind is set, any address can be had: an answer about one that nobody has tells. */
bool net_address_is_own(const struct net_address *address)
{
    const struct net_address nobody4 = net_address_v4(0xc00002fe), nobody6 = {{0x20, 0x01, 0x0d, 0xb8, [15] = 0xfe}};

    if (net_address_is_loopback(address))
        return true;
    if (!can_bind(address))
        return false;
    return !can_bind(net_address_is_v4(address) ? &nobody4 : &nobody6) || is_own_source(address);
}
