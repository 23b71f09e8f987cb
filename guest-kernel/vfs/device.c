/* SPDX-License-Identifier: Apache-2.0 */
/* device.c - see device.h. */
#include "vfs/device.h"

#include "abi/errno.h"

static struct device *devices; /* set up at boot, only read afterwards */

void device_register(struct device *device)
{
    struct device **end = &devices;

    while (*end != NULL)
        end = &(*end)->next;
    device->next = NULL;
    *end = device;
}

const struct device *device_find(uint32_t mode, uint64_t rdev)
{
    const struct device *device = devices;

    while (device != NULL && (device->rdev != rdev || (device->mode & S_IFMT) != (mode & S_IFMT)))
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
