/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_net.c - /sys/class/net and what it leads to (Linux's sysfs-class-net): lo. */
#include "fs/proc_net.h"
#include "net/interface.h"

#define FILE_SIZE 4096u /* of each, as Linux says */

static int file_refresh(struct proc_inode *at)
{
    at->inode.size = FILE_SIZE;
    return 0;
}

static int text_show(struct proc_text *text, const struct proc_inode *at)
{
    const char *value = at->entry->arg;

    proc_print(text, "%s\n", value);
    return 0;
}

static int64_t lo_link(const struct proc_inode *at, char *buf)
{
    (void)at;
    return snprintf(buf, PATH_MAX, "../../devices/virtual/net/lo");
}

#define TEXT_ENTRY(entry_name, value) \
    {.name = (entry_name), .mode = S_IFREG | 0444, .show = text_show, .refresh = file_refresh, .arg = (value)}
#define DIR_ENTRY(entry_name, table) {.name = (entry_name), .mode = S_IFDIR | 0755, .entries = (table)}

static const struct proc_entry statistics_entries[] = {
    TEXT_ENTRY("collisions", "0"),
    TEXT_ENTRY("multicast", "0"),
    TEXT_ENTRY("rx_bytes", "0"),
    TEXT_ENTRY("rx_dropped", "0"),
    TEXT_ENTRY("rx_errors", "0"),
    TEXT_ENTRY("rx_packets", "0"),
    TEXT_ENTRY("tx_bytes", "0"),
    TEXT_ENTRY("tx_dropped", "0"),
    TEXT_ENTRY("tx_errors", "0"),
    TEXT_ENTRY("tx_packets", "0"),
    {0},
};

static const struct proc_entry lo_entries[] = {
    TEXT_ENTRY("addr_len", "6"),
    TEXT_ENTRY("address", "00:00:00:00:00:00"),
    TEXT_ENTRY("broadcast", "00:00:00:00:00:00"),
    TEXT_ENTRY("carrier", "1"),
    TEXT_ENTRY("flags", "0x9"),
    TEXT_ENTRY("ifalias", ""),
    TEXT_ENTRY("ifindex", "1"),
    TEXT_ENTRY("iflink", "1"),
    TEXT_ENTRY("mtu", "65536"),
    TEXT_ENTRY("operstate", "unknown"),
    DIR_ENTRY("statistics", statistics_entries),
    TEXT_ENTRY("tx_queue_len", "1000"),
    TEXT_ENTRY("type", "772"),
    TEXT_ENTRY("uevent", "INTERFACE=lo\nIFINDEX=1"),
    {0},
};

static const struct proc_entry net_entries[] = {DIR_ENTRY("lo", lo_entries), {0}};
const struct proc_entry sysfs_virtual_entries[] = {DIR_ENTRY("net", net_entries), {0}};

static const struct proc_entry net_class_entries[] = {
    {.name = "lo", .mode = S_IFLNK | 0777, .link = lo_link},
    {0},
};
const struct proc_entry sysfs_class_entries[] = {DIR_ENTRY("net", net_class_entries), {0}};
