/* SPDX-License-Identifier: Apache-2.0 */
/* proc_net.c - /proc/net (proc(5), proc_pid_net(5)): of the interfaces, and of sockets. */
#include "abi/errno.h"
#include "core/wait.h"
#include "fs/proc_net.h"
#include "fs/proc_net_unix.h"
#include "lib/string.h"
#include "net/interface.h"
#include "net/netlink.h"

/* Text that stays what it is. */
static int text_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_put_lines(text, at->entry->arg);
    return 0;
}

enum { ROUTE_UP = 1, ROUTE_GATEWAY = 2 };
#define ROUTE6_LOCAL 0x80200000u
#define METRIC6 256u /* of routes that the kernel made */

static const char dev_head[] =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier "
    "compressed\n";
static const char route_head[] =
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                              "
    "                         \n";
static const char arp_text[] = "IP address       HW type     Flags       HW address            Mask     Device\n";
static const char raw_text[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer "
    "drops\n";
static const char raw6_text[] = "  sl  local_address                         remote_address                        st "
                                "tx_queue rx_queue tr tm->when "
                                "retrnsmt   uid  timeout inode ref pointer drops\n";
static const char if_inet6_lo[] = "00000000000000000000000000000001 01 80 10 80       lo\n";
static const char route6_lo[] =
    "00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000100 "
    "00000001 00000000 00000001       lo\n"
    "00000000000000000000000000000001 80 00000000000000000000000000000000 00 00000000000000000000000000000000 00000000 "
    "00000002 00000000 80200001       lo\n";
static const char netlink_head[] =
    "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n";
static const char packet_text[] = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n";
/* There are neither SYN cookies here nor packets that could be cut off or that nobody knew a way for. */
static const char netstat_text[] = "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed\nTcpExt: 0 0 0\n"
                                   "IpExt: InNoRoutes InTruncatedPkts\nIpExt: 0 0\n";
static void netlink_line(struct proc_text *text, const struct netlink_told *told)
{
    proc_print(text, "0000000000000000 %-3u %-10u %08x %-8u %-8d %-5d %-8d %-8d %-8lu\n", told->protocol, told->port,
               told->groups, told->unread, 0, told->dumps, 2, 0, (unsigned long)told->inode);
}

/* The kernel's own come first of those of a protocol: port 0. */
static int netlink_show(struct proc_text *text, const struct proc_inode *at)
{
    static const uint32_t protocols[] = {NETLINK_ROUTE, NETLINK_SOCK_DIAG};

    (void)at;
    proc_put(text, netlink_head, sizeof(netlink_head) - 1);
    for (unsigned i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        struct netlink_told told = {.protocol = protocols[i]};
        do {
            netlink_line(text, &told);
            if (wait_loop_ends(true))
                return -EINTR;
        } while (netlink_tell_next(&told) && told.protocol == protocols[i]);
    }
    return 0;
}

static int dev_show(struct proc_text *text, const struct proc_inode *at)
{
    struct interface interface;

    (void)at;
    proc_put(text, dev_head, sizeof(dev_head) - 1);
    for (uint32_t index = LO_INDEX; interface_get(index, &interface); index++) {
        for (size_t length = strlen(interface.name); length < 6; length++)
            proc_put(text, " ", 1);
        proc_print(text,
                   "%s:       0       0    0    0    0     0          0         0        0       0    0    0    "
                   "0     0       0          0\n",
                   interface.name);
    }
    return 0;
}

/* Addresses are told as the CPU has them: the first byte is the last of the number. */
static void route_print(struct proc_text *text, const uint8_t to[4], const uint8_t gateway[4], unsigned flags,
                        const uint8_t mask[4])
{
    proc_print(text, "eth0\t%02X%02X%02X%02X\t%02X%02X%02X%02X\t%04X\t0\t0\t0\t%02X%02X%02X%02X\t0\t0\t0\n", to[3],
               to[2], to[1], to[0], gateway[3], gateway[2], gateway[1], gateway[0], flags, mask[3], mask[2], mask[1],
               mask[0]);
}

static int route_show(struct proc_text *text, const struct proc_inode *at)
{
    static const uint8_t none[4];
    struct interface eth;
    uint8_t net[4], mask[4];

    (void)at;
    proc_put(text, route_head, sizeof(route_head) - 1);
    if (!interface_get(ETH_INDEX, &eth))
        return 0;
    interface_net(&eth, net);
    interface_mask(eth.prefix, mask);
    if (memcmp(eth.gateway, none, sizeof(none)) != 0)
        route_print(text, none, eth.gateway, ROUTE_UP | ROUTE_GATEWAY, none);
    route_print(text, net, none, ROUTE_UP, mask);
    return 0;
}

static int if_inet6_show(struct proc_text *text, const struct proc_inode *at)
{
    static const uint8_t none[16];
    struct interface eth;

    (void)at;
    proc_put(text, if_inet6_lo, sizeof(if_inet6_lo) - 1);
    if (!interface_get(ETH_INDEX, &eth) || memcmp(eth.address6, none, sizeof(none)) == 0)
        return 0;
    for (unsigned i = 0; i < sizeof(eth.address6); i++)
        proc_print(text, "%02x", eth.address6[i]);
    proc_print(text, " %02x %02x 00 80     eth0\n", eth.index, eth.prefix6);
    return 0;
}

static void bytes_print(struct proc_text *text, const uint8_t bytes[16])
{
    for (unsigned i = 0; i < 16; i++)
        proc_print(text, "%02x", bytes[i]);
}

/* From anywhere, with a reference and no use. */
static void route6_print(struct proc_text *text, const uint8_t to[16], unsigned prefix, const uint8_t gateway[16],
                         unsigned metric, unsigned flags)
{
    static const uint8_t any[16];

    bytes_print(text, to);
    proc_print(text, " %02x ", prefix);
    bytes_print(text, any);
    proc_print(text, " 00 ");
    bytes_print(text, gateway);
    proc_print(text, " %08x 00000001 00000000 %08x     eth0\n", metric, flags);
}

static int route6_show(struct proc_text *text, const struct proc_inode *at)
{
    static const uint8_t none[16];
    struct interface eth;
    uint8_t net[16] = {0};

    (void)at;
    proc_put(text, route6_lo, sizeof(route6_lo) - 1);
    if (!interface_get(ETH_INDEX, &eth) || memcmp(eth.address6, none, sizeof(none)) == 0)
        return 0;
    for (unsigned bit = 0; bit < eth.prefix6; bit++)
        net[bit / 8] |= eth.address6[bit / 8] & (uint8_t)(0x80u >> bit % 8);
    route6_print(text, net, eth.prefix6, none, METRIC6, ROUTE_UP);
    if (memcmp(eth.gateway6, none, sizeof(none)) != 0)
        route6_print(text, none, 0, eth.gateway6, METRIC6, ROUTE_UP | ROUTE_GATEWAY);
    route6_print(text, eth.address6, 128, none, 0, ROUTE_UP | ROUTE6_LOCAL);
    return 0;
}

#define TEXT_ENTRY(entry_name, value) {.name = (entry_name), .mode = S_IFREG | 0444, .show = text_show, .arg = (value)}
#define SHOW_ENTRY(entry_name, function) {.name = (entry_name), .mode = S_IFREG | 0444, .show = (function)}

const struct proc_entry proc_net_entries[] = {
    TEXT_ENTRY("arp", arp_text),
    SHOW_ENTRY("dev", dev_show),
    TEXT_ENTRY("icmp", raw_text),
    TEXT_ENTRY("icmp6", raw6_text),
    SHOW_ENTRY("if_inet6", if_inet6_show),
    SHOW_ENTRY("ipv6_route", route6_show),
    SHOW_ENTRY("netlink", netlink_show),
    TEXT_ENTRY("netstat", netstat_text),
    TEXT_ENTRY("packet", packet_text),
    SHOW_ENTRY("protocols", proc_protocols_show),
    TEXT_ENTRY("raw", raw_text),
    TEXT_ENTRY("raw6", raw6_text),
    SHOW_ENTRY("route", route_show),
    SHOW_ENTRY("snmp", proc_snmp_show),
    SHOW_ENTRY("sockstat", proc_sockstat_show),
    SHOW_ENTRY("sockstat6", proc_sockstat6_show),
    SHOW_ENTRY("tcp", proc_tcp_show),
    SHOW_ENTRY("tcp6", proc_tcp6_show),
    SHOW_ENTRY("udp", proc_udp_show),
    SHOW_ENTRY("udp6", proc_udp6_show),
    SHOW_ENTRY("unix", proc_unix_show),
    {0},
};
