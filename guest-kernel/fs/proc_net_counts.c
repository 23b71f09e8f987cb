/* SPDX-License-Identifier: Apache-2.0 */
/* proc_net_counts.c - /proc/net: how many sockets there are of each protocol, and what has happened to them: sockstat,
 * protocols, snmp. */
#include "abi/errno.h"
#include "abi/socket.h"
#include "core/wait.h"
#include "fs/proc_net.h"
#include "net/icmp.h"
#include "net/inet_counts.h"
#include "net/inet_stream.h"
#include "net/inet_tell.h"
#include "net/socket.h"
#include "net/tcp.h"

/* ---- counting ---- */

#define COUNTED_AT_ONCE 1024u /* without a turn for others */

struct counts {
    const struct inet_table *table;
    unsigned in_use, in_use6, established, left;
};

static bool count_one(void *arg, struct inet_use *use)
{
    struct counts *counts = arg;
    struct inet_told told;

    if (counts->left == 0)
        return false;
    counts->left--;
    if (!inet_tell(counts->table, use, &told) || told.state == TCP_TIME_WAIT)
        return true;
    counts->established += told.state == TCP_ESTABLISHED || told.state == TCP_CLOSE_WAIT;
    if (told.v6)
        counts->in_use6++;
    else
        counts->in_use++;
    return true;
}

static struct counts count(const struct inet_table *table)
{
    struct counts counts = {.table = table};
    uint32_t bucket = 0, skip = 0;

    do {
        (void)wait_loop_ends(true);
        counts.left = COUNTED_AT_ONCE;
    } while (!inet_table_walk(table, &bucket, &skip, count_one, &counts));
    return counts;
}

static unsigned raw_count(unsigned family)
{
    return socket_count(family, SOCK_RAW);
}

/* ---- sockstat ---- */

int proc_sockstat_show(struct proc_text *text, const struct proc_inode *at)
{
    unsigned allocated = socket_count(AF_INET, SOCK_STREAM) + socket_count(AF_INET6, SOCK_STREAM);

    (void)at;
    proc_print(text, "sockets: used %u\n", socket_count(0, 0));
    proc_print(text, "TCP: inuse %u orphan %u tw %u alloc %u mem %lu\n", count(&tcp_table).in_use, tcp_orphan_count(),
               tcp_time_wait_count(), allocated, (unsigned long)(stream_memory() / PAGE_SIZE));
    proc_print(text, "UDP: inuse %u mem 0\nUDPLITE: inuse %u\nRAW: inuse %u\nFRAG: inuse 0 memory 0\n",
               count(&udp_table).in_use, count(&udplite_table).in_use, raw_count(AF_INET));
    return 0;
}

int proc_sockstat6_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "TCP6: inuse %u\nUDP6: inuse %u\nUDPLITE6: inuse %u\nRAW6: inuse %u\nFRAG6: inuse 0 memory 0\n",
               count(&tcp_table).in_use6, count(&udp_table).in_use6, count(&udplite_table).in_use6,
               raw_count(AF_INET6));
    return 0;
}

/* ---- protocols ---- */

/* Sizes and what each can do are as Linux 6.18 tells them: nobody could tell ours from these. */
struct protocol {
    const char *name, *slab, *can;
    unsigned size, header;
    const struct inet_table *table; /* NULL: they are counted as they are made, by family and types */
    uint16_t family;
    uint8_t type, other_type; /* other_type 0: none */
    bool has_memory;          /* else -1 is told */
};

static const char protocols_head[] = "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in "
                                     "de sh ss gs se re bi br ha uh gp em\n";
#define DATAGRAMS "y  y  y  n  y  y  y  n  y  y  y  y  n  n  y  y  y  n"
#define RAWS "y  y  y  n  y  y  y  n  y  y  y  y  y  y  y  y  n  n"
#define ECHOES "y  y  y  n  n  y  n  n  y  y  y  y  y  y  n  y  y  n"
#define STREAMS "y  y  y  y  y  y  y  y  y  y  y  y  n  y  y  y  y  y"
#define LOCAL "y  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n"
#define NOTHING "n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n"
static const struct protocol protocols[] = {
    {"PINGv6", "yes", ECHOES, 1344, 0, &ping_table, AF_INET6, SOCK_DGRAM, 0, false},
    {"RAWv6", "yes", RAWS, 1344, 0, NULL, AF_INET6, SOCK_RAW, 0, false},
    {"UDPLITEv6", "yes", DATAGRAMS, 1472, 0, &udplite_table, AF_INET6, SOCK_DGRAM, 0, true},
    {"UDPv6", "yes", DATAGRAMS, 1472, 0, &udp_table, AF_INET6, SOCK_DGRAM, 0, true},
    {"TCPv6", "yes", STREAMS, 2432, 192, &tcp_table, AF_INET6, SOCK_STREAM, 0, true},
    {"UNIX-STREAM", "yes", LOCAL, 1152, 0, NULL, AF_UNIX, SOCK_STREAM, 0, false},
    {"UNIX", "yes", LOCAL, 1152, 0, NULL, AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, false},
    {"UDP-Lite", "yes", DATAGRAMS, 1344, 0, &udplite_table, AF_INET, SOCK_DGRAM, 0, true},
    {"PING", "yes", ECHOES, 1016, 0, &ping_table, AF_INET, SOCK_DGRAM, 0, false},
    {"RAW", "yes", RAWS, 1152, 0, NULL, AF_INET, SOCK_RAW, 0, false},
    {"UDP", "yes", DATAGRAMS, 1344, 0, &udp_table, AF_INET, SOCK_DGRAM, 0, true},
    {"TCP", "yes", STREAMS, 2304, 192, &tcp_table, AF_INET, SOCK_STREAM, 0, true},
    {"NETLINK", "no", NOTHING, 1096, 0, NULL, AF_NETLINK, SOCK_RAW, SOCK_DGRAM, false},
};

static unsigned sockets_of(const struct protocol *protocol)
{
    struct counts counts;

    if (protocol->table == NULL)
        return socket_count(protocol->family, protocol->type) +
               (protocol->other_type != 0 ? socket_count(protocol->family, protocol->other_type) : 0);
    counts = count(protocol->table);
    return protocol->family == AF_INET6 ? counts.in_use6 : counts.in_use;
}

int proc_protocols_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_put(text, protocols_head, sizeof(protocols_head) - 1);
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        const struct protocol *protocol = &protocols[i];
        bool is_tcp = protocol->table == &tcp_table;
        long memory = is_tcp ? (long)(stream_memory() / PAGE_SIZE) : protocol->has_memory ? 0 : -1;

        proc_print(text, "%-9s %4u %6u  %6ld   %-3s %6u   %-3s  %-10s  %s\n", protocol->name, protocol->size,
                   sockets_of(protocol), memory, is_tcp ? "no" : "NI", protocol->header, protocol->slab, "kernel",
                   protocol->can);
    }
    return 0;
}

/* ---- snmp ---- */

static const char snmp_text[] =
    "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos InDiscards InDelivers "
    "OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates "
    "OutTransmits\n"
    "Ip: 2 64 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
    "Icmp: InMsgs InErrors InCsumErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos "
    "InEchoReps "
    "InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors OutRateLimitGlobal OutRateLimitHost "
    "OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps OutTimestamps "
    "OutTimestampReps OutAddrMasks OutAddrMaskReps\n"
    "Icmp: 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
    "Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets CurrEstab InSegs "
    "OutSegs "
    "RetransSegs InErrs OutRsts InCsumErrors\n";
static const char snmp_udp[] =
    "Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors\n";
static const char snmp_udplite[] =
    "UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors InCsumErrors IgnoredMulti MemErrors\n"
    "UdpLite: 0 0 0 0 0 0 0 0 0\n";

int proc_snmp_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct inet_counts *now = &inet_counts;

    (void)at;
    proc_put_lines(text, snmp_text);
    proc_print(text, "Tcp: 1 200 120000 -1 %lu %lu %lu %lu %u 0 0 0 0 0 0\n", (unsigned long)now->active_opens,
               (unsigned long)now->passive_opens, (unsigned long)now->attempt_fails,
               (unsigned long)now->established_resets, count(&tcp_table).established);
    proc_put_lines(text, snmp_udp);
    proc_print(text, "Udp: %lu %lu %lu %lu %lu 0 0 0 0\n", (unsigned long)now->in_datagrams,
               (unsigned long)now->no_ports, (unsigned long)now->receive_buffer_errors,
               (unsigned long)now->out_datagrams, (unsigned long)now->receive_buffer_errors);
    proc_put_lines(text, snmp_udplite);
    return 0;
}
