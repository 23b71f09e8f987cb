/* SPDX-License-Identifier: Apache-2.0 */
/* tcp_info.c - TCP_INFO: what Linux would tell of a connection over lo, as far as programs look at it. */
#include "boot/abi_net.h"
#include "lib/string.h"
#include "net/tcp.h"

struct tcp_info_user { /* the beginning of linux/tcp.h's struct tcp_info; what follows is 0 */
    uint8_t state, congestion_state, retransmits, probes, backoff, options, window_scales, flags;
    uint32_t timeout_us, ack_timeout_us, send_segment, receive_segment;
    uint32_t unacked, sacked, lost, retransmitted, forward_acked;
    uint32_t last_sent_ms, last_ack_sent_ms, last_received_ms, last_ack_received_ms;
    uint32_t path_mtu, receive_slow_start, rtt_us, rtt_variance_us, send_slow_start, send_window, advertised_segment,
        reordering;
    uint32_t receive_rtt_us, receive_space;
    uint32_t all_retransmitted;
    uint64_t pacing_rate, pacing_rate_most, bytes_acked, bytes_received;
    uint32_t segments_out, segments_in, bytes_not_sent, rtt_least_us, data_segments_in, data_segments_out;
    uint64_t delivery_rate, busy_us, receive_limited_us, send_limited_us;
    uint32_t delivered, delivered_marked;
    uint64_t bytes_sent, bytes_retransmitted;
    uint32_t duplicate_sacks, reordering_seen, out_of_order, window;
};

#define SEGMENT 32768u
#define TIMEOUT_US 201000u
#define RTT_US 20u

/* Of a peer outside the host knows it. */
static void tell_outside(const struct lvmm_net_info *told, struct tcp_info_user *info)
{
    info->congestion_state = told->ca_state;
    info->retransmits = told->retransmits;
    info->probes = told->probes;
    info->backoff = told->backoff;
    info->options = told->options;
    info->window_scales = told->wscale;
    info->timeout_us = told->rto_us;
    info->ack_timeout_us = told->ato_us;
    info->send_segment = told->snd_mss;
    info->receive_segment = told->rcv_mss;
    info->unacked = told->unacked;
    info->lost = told->lost;
    info->retransmitted = told->retrans;
    info->path_mtu = told->pmtu;
    info->receive_slow_start = told->rcv_ssthresh;
    info->rtt_us = info->rtt_least_us = told->rtt_us;
    info->rtt_variance_us = told->rttvar_us;
    info->send_slow_start = told->snd_ssthresh;
    info->send_window = told->snd_cwnd;
    info->advertised_segment = told->advmss;
    info->reordering = told->reordering;
    info->all_retransmitted = told->total_retrans;
    info->bytes_acked -= told->unsent < info->bytes_acked ? told->unsent : info->bytes_acked;
}

void tcp_info(struct tcp_socket *tcp, void *value, uint32_t *size)
{
    const struct lvmm_net_info *told = tcp_outside_ask(tcp);
    struct tcp_info_user info = {.state = tcp->state};
    bool is_connected = tcp->state != TCP_CLOSE && tcp->state != TCP_LISTEN;

    if (tcp->state == TCP_LISTEN) {
        info.unacked = tcp->accepted_count;
        info.sacked = tcp->backlog;
    }
    info.timeout_us = is_connected ? TIMEOUT_US : 1000000;
    info.ack_timeout_us = is_connected ? 40000 : 0;
    info.send_segment = is_connected ? SEGMENT : 536;
    info.receive_segment = is_connected ? 536 : 0;
    info.advertised_segment = is_connected ? 65483 : 0;
    info.path_mtu = is_connected ? 65535 : 0;
    info.send_slow_start = INT32_MAX;
    info.send_window = 10;
    info.reordering = 3;
    if (is_connected) {
        info.options = 7; /* time stamps, SACK, window scale */
        info.window_scales = 0x77;
        info.rtt_us = RTT_US;
        info.rtt_variance_us = RTT_US / 2;
        info.rtt_least_us = RTT_US;
    }
    info.receive_space = tcp->inet.socket.receive_size / 2;
    info.bytes_sent = tcp->sent;
    info.bytes_acked = tcp->sent;
    info.bytes_received = tcp->in.written;
    if (told != NULL)
        tell_outside(told, &info);
    if (*size > sizeof(info))
        *size = sizeof(info);
    memcpy(value, &info, *size);
}
