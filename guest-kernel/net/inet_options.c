/* SPDX-License-Identifier: Apache-2.0 */
/* inet_options.c - the options of IP and IPv6 (ip(7), ipv6(7)): most are kept, and told again. */
#include "abi/errno.h"
#include "abi/inet.h"
#include "abi/socket.h"
#include "core/thread.h"
#include "lib/string.h"
#include "net/inet.h"
#include "net/inet_group.h"
#include "net/outside.h"
#include "vfs/permission.h"

#define V6_MTU_LEAST 1280

enum source_choice { /* Linux's IPV6_PREFER_SRC_* */
                     SOURCE_TEMPORARY = 0x1,
                     SOURCE_PUBLIC = 0x2,
                     SOURCE_CARE_OF = 0x4,
                     SOURCE_CGA = 0x8,
                     SOURCE_EITHER = 0x100,
                     SOURCE_HOME = 0x400,
                     SOURCE_NO_CGA = 0x800,
};

enum kind { FLAG, BYTE, NUMBER };
enum need { NO_NEED, NEEDS_RAW_TYPE, NEEDS_NET_ADMIN, NEEDS_NO_STREAM };

struct option {
    int level, name;
    enum kind kind;
    uint16_t offset; /* in struct inet_options */
    int least, most; /* what a number may be; -1 among them means the default `otherwise` */
    int otherwise;
    enum need need;
};

#define AT(field) offsetof(struct inet_options, field)
#define KEPT(flag) (AT(kept) + (flag) * sizeof(bool))

static const struct option options[] = {
    {IPPROTO_IP, IP_TOS, BYTE, AT(tos), INT32_MIN, INT32_MAX, 0, NO_NEED},
    {IPPROTO_IP, IP_TTL, NUMBER, AT(ttl), -1, 255, 64, NO_NEED},
    {IPPROTO_IP, IP_HDRINCL, FLAG, AT(header_included), 0, 0, 0, NEEDS_RAW_TYPE},
    {IPPROTO_IP, IP_RECVOPTS, FLAG, AT(receives_options), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_PKTINFO, FLAG, AT(packet_info), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_MTU_DISCOVER, BYTE, AT(mtu_discover), 0, 5, 0, NO_NEED},
    {IPPROTO_IP, IP_RECVERR, FLAG, AT(receives_errors), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_RECVTTL, FLAG, AT(receives_ttl), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_RECVTOS, FLAG, AT(receives_tos), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_FREEBIND, FLAG, AT(free_bind), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_TRANSPARENT, FLAG, AT(transparent), 0, 0, 0, NEEDS_NET_ADMIN},
    {IPPROTO_IP, IP_RECVORIGDSTADDR, FLAG, AT(receives_original), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_MINTTL, BYTE, AT(min_ttl), 0, 255, 0, NO_NEED},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, FLAG, AT(no_port_at_bind), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_MULTICAST_TTL, NUMBER, AT(multicast_ttl), -1, 255, 1, NEEDS_NO_STREAM},
    {IPPROTO_IP, IP_MULTICAST_LOOP, FLAG, AT(multicast_loop), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_MULTICAST_ALL, FLAG, AT(multicast_all), 0, 1, 0, NO_NEED},
    {IPPROTO_IP, IP_RETOPTS, FLAG, KEPT(KEPT_RETURN_OPTIONS), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_PASSSEC, FLAG, KEPT(KEPT_LABELS), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_NODEFRAG, FLAG, KEPT(KEPT_NO_REASSEMBLY), 0, 0, 0, NEEDS_RAW_TYPE},
    {IPPROTO_IP, IP_CHECKSUM, FLAG, KEPT(KEPT_CHECKSUM), 0, 0, 0, NO_NEED},
    {IPPROTO_IP, IP_RECVFRAGSIZE, FLAG, KEPT(KEPT_FRAGMENT_SIZE), 0, 0, 0, NEEDS_NO_STREAM},
    {IPPROTO_IP, IP_RECVERR_RFC4884, FLAG, KEPT(KEPT_LONG_ERRORS), 0, 1, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, NUMBER, AT(hops), -1, 255, 64, NO_NEED},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, NUMBER, AT(multicast_hops), -1, 255, 1, NEEDS_NO_STREAM},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP, FLAG, AT(multicast_loop6), 0, 1, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, BYTE, AT(mtu_discover6), 0, 5, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVERR, FLAG, AT(receives_errors6), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, FLAG, AT(packet_info6), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, FLAG, AT(receives_hops), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, FLAG, AT(receives_tclass), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_TCLASS, BYTE, AT(tclass), -1, 255, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, FLAG, AT(auto_flow_label), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_FREEBIND, FLAG, AT(free_bind), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_TRANSPARENT, FLAG, AT(transparent), 0, 0, 0, NEEDS_NET_ADMIN},
    {IPPROTO_IPV6, IPV6_MINHOPCOUNT, BYTE, AT(min_hops), 0, 255, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_MULTICAST_ALL, FLAG, AT(multicast_all6), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE, FLAG, KEPT(KEPT_ISOLATED_ALERT6), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVERR_RFC4884, FLAG, KEPT(KEPT_LONG_ERRORS6), 0, 1, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_FLOWINFO, FLAG, KEPT(KEPT_FLOW), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_FLOWINFO_SEND, FLAG, KEPT(KEPT_FLOW_SENT), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVHOPOPTS, FLAG, KEPT(KEPT_HOP_HEADERS), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVRTHDR, FLAG, KEPT(KEPT_ROUTES), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVDSTOPTS, FLAG, KEPT(KEPT_DESTINATION_HEADERS), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVPATHMTU, FLAG, KEPT(KEPT_PATH_MTU), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_DONTFRAG, FLAG, KEPT(KEPT_NO_FRAGMENTS), 0, 0, 0, NO_NEED},
    {IPPROTO_IPV6, IPV6_RECVFRAGSIZE, FLAG, KEPT(KEPT_FRAGMENT_SIZE6), 0, 0, 0, NO_NEED},
};

static const struct option *find(int level, int name)
{
    for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (options[i].level == level && options[i].name == name)
            return &options[i];
    return NULL;
}

/* Options whose value may be shorter than what it takes, which is 0 then: of IP without any byte, of IPv6 any. */
static bool may_be_short(const struct option *option, uint32_t size)
{
    const uint64_t ip = 1u << IP_TOS | 1u << IP_HDRINCL | 1u << IP_RECVOPTS | 1u << IP_RETOPTS | 1u << IP_PKTINFO |
                        1u << IP_MTU_DISCOVER | 1u << IP_RECVERR | 1u << IP_RECVTTL | 1u << IP_RECVTOS |
                        1u << IP_PASSSEC | 1u << IP_RECVORIGDSTADDR | 1u << IP_NODEFRAG | 1u << IP_CHECKSUM |
                        1u << IP_BIND_ADDRESS_NO_PORT | 1u << IP_RECVFRAGSIZE | 1u << IP_RECVERR_RFC4884;

    if (option->level == IPPROTO_IP)
        return size == 0 && option->name < 64 && (ip >> option->name & 1) != 0;
    return option->name == IPV6_DONTFRAG || option->name == IPV6_RECVFRAGSIZE || option->name == IPV6_AUTOFLOWLABEL;
}

static int take_number(const struct option *option, const void *value, uint32_t size, int *out)
{
    int error = inet_option_number(value, size, option->level == IPPROTO_IP, out);

    return error != 0 && may_be_short(option, size) ? 0 : error;
}

/* Options of IP fit into less than a number. */
static int give_ip(int level, int number, void *value, uint32_t *size)
{
    if (level == IPPROTO_IP && *size < sizeof(number) && *size > 0 && number >= 0 && number <= 255) {
        *(uint8_t *)value = (uint8_t)number;
        *size = 1;
        return 0;
    }
    return inet_option_give(number, value, size);
}

static int check_need(const struct inet_socket *inet, const struct option *option, int number)
{
    const struct cred *cred = &current_thread()->cred;

    if (option->need == NEEDS_RAW_TYPE && inet->socket.type != SOCK_RAW)
        return -ENOPROTOOPT;
    if (option->need == NEEDS_NO_STREAM && inet->socket.type == SOCK_STREAM)
        return option->level == IPPROTO_IP ? -EINVAL : -ENOPROTOOPT;
    if (option->need == NEEDS_NET_ADMIN && number != 0 && !cred_has(cred, CAP_NET_ADMIN) &&
        !cred_has(cred, CAP_NET_RAW))
        return -EPERM;
    return 0;
}

static int set_number(struct inet_socket *inet, const struct option *option, int number)
{
    char *field = (char *)&inet->options + option->offset;
    int error = check_need(inet, option, number);

    if (error != 0)
        return error;
    if (option->kind == FLAG) {
        if (option->most == 1 && number != 0 && number != 1)
            return -EINVAL;
        *(bool *)field = number != 0;
        return 0;
    }
    if (number < option->least || number > option->most ||
        (option->name == IP_TTL && option->level == IPPROTO_IP && number == 0))
        return -EINVAL;
    if (number == -1 && option->least == -1 && option->name != IP_TTL && option->name != IPV6_UNICAST_HOPS)
        number = option->otherwise;
    if (option->kind == NUMBER) {
        *(int *)(void *)field = number;
        return 0;
    }
    if (option->offset == (option->level == IPPROTO_IP ? AT(tos) : AT(tclass)) && inet->socket.type == SOCK_STREAM)
        number &= ~3; /* what TCP uses itself */
    *(uint8_t *)field = (uint8_t)number;
    return 0;
}

static int get_number(const struct inet_socket *inet, const struct option *option)
{
    const char *field = (const char *)&inet->options + option->offset;

    if (option->kind == FLAG)
        return *(const bool *)field;
    if (option->kind == BYTE)
        return *(const uint8_t *)field;
    return *(const int *)(const void *)field == -1 ? option->otherwise : *(const int *)(const void *)field;
}

/* ---- those that aren't just numbers ---- */

static int set_v6_only(struct inet_socket *inet, int number)
{
    if (inet->use.port != NULL || inet->socket.type == SOCK_RAW)
        return -EINVAL;
    inet->options.v6_only = number != 0;
    return 0;
}

static int set_port_range(struct inet_socket *inet, int number)
{
    uint32_t range = (uint32_t)number, least = range & 0xffff, most = range >> 16;

    if (least != 0 && most != 0 && least > most)
        return -EINVAL;
    inet->options.port_range = range;
    return 0;
}

/* What leaves an interface needs a right; the first one is anybody's. */
static int bind_device(struct inet_socket *inet, uint32_t index)
{
    if (inet->options.device != 0 && !permission_has(CAP_NET_RAW))
        return -EPERM;
    inet->options.device = index;
    return 0;
}

/* An interface by name, which ends at a NUL or with the value; no name: any. */
static int set_device(struct inet_socket *inet, const char *name, uint32_t size)
{
    uint32_t length = (uint32_t)strnlen(name, size < 15 ? size : 15);
    struct interface interface = {.index = 0};

    if (length != 0 && !interface_find(name, length, &interface))
        return -ENODEV;
    return bind_device(inet, interface.index);
}

static int set_device_index(struct inet_socket *inet, const void *value, uint32_t size)
{
    int index;

    if (inet_option_number(value, size, false, &index) != 0)
        return -EINVAL;
    if (index < 0)
        return inet->options.device != 0 && !permission_has(CAP_NET_RAW) ? -EPERM : -EINVAL;
    return bind_device(inet, (uint32_t)index);
}

static int get_device(const struct inet_socket *inet, void *value, uint32_t *size)
{
    struct interface interface;

    if (inet->options.device == 0 || !interface_get(inet->options.device, &interface)) {
        *size = 0;
        return 0;
    }
    if (*size < sizeof(interface.name))
        return -EINVAL;
    *size = (uint32_t)strlen(interface.name) + 1;
    memcpy(value, interface.name, *size);
    return 0;
}

/* An interface by its number, in the order of the network's bytes. */
static int set_unicast(uint32_t *index, const void *value, uint32_t size)
{
    struct interface interface;
    uint32_t number;

    if (size != sizeof(number))
        return -EINVAL;
    memcpy(&number, value, sizeof(number));
    number = __builtin_bswap32(number);
    if (number != 0 && !interface_get(number, &interface))
        return -EADDRNOTAVAIL;
    *index = number;
    return 0;
}

/* Of two that exclude each other, both bits of `among`, or one of three: the one that is asked for; 0: none; -1: more.
 */
static int choice(int asked, int among)
{
    int one = asked & among;

    return (one & (one - 1)) != 0 ? -1 : one;
}

/* Which of its own addresses a packet should have as its source (RFC 5014): there is no choice, so that it is kept. */
static int set_source_choice(struct inet_socket *inet, int asked)
{
    const int lasting = choice(asked, SOURCE_PUBLIC | SOURCE_TEMPORARY | SOURCE_EITHER);
    const int place = choice(asked, SOURCE_HOME | SOURCE_CARE_OF);
    int kept = inet->options.source_choice;

    if (lasting < 0 || place < 0 || choice(asked, SOURCE_CGA | SOURCE_NO_CGA) < 0)
        return -EINVAL;
    if (lasting != 0)
        kept = (kept & ~(SOURCE_PUBLIC | SOURCE_TEMPORARY)) | (lasting & ~SOURCE_EITHER);
    if (place != 0)
        kept = (kept & ~SOURCE_CARE_OF) | (place & SOURCE_CARE_OF);
    inet->options.source_choice = (uint16_t)kept;
    return 0;
}

static int get_source_choice(const struct inet_socket *inet)
{
    int kept = inet->options.source_choice;

    kept |= (kept & (SOURCE_PUBLIC | SOURCE_TEMPORARY)) == 0 ? SOURCE_EITHER : 0;
    return kept | ((kept & SOURCE_CARE_OF) == 0 ? SOURCE_HOME : 0);
}

static int set_other6(struct inet_socket *inet, int name, const void *value, uint32_t size)
{
    int number, error;

    if (name != IPV6_V6ONLY && name != IPV6_ADDR_PREFERENCES && name != IPV6_MTU)
        return -ENOPROTOOPT;
    error = inet_option_number(value, size, false, &number);
    if (error != 0)
        return error;
    if (name == IPV6_V6ONLY)
        return set_v6_only(inet, number);
    if (name == IPV6_ADDR_PREFERENCES)
        return set_source_choice(inet, number);
    return number != 0 && number < V6_MTU_LEAST ? -EINVAL : 0;
}

/* IP_OPTIONS; none are as good as any. */
static int set_header(struct inet_socket *inet, const void *value, uint32_t size)
{
    uint8_t bytes[IP_OPTIONS_MOST] = {0};
    uint32_t padded = (size + 3) & ~3u;
    int error;

    if (size > sizeof(bytes))
        return -EINVAL;
    if (size != 0)
        memcpy(bytes, value, size);
    error = ip_options_check(bytes, padded);
    if (error != 0)
        return error;
    memcpy(inet->options.header, bytes, sizeof(bytes));
    inet->options.header_size = padded;
    return 0;
}

static int set_other(struct inet_socket *inet, int level, int name, const void *value, uint32_t size)
{
    int number;

    if (inet_group_is_option(level, name))
        return inet_group_set(inet, level, name, value, size);
    if (level == IPPROTO_IPV6 && name == IPV6_UNICAST_IF)
        return set_unicast(&inet->options.unicast_index6, value, size);
    if (level == IPPROTO_IPV6)
        return set_other6(inet, name, value, size);
    switch (name) {
    case IP_UNICAST_IF:
        return set_unicast(&inet->options.unicast_index, value, size);
    case IP_LOCAL_PORT_RANGE:
        if (size != sizeof(number))
            return -EINVAL;
        memcpy(&number, value, sizeof(number));
        return set_port_range(inet, number);
    case IP_OPTIONS:
        return set_header(inet, value, size);
    case IP_ROUTER_ALERT:
        return size != 0 && inet->socket.type == SOCK_RAW ? 0 : -EINVAL;
    default:
        return -ENOPROTOOPT;
    }
}

int inet_set_option(struct socket *socket, int level, int name, const void *value, uint32_t size)
{
    struct inet_socket *inet = inet_of(socket);
    const struct option *option;
    int number, error;

    if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
        return set_device(inet, value, size);
    if (level == SOL_SOCKET && name == SO_BINDTOIFINDEX)
        return set_device_index(inet, value, size);
    if (level == SOL_SOCKET || (level == IPPROTO_IPV6 && socket->family != AF_INET6))
        return -ENOPROTOOPT;
    if (level != IPPROTO_IP && level != IPPROTO_IPV6)
        return -ENOPROTOOPT;
    option = find(level, name);
    if (option == NULL)
        return set_other(inet, level, name, value, size);
    error = take_number(option, value, size, &number);
    if (error != 0 && level == IPPROTO_IPV6 && option->need == NEEDS_NO_STREAM && socket->type == SOCK_STREAM)
        return -ENOPROTOOPT;
    return error != 0 ? error : set_number(inet, option, number);
}

static int get_mtu(const struct inet_socket *inet, int level, void *value, uint32_t *size)
{
    if (inet->use.peer.port == 0)
        return -ENOTCONN;
    if (inet_is_outside(&inet->use.peer))
        return give_ip(level, (int)outside_config->mtu, value, size);
    return give_ip(level, level == IPPROTO_IP ? 65535 : (int)LO_MTU, value, size);
}

static int get_other(const struct inet_socket *inet, int level, int name, void *value, uint32_t *size)
{
    if (inet_group_is_option(level, name))
        return inet_group_get(inet, level, name, value, size);
    if (level == IPPROTO_IPV6) {
        if (name == IPV6_V6ONLY)
            return inet_option_give(inet->options.v6_only, value, size);
        if (name == IPV6_ADDR_PREFERENCES)
            return inet_option_give(get_source_choice(inet), value, size);
        if (name == IPV6_UNICAST_IF)
            return inet_option_give((int)__builtin_bswap32(inet->options.unicast_index6), value, size);
        return name == IPV6_MTU ? get_mtu(inet, level, value, size) : -ENOPROTOOPT;
    }
    if (name == IP_LOCAL_PORT_RANGE)
        return give_ip(level, (int)inet->options.port_range, value, size);
    if (name == IP_MTU)
        return get_mtu(inet, level, value, size);
    if (name == IP_OPTIONS) {
        if (*size > inet->options.header_size)
            *size = inet->options.header_size;
        memcpy(value, inet->options.header, *size);
        return 0;
    }
    if (name == IP_UNICAST_IF)
        return give_ip(level, (int)__builtin_bswap32(inet->options.unicast_index), value, size);
    return -ENOPROTOOPT;
}

int inet_get_option(struct socket *socket, int level, int name, void *value, uint32_t *size)
{
    const struct inet_socket *inet = inet_of(socket);
    const struct option *option = find(level, name);

    if (level == SOL_SOCKET && name == SO_BINDTODEVICE)
        return get_device(inet, value, size);
    if (level == SOL_SOCKET && name == SO_BINDTOIFINDEX)
        return inet_option_give((int)inet->options.device, value, size);
    if (level == IPPROTO_IPV6 && socket->family != AF_INET6)
        return -EOPNOTSUPP;
    if (level != IPPROTO_IP && level != IPPROTO_IPV6)
        return level == SOL_SOCKET || socket->family == AF_INET6 ? -ENOPROTOOPT : -EOPNOTSUPP;
    if (option == NULL)
        return get_other(inet, level, name, value, size);
    return give_ip(level, get_number(inet, option), value, size);
}
