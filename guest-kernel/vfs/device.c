/* SPDX-License-Identifier: Apache-2.0 */
/* device.c - see device.h. */
#include "vfs/device.h"

#include "abi/errno.h"

static struct device *devices, **devices_end = &devices; /* set up at boot, only read afterwards */

void device_register(struct device *device)
{
    device->next = NULL;
    *devices_end = device;
    devices_end = &device->next;
}

static bool has_number(const struct device *device, uint32_t mode, uint64_t rdev)
{
    unsigned first = device_minor(device->rdev), minor = device_minor(rdev);

    return device_major(device->rdev) == device_major(rdev) && minor >= first && minor - first <= device->more_minors &&
           (device->mode & S_IFMT) == (mode & S_IFMT);
}

const struct device *device_find(uint32_t mode, uint64_t rdev)
{
    const struct device *device = devices;

    while (device != NULL && !has_number(device, mode, rdev))
        device = device->next;
    return device;
}

const struct device *device_next(const struct device *device)
{
    return device == NULL ? devices : device->next;
}

int device_open(struct inode *inode, struct file *file)
{
    const struct device *device = device_find(inode->mode, inode->rdev);

    return device != NULL ? device->open(inode, file) : -ENXIO;
}
