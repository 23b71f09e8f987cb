/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.c - see numbers.h. */
#include "vmm/share/numbers.h"

#include <linux/magic.h>
#include <sys/vfs.h>

#define TAG_SHIFT 48

/* Of file systems that linux/magic.h doesn't have. */
#define CONFIGFS_MAGIC 0x62656570u
#define FUSECTL_MAGIC 0x65735543u
#define MQUEUE_MAGIC 0x19800202u
#define RPC_PIPEFS_MAGIC 0x67596969u
#define NFSD_MAGIC 0x6e667364u
#define ZFS_MAGIC 0x2fc12fc1u
#define BCACHEFS_MAGIC 0xca451a4eu
#define UDF_MAGIC 0x15013346u

/* What can't be asked is no file system to show either. */
static bool is_barred(int fd)
{
    static const uint32_t own[] = {PROC_SUPER_MAGIC,   SYSFS_MAGIC,         DEBUGFS_MAGIC,      TRACEFS_MAGIC,
                                   CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, SECURITYFS_MAGIC,   BPF_FS_MAGIC,
                                   SELINUX_MAGIC,      SMACK_MAGIC,         EFIVARFS_MAGIC,     PSTOREFS_MAGIC,
                                   BINFMTFS_MAGIC,     NSFS_MAGIC,          DEVPTS_SUPER_MAGIC, CONFIGFS_MAGIC,
                                   FUSECTL_MAGIC,      MQUEUE_MAGIC,        RPC_PIPEFS_MAGIC,   RDTGROUP_SUPER_MAGIC,
                                   NFSD_MAGIC,         XENFS_SUPER_MAGIC,   AAFS_MAGIC};
    struct statfs about;

    if (fstatfs(fd, &about) < 0)
        return true;
    for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if ((uint32_t)about.f_type == own[i])
            return true;
    return false;
}

/* The one after the last: there is no room for it. */
static unsigned device(struct numbers *numbers, unsigned share, uint64_t dev)
{
    unsigned i = 0;

    while (i < numbers->devices_n && !(numbers->devices[i].dev == dev && numbers->devices[i].share == share))
        i++;
    if (i == numbers->devices_n && i < NUMBERS_DEVICES) {
        numbers->devices[i].dev = dev;
        numbers->devices[i].share = share;
        numbers->devices_n++;
    }
    return i;
}

uint64_t number_of(struct numbers *numbers, unsigned share, uint64_t dev, uint64_t ino)
{
    uint64_t tag = device(numbers, share, dev);

    if (tag == NUMBERS_DEVICES)
        tag += (dev * 31 + share) % (UINT16_MAX - NUMBERS_DEVICES);
    return ino ^ tag << TAG_SHIFT;
}

bool number_is_barred(struct numbers *numbers, unsigned share, uint64_t dev, int fd)
{
    unsigned i = device(numbers, share, dev);

    if (i == NUMBERS_DEVICES)
        return is_barred(fd);
    if (!numbers->devices[i].is_open && is_barred(fd))
        return true;
    numbers->devices[i].is_open = true;
    return false;
}

/* Those of FAT aren't known: of a name that is spelled in another way, events don't tell. */
bool number_is_local(struct numbers *numbers, unsigned share, uint64_t dev, int fd)
{
    static const uint32_t known[] = {
        EXT4_SUPER_MAGIC,      XFS_SUPER_MAGIC,      BTRFS_SUPER_MAGIC, TMPFS_MAGIC,          RAMFS_MAGIC,
        OVERLAYFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,     SQUASHFS_MAGIC,    EROFS_SUPER_MAGIC_V1, ISOFS_SUPER_MAGIC,
        NILFS_SUPER_MAGIC,     REISERFS_SUPER_MAGIC, ZFS_MAGIC,         BCACHEFS_MAGIC,       UDF_MAGIC};
    unsigned i = device(numbers, share, dev);
    struct statfs about;

    if (i != NUMBERS_DEVICES && numbers->devices[i].is_remote)
        return false;
    bool is_local = false;
    for (unsigned k = 0; fstatfs(fd, &about) == 0 && k < sizeof(known) / sizeof(known[0]) && !is_local; k++)
        is_local = (uint32_t)about.f_type == known[k];
    if (i != NUMBERS_DEVICES)
        numbers->devices[i].is_remote = !is_local;
    return is_local;
}
