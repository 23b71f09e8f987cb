/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.h - the registry of character and block devices: what a device node's numbers stand for.
 *
 * A node of any file system says only which device it is (inode->rdev); opening it looks the device up here. /dev shows
 * those that have a name. Devices are never taken out again.
 */
#ifndef GK_VFS_DEVICE_H
#define GK_VFS_DEVICE_H

#include "vfs/vfs.h"

/* Linux's encoding of a device's two numbers (st_rdev): 12 and 20 bits. */
#define DEVICE_RDEV(major, minor) \
    ((uint64_t)(major) << 8 | ((uint64_t)(minor) & 0xff) | ((uint64_t)(minor) & ~(uint64_t)0xff) << 12)

static inline unsigned device_major(uint64_t rdev)
{
    return (unsigned)(rdev >> 8) & 0xfff;
}
static inline unsigned device_minor(uint64_t rdev)
{
    return (unsigned)((rdev & 0xff) | (rdev >> 12 & 0xfff00));
}

/* As Linux's kernel has them, and shows them in fdinfo: 12 and 20 bits in their places. */
static inline uint32_t device_internal(uint64_t rdev)
{
    return device_major(rdev) << 20 | device_minor(rdev);
}

#define DEVICE_MINOR_MAX 0xfffffu

struct device {
    const char *name; /* in /dev, without '/'; NULL: it is not shown there */
    uint32_t mode;    /* type, and the permissions of its node in /dev */
    uint32_t gid;     /* the group of that node */
    uint64_t rdev;
    uint32_t more_minors; /* the device has so many of the minor numbers behind that, too */
    int (*open)(struct inode *inode, struct file *file); /* sets file->ops and file->owner. 0 or -errno */
    struct device *next;                                 /* the registry's */
};

/* `device` must stay. Its type and numbers are nobody else's. */
void device_register(struct device *device);
/* What has these numbers; S_ISCHR or S_ISBLK of `mode` counts. NULL: nothing has. */
const struct device *device_find(uint32_t mode, uint64_t rdev);
/* In the order of registration: the first (device NULL) or the next; NULL: there is none. */
const struct device *device_next(const struct device *device);

/* Opens the device that the node stands for: for vfs_open, which leaves O_NOCTTY in file->flags until then. -ENXIO:
 * there is none. */
int device_open(struct inode *inode, struct file *file);

#endif
