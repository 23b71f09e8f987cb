/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_net.c - /sys/class/net and what it leads to (Linux's sysfs-class-net). */
#include "fs/sysfs.h"
#include "lib/string.h"
#include "net/interface.h"

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

/* ---- of an interface ---- */

static struct interface interface_of(const struct proc_inode *at)
{
    struct interface interface = {0};

    (void)interface_get((uint32_t)at->fd + 1, &interface);
    return interface;
}

static bool is_lo(const struct interface *interface)
{
    return interface->index == LO_INDEX;
}

static int hardware_print(struct proc_text *text, const uint8_t bytes[6])
{
    proc_print(text, "%02x:%02x:%02x:%02x:%02x:%02x\n", bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]);
    return 0;
}

static int address_show(struct proc_text *text, const struct proc_inode *at)
{
    return hardware_print(text, interface_of(at).hardware);
}

static int broadcast_show(struct proc_text *text, const struct proc_inode *at)
{
    static const uint8_t none[6], all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const struct interface interface = interface_of(at);

    return hardware_print(text, is_lo(&interface) ? none : all);
}

static int flags_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "0x%x\n", interface_of(at).flags & ~(unsigned)INTERFACE_RUNNING);
    return 0;
}

static int index_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%u\n", interface_of(at).index);
    return 0;
}

static int mtu_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%u\n", interface_of(at).mtu);
    return 0;
}

static int state_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct interface interface = interface_of(at);

    proc_print(text, "%s\n", is_lo(&interface) ? "unknown" : "up");
    return 0;
}

static int type_show(struct proc_text *text, const struct proc_inode *at)
{
    proc_print(text, "%u\n", interface_of(at).type);
    return 0;
}

static int uevent_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct interface interface = interface_of(at);

    proc_print(text, "INTERFACE=%s\nIFINDEX=%u\n", interface.name, interface.index);
    return 0;
}

static const struct proc_entry interface_entries[] = {
    SYSFS_LINE("addr_len", "6"),
    SYSFS_SHOW("address", address_show),
    SYSFS_SHOW("broadcast", broadcast_show),
    SYSFS_LINE("carrier", "1"),
    SYSFS_SHOW("flags", flags_show),
    SYSFS_LINE("ifalias", ""),
    SYSFS_SHOW("ifindex", index_show),
    SYSFS_SHOW("iflink", index_show),
    SYSFS_SHOW("mtu", mtu_show),
    SYSFS_SHOW("operstate", state_show),
    SYSFS_DIR("statistics", statistics_entries),
    SYSFS_LINK("subsystem", "../../../../class/net"),
    SYSFS_LINE("tx_queue_len", "1000"),
    SYSFS_SHOW("type", type_show),
    SYSFS_SHOW("uevent", uevent_show),
    {0},
};

/* ---- all of them ---- */

static bool name_put(unsigned n, char name[SYSFS_NAME_MAX])
{
    struct interface interface;

    return interface_get(n + 1, &interface) && snprintf(name, SYSFS_NAME_MAX, "%s", interface.name) != 0;
}

static int64_t class_link(const struct proc_inode *at, char *buf)
{
    return snprintf(buf, PATH_MAX, "../../devices/virtual/net/%s", interface_of(at).name);
}

static const struct proc_entry interface_entry = SYSFS_DIR("interface", interface_entries);
static const struct proc_entry link_entry = {.name = "interface", .mode = S_IFLNK | 0777, .link = class_link};

const struct sysfs_list sysfs_net_devices = {&interface_entry, name_put};
const struct sysfs_list sysfs_net_links = {&link_entry, name_put};
