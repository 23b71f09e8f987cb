/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sys_net.c - /proc/sys/net (ip(7), tcp(7), socket(7)): what programs look at or set, with Linux's defaults. What
 * has to do with packets can be read only. */
#include "fs/proc_net.h"
#include "fs/proc_setting.h"
#include "net/inet.h"
#include "net/settings.h"

static const struct proc_entry core_entries[] = {
    SETTING_TEXT("default_qdisc", "pfifo_fast"),
    SETTING_TEXT("netdev_max_backlog", "1000"),
    SETTING_TEXT("optmem_max", "131072"),
    SETTING_NUMBER("rmem_default", socket_receive_default, SOCKET_RECEIVE_LEAST, 1 << 26),
    SETTING_NUMBER("rmem_max", socket_receive_most, SOCKET_RECEIVE_LEAST, 1 << 26),
    SETTING_NUMBER("somaxconn", socket_backlog_most, 0, 65535),
    SETTING_NUMBER("wmem_default", socket_send_default, SOCKET_SEND_LEAST, 1 << 26),
    SETTING_NUMBER("wmem_max", socket_send_most, SOCKET_SEND_LEAST, 1 << 26),
    {0},
};

static const struct proc_entry ipv4_conf_entries[] = {
    SETTING_TEXT("accept_redirects", "1"), SETTING_TEXT("arp_announce", "0"), SETTING_TEXT("arp_ignore", "0"),
    SETTING_TEXT("forwarding", "0"),       SETTING_TEXT("rp_filter", "0"),    {0},
};
static const struct proc_entry ipv4_conf[] = {
    SETTING_DIR("all", ipv4_conf_entries),
    SETTING_DIR("default", ipv4_conf_entries),
    SETTING_DIR("lo", ipv4_conf_entries),
    {0},
};

static const struct proc_entry ipv4_entries[] = {
    SETTING_DIR("conf", ipv4_conf),
    SETTING_TEXT("icmp_echo_ignore_all", "0"),
    SETTING_NUMBER("ip_default_ttl", inet_settings.default_ttl, 1, 255),
    SETTING_TEXT("ip_forward", "0"),
    SETTING_RANGE("ip_local_port_range", inet_settings.port_least, inet_settings.port_most, 1, 65535),
    SETTING_TEXT("ip_local_reserved_ports", ""),
    SETTING_TEXT("ip_nonlocal_bind", "0"),
    SETTING_NUMBER("ip_unprivileged_port_start", inet_settings.unprivileged_port, 0, 65535),
    SETTING_RANGE("ping_group_range", inet_settings.ping_group_least, inet_settings.ping_group_most, 0, INT32_MAX),
    SETTING_TEXT("tcp_available_congestion_control", "reno cubic"),
    SETTING_TEXT("tcp_congestion_control", "cubic"),
    SETTING_TEXT("tcp_ecn", "2"),
    SETTING_TEXT("tcp_fastopen", "1"),
    SETTING_NUMBER("tcp_fin_timeout", inet_settings.fin_timeout, 1, 3600),
    SETTING_NUMBER("tcp_keepalive_intvl", inet_settings.keepalive_interval, 1, 32767),
    SETTING_NUMBER("tcp_keepalive_probes", inet_settings.keepalive_probes, 1, 127),
    SETTING_NUMBER("tcp_keepalive_time", inet_settings.keepalive_time, 1, 32767),
    SETTING_NUMBER("tcp_max_orphans", inet_settings.orphans_most, 0, 1 << 20),
    SETTING_TEXT("tcp_max_syn_backlog", "512"),
    SETTING_NUMBER("tcp_max_tw_buckets", inet_settings.time_wait_most, 0, 1 << 20),
    SETTING_TEXT("tcp_mem", "94320\t125760\t188640"),
    SETTING_TEXT("tcp_retries2", "15"),
    SETTING_TEXT("tcp_rmem", "4096\t131072\t6291456"),
    SETTING_TEXT("tcp_sack", "1"),
    SETTING_TEXT("tcp_slow_start_after_idle", "1"),
    SETTING_NUMBER("tcp_syn_retries", inet_settings.syn_retries, 1, 127),
    SETTING_TEXT("tcp_syncookies", "1"),
    SETTING_TEXT("tcp_timestamps", "1"),
    SETTING_TEXT("tcp_tw_reuse", "2"),
    SETTING_TEXT("tcp_window_scaling", "1"),
    SETTING_TEXT("tcp_wmem", "4096\t16384\t4194304"),
    {0},
};

static const struct proc_entry ipv6_conf_entries[] = {
    SETTING_TEXT("accept_ra", "1"),
    SETTING_TEXT("disable_ipv6", "0"),
    SETTING_TEXT("forwarding", "0"),
    {0},
};
static const struct proc_entry ipv6_conf[] = {
    SETTING_DIR("all", ipv6_conf_entries),
    SETTING_DIR("default", ipv6_conf_entries),
    SETTING_DIR("lo", ipv6_conf_entries),
    {0},
};
static const struct proc_entry ipv6_entries[] = {
    SETTING_NUMBER("bindv6only", inet_settings.v6_only, 0, 1),
    SETTING_DIR("conf", ipv6_conf),
    {0},
};

static const struct proc_entry unix_entries[] = {
    SETTING_NUMBER("max_dgram_qlen", unix_datagrams_most, 0, INT32_MAX),
    {0},
};

const struct proc_entry proc_sys_net_entries[] = {
    SETTING_DIR("core", core_entries),
    SETTING_DIR("ipv4", ipv4_entries),
    SETTING_DIR("ipv6", ipv6_entries),
    SETTING_DIR("unix", unix_entries),
    {0},
};
