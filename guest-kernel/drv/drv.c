/* SPDX-License-Identifier: Apache-2.0 */
/* drv.c - finds the devices in the device tree, and hands out what they are good for. */
#include "drv/drv.h"

#include "abi/errno.h"
#include "arch/arch.h" /* ISA_HAS_PCI */
#include "boot/abi.h"
#include "core/log.h"
#include "drv/console_tty.h"
#include "drv/disk_node.h"
#include "drv/kmsg.h"
#include "drv/mem_devices.h"
#include "drv/pci.h"
#include "drv/stream.h"
#include "drv/tty_file.h"
#include "drv/virtio_console.h"
#include "drv/virtio_fs.h"
#include "drv/virtio_sockets.h"
#include "lib/fdt.h"
#include "lib/string.h"
#include "vfs/device.h"

#define TTY_GROUP 5u /* as distributions number it */

/* What /chosen says about the host's streams. */
struct streams {
    uint32_t tty_mask, rows, columns;
    const struct fdt *fdt;
};

/* ---- files ---- */

int drv_open_stdio(unsigned n, struct file **out)
{
    int error;

    if (n > 2)
        return -EBADF;
    error = stream_open(n, out);
    if (error != -ENODEV)
        return error;
    /* By its name, which programs want to know (ttyname(3)). */
    error = vfs_open(vfs_root(), "/dev/" CONSOLE_TTY_NAME, O_RDWR | O_NOCTTY, 0, out);
    return error != 0 ? console_tty_open(out) : 0;
}

static int hvc_open(struct inode *inode, struct file *file)
{
    (void)inode;
    return console_tty_attach(file);
}

static int console_open(struct inode *inode, struct file *file)
{
    (void)inode;
    return console_tty_attach(file) != 0 ? stream_attach_stderr(file) : 0;
}

static int terminal_open(struct inode *inode, struct file *file)
{
    struct tty *tty = tty_current();

    (void)inode;
    return tty != NULL ? tty_attach(tty, file) : -ENXIO;
}

static struct device console_node = {
    .name = "console", .mode = S_IFCHR | 0600, .rdev = CONSOLE_RDEV, .open = console_open};
static struct device hvc_node = {
    .name = CONSOLE_TTY_NAME, .mode = S_IFCHR | 0620, .gid = TTY_GROUP, .rdev = CONSOLE_TTY_RDEV, .open = hvc_open};
static struct device terminal_node = {
    .name = "tty", .mode = S_IFCHR | 0666, .rdev = DEVICE_RDEV(5, 0), .open = terminal_open};

/* ---- devices ---- */

static int console_add(struct virtio_device *dev, const struct streams *streams)
{
    int error = virtio_console_create(dev, streams->tty_mask, &console_tty_terminal);

    if (error == 0 && (streams->tty_mask & 7))
        error = console_tty_init((uint16_t)streams->rows, (uint16_t)streams->columns);
    return error;
}

static int virtio_add(struct virtio_device *dev, enum virtio_id id, const struct streams *streams)
{
    switch (id) {
    case VIRTIO_ID_BLOCK:
        return disk_add(dev);
    case VIRTIO_ID_CONSOLE:
        return console_add(dev, streams);
    case VIRTIO_ID_FS:
        return virtio_fs_create(dev);
    case VIRTIO_ID_SOCKETS:
        return virtio_sockets_create(dev, streams->fdt);
    default:
        return 0;
    }
}

static void mmio_add(const struct fdt *fdt, const struct fdt_node *node, const struct streams *streams)
{
    struct virtio_device *dev = NULL;
    enum virtio_id id = virtio_mmio_probe(fdt, node, &dev);
    int error = virtio_add(dev, id, streams);

    if (error != 0)
        log_error("%s: not usable: error %d", node->name, -error);
}

#ifdef ISA_HAS_PCI

static void pci_add(void *arg, const struct pci_device *device)
{
    struct virtio_device *dev = NULL;
    enum virtio_id id = virtio_pci_probe(device, &dev);
    int error = virtio_add(dev, id, arg);

    if (error != 0)
        log_error("PCI device %u: not usable: error %d", device->number, -error);
}

static void bridge_add(const struct fdt *fdt, const struct fdt_node *node, struct streams *streams)
{
    if (fdt_is_compatible(fdt, node, "pci-host-ecam-generic") && pci_scan(fdt, node, isa_irq_decode, pci_add, streams))
        log_error("%s: not usable", node->name);
}

#else

static void bridge_add(const struct fdt *fdt, const struct fdt_node *node, struct streams *streams)
{
    (void)fdt;
    (void)node;
    (void)streams;
}

#endif

static void streams_read(const struct fdt *fdt, struct streams *out)
{
    struct fdt_node chosen;

    *out = (struct streams){.fdt = fdt};
    if (!fdt_find(fdt, "/chosen", &chosen) || !fdt_cell(fdt, &chosen, LVMM_PROP_TTY, 0, &out->tty_mask))
        return;
    if (!(out->tty_mask & 7))
        return;
    fdt_cell(fdt, &chosen, LVMM_PROP_WINSIZE, 0, &out->rows);
    fdt_cell(fdt, &chosen, LVMM_PROP_WINSIZE, 1, &out->columns);
}

int drv_init(const struct fdt *fdt)
{
    struct streams streams;
    struct fdt_node node;
    bool more;

    streams_read(fdt, &streams);
    for (more = fdt_root(fdt, &node); more; more = fdt_next(fdt, &node)) {
        /* The generic name of these nodes (devices/device.h) is cheaper to look at than their properties. */
        if (strncmp(node.name, "virtio", 6) == 0 && fdt_is_compatible(fdt, &node, "virtio,mmio"))
            mmio_add(fdt, &node, &streams);
        else if (strncmp(node.name, "pcie", 4) == 0)
            bridge_add(fdt, &node, &streams);
    }
    mem_devices_register();
    kmsg_register();
    device_register(&console_node);
    device_register(&terminal_node);
    if (streams.tty_mask & 7)
        device_register(&hvc_node);
    disk_nodes_register();
    return 0;
}
