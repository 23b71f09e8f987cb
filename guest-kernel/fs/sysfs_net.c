/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_net.c - /sys/class/net and what it leads to (Linux's sysfs-class-net): lo. */
#include "fs/sysfs.h"

static const struct proc_entry statistics_entries[] = {
    SYSFS_LINE("collisions", "0"),
    SYSFS_LINE("multicast", "0"),
    SYSFS_LINE("rx_bytes", "0"),
    SYSFS_LINE("rx_dropped", "0"),
    SYSFS_LINE("rx_errors", "0"),
    SYSFS_LINE("rx_packets", "0"),
    SYSFS_LINE("tx_bytes", "0"),
    SYSFS_LINE("tx_dropped", "0"),
    SYSFS_LINE("tx_errors", "0"),
    SYSFS_LINE("tx_packets", "0"),
    {0},
};

static const struct proc_entry lo_entries[] = {
    SYSFS_LINE("addr_len", "6"),
    SYSFS_LINE("address", "00:00:00:00:00:00"),
    SYSFS_LINE("broadcast", "00:00:00:00:00:00"),
    SYSFS_LINE("carrier", "1"),
    SYSFS_LINE("flags", "0x9"),
    SYSFS_LINE("ifalias", ""),
    SYSFS_LINE("ifindex", "1"),
    SYSFS_LINE("iflink", "1"),
    SYSFS_LINE("mtu", "65536"),
    SYSFS_LINE("operstate", "unknown"),
    SYSFS_DIR("statistics", statistics_entries),
    SYSFS_LINK("subsystem", "../../../../class/net"),
    SYSFS_LINE("tx_queue_len", "1000"),
    SYSFS_LINE("type", "772"),
    SYSFS_LINE("uevent", "INTERFACE=lo\nIFINDEX=1"),
    {0},
};

const struct proc_entry sysfs_net_devices[] = {SYSFS_DIR("lo", lo_entries), {0}};
const struct proc_entry sysfs_net_links[] = {SYSFS_LINK("lo", "../../devices/virtual/net/lo"), {0}};
