/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_char.c - the character devices in /sys: those of memory and terminals. Each is /sys/devices/virtual/CLASS/NAME,
 * of the class that its major number tells. */
#include "fs/sysfs.h"
#include "lib/string.h"
#include "vfs/device.h"

#define MEM_MAJOR 1u

/* The n-th device of the registry that /dev shows and that is, `is_mem`, one of memory or else a terminal. NULL: there
 * are fewer. */
static const struct device *device_nth(bool is_mem, unsigned n)
{
    const struct device *device = NULL;

    while ((device = device_next(device)) != NULL)
        if (device->name != NULL && S_ISCHR(device->mode) && (device_major(device->rdev) == MEM_MAJOR) == is_mem &&
            n-- == 0)
            return device;
    return NULL;
}

static bool name_put(const struct device *device, char name[SYSFS_NAME_MAX])
{
    return device != NULL && snprintf(name, SYSFS_NAME_MAX, "%s", device->name) < (int)SYSFS_NAME_MAX;
}

static bool mem_name(unsigned n, char name[SYSFS_NAME_MAX])
{
    return name_put(device_nth(true, n), name);
}

static bool tty_name(unsigned n, char name[SYSFS_NAME_MAX])
{
    return name_put(device_nth(false, n), name);
}

/* What both classes have, those of memory first. */
static const struct device *device_any(unsigned n, bool *is_mem)
{
    unsigned count = 0;

    *is_mem = true;
    while (device_nth(true, count) != NULL)
        count++;
    if (n < count)
        return device_nth(true, n);
    *is_mem = false;
    return device_nth(false, n - count);
}

static bool number_name(unsigned n, char name[SYSFS_NAME_MAX])
{
    bool is_mem;
    const struct device *device = device_any(n, &is_mem);

    if (device != NULL)
        snprintf(name, SYSFS_NAME_MAX, "%u:%u", device_major(device->rdev), device_minor(device->rdev));
    return device != NULL;
}

/* ---- of a device ---- */

/* An entry's arg is NULL for a terminal. */
static const struct device *device_of(const struct proc_inode *at)
{
    return device_nth(at->entry->arg != NULL, (unsigned)at->fd);
}

static int dev_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct device *device = device_of(at);

    proc_print(text, "%u:%u\n", device_major(device->rdev), device_minor(device->rdev));
    return 0;
}

/* DEVMODE is there where a driver gives permissions, which it does for what all may use. */
static int uevent_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct device *device = device_of(at);
    unsigned mode = device->mode & 0777;

    proc_print(text, "MAJOR=%u\nMINOR=%u\nDEVNAME=%s\n", device_major(device->rdev), device_minor(device->rdev),
               device->name);
    if (mode & 0007)
        proc_print(text, "DEVMODE=0%lo\n", (unsigned long)mode);
    return 0;
}

#define DEVICE_ENTRIES(class_name, is_mem)                             \
    {SYSFS_FILE("dev", 0444, .show = dev_show, .arg = (is_mem)),       \
     SYSFS_LINK("subsystem", "../../../../class/" class_name),         \
     SYSFS_FILE("uevent", 0444, .show = uevent_show, .arg = (is_mem)), \
     {0}}
static const struct proc_entry mem_entries[] = DEVICE_ENTRIES("mem", "mem");
static const struct proc_entry tty_entries[] = DEVICE_ENTRIES("tty", NULL);
static const struct proc_entry mem_entry = SYSFS_DIR("device", mem_entries);
static const struct proc_entry tty_entry = SYSFS_DIR("device", tty_entries);
const struct sysfs_list sysfs_mem_devices = {&mem_entry, mem_name};
const struct sysfs_list sysfs_tty_devices = {&tty_entry, tty_name};

/* ---- links ---- */

static int64_t class_link(const struct proc_inode *at, char *buf)
{
    bool is_mem = at->entry->arg != NULL;

    return snprintf(buf, PATH_MAX, "../../devices/virtual/%s/%s", is_mem ? "mem" : "tty", device_of(at)->name);
}

static int64_t number_link(const struct proc_inode *at, char *buf)
{
    bool is_mem;
    const struct device *device = device_any((unsigned)at->fd, &is_mem);

    return snprintf(buf, PATH_MAX, "../../devices/virtual/%s/%s", is_mem ? "mem" : "tty", device->name);
}

#define LINK(function, is_mem) {.name = "device", .mode = S_IFLNK | 0777, .link = (function), .arg = (is_mem)}
static const struct proc_entry mem_link = LINK(class_link, "mem");
static const struct proc_entry tty_link = LINK(class_link, NULL);
static const struct proc_entry dev_link = LINK(number_link, NULL);
const struct sysfs_list sysfs_mem_links = {&mem_link, mem_name};
const struct sysfs_list sysfs_tty_links = {&tty_link, tty_name};
const struct sysfs_list sysfs_dev_char_links = {&dev_link, number_name};
