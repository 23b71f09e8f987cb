/* SPDX-License-Identifier: Apache-2.0 */
/* socket_options.c - options of the guest's sockets that the host's have to have, and what only those can tell. */
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "vmm/net/sockets.h"

#define BUFFER_MOST (4 << 20)
#define IPV6_DONTFRAG_NUMBER 62

static const struct {
    int level, name;
    int least, most; /* what is beyond is taken as the bound */
    bool of_streams;
} options[LVMM_NET_OPTION_COUNT] = {
    [LVMM_NET_KEEPALIVE] = {SOL_SOCKET, SO_KEEPALIVE, 0, 1, true},
    [LVMM_NET_KEEPIDLE] = {IPPROTO_TCP, TCP_KEEPIDLE, 1, 32767, true},
    [LVMM_NET_KEEPINTVL] = {IPPROTO_TCP, TCP_KEEPINTVL, 1, 32767, true},
    [LVMM_NET_KEEPCNT] = {IPPROTO_TCP, TCP_KEEPCNT, 1, 127, true},
    [LVMM_NET_NODELAY] = {IPPROTO_TCP, TCP_NODELAY, 0, 1, true},
    [LVMM_NET_CORK] = {IPPROTO_TCP, TCP_CORK, 0, 1, true},
    [LVMM_NET_SYNCNT] = {IPPROTO_TCP, TCP_SYNCNT, 1, 127, true},
    [LVMM_NET_USER_TIMEOUT] = {IPPROTO_TCP, TCP_USER_TIMEOUT, 0, INT32_MAX, true},
    [LVMM_NET_MAXSEG] = {IPPROTO_TCP, TCP_MAXSEG, 88, 32767, true},
    [LVMM_NET_QUICKACK] = {IPPROTO_TCP, TCP_QUICKACK, 0, 1, true},
    [LVMM_NET_SNDBUF] = {SOL_SOCKET, SO_SNDBUF, 0, BUFFER_MOST, false},
    [LVMM_NET_RCVBUF] = {SOL_SOCKET, SO_RCVBUF, 0, BUFFER_MOST, false},
    [LVMM_NET_TTL] = {IPPROTO_IP, IP_TTL, -1, 255, false},
    [LVMM_NET_HOPS] = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1, 255, false},
    [LVMM_NET_TOS] = {IPPROTO_IP, IP_TOS, 0, 255, false},
    [LVMM_NET_TCLASS] = {IPPROTO_IPV6, IPV6_TCLASS, -1, 255, false},
    [LVMM_NET_MTU] = {IPPROTO_IP, IP_MTU_DISCOVER, 0, 5, false},
    [LVMM_NET_MTU6] = {IPPROTO_IPV6, IPV6_MTU_DISCOVER, 0, 5, false},
    [LVMM_NET_LINGER2] = {IPPROTO_TCP, TCP_LINGER2, -1, 3600, true},
    [LVMM_NET_DONTFRAG] = {IPPROTO_IPV6, IPV6_DONTFRAG_NUMBER, 0, 1, false},
};

static void set_on_host(const struct net_socket *socket, uint32_t name, int value)
{
    if (socket->watch.fd >= 0 && (!options[name].of_streams || socket->is_stream))
        setsockopt(socket->watch.fd, options[name].level, options[name].name, &value, sizeof(value));
}

void net_option_set(struct net_socket *socket, const struct lvmm_net_option *option)
{
    uint32_t name = option->name;
    int value = option->value;

    if (name == 0 || name >= LVMM_NET_OPTION_COUNT)
        return;
    value = value < options[name].least ? options[name].least : value;
    value = value > options[name].most ? options[name].most : value;
    socket->option[name] = value;
    socket->option_set |= 1u << name;
    set_on_host(socket, name, value);
}

void net_options_copy(struct net_socket *to, const struct net_socket *from)
{
    for (uint32_t name = 1; name < LVMM_NET_OPTION_COUNT; name++)
        if (from->option_set & 1u << name)
            set_on_host(to, name, from->option[name]);
}

void net_info(const struct net_socket *socket, struct lvmm_net_info *out)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    int queued = 0;

    *out = (struct lvmm_net_info){.unsent = (uint32_t)socket->out_bytes};
    if (socket->watch.fd < 0 || getsockopt(socket->watch.fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
        return;
    if (socket->state == NET_CONNECTED && ioctl(socket->watch.fd, SIOCOUTQ, &queued) == 0)
        out->unsent += (uint32_t)queued;
    out->state = info.tcpi_state;
    out->ca_state = info.tcpi_ca_state;
    out->retransmits = info.tcpi_retransmits;
    out->probes = info.tcpi_probes;
    out->backoff = info.tcpi_backoff;
    out->options = info.tcpi_options;
    out->wscale = (uint8_t)(info.tcpi_snd_wscale | info.tcpi_rcv_wscale << 4);
    out->rto_us = info.tcpi_rto;
    out->ato_us = info.tcpi_ato;
    out->snd_mss = info.tcpi_snd_mss;
    out->rcv_mss = info.tcpi_rcv_mss;
    out->unacked = info.tcpi_unacked;
    out->lost = info.tcpi_lost;
    out->retrans = info.tcpi_retrans;
    out->pmtu = info.tcpi_pmtu;
    out->rcv_ssthresh = info.tcpi_rcv_ssthresh;
    out->rtt_us = info.tcpi_rtt;
    out->rttvar_us = info.tcpi_rttvar;
    out->snd_ssthresh = info.tcpi_snd_ssthresh;
    out->snd_cwnd = info.tcpi_snd_cwnd;
    out->advmss = info.tcpi_advmss;
    out->reordering = info.tcpi_reordering;
    out->total_retrans = info.tcpi_total_retrans;
}
