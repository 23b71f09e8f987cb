/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs.c - the file system for /sys (sysfs(5)), of the same entries as /proc's: which CPUs there are, and that there
 * are no transparent huge pages. */
#include "abi/errno.h"
#include "fs/diskless.h"
#include "fs/sysfs.h"
#include "lib/string.h"
#include "mm/page.h"
#include "vfs/fstype.h"

#define SYSFS_MAGIC 0x62656572
/* ---- kernel/mm ---- */

static int huge_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_print(text, "always madvise [never]\n");
    return 0;
}

/* There are none, so that nothing else can be chosen. */
static int huge_store(const struct proc_inode *at, char *text, size_t size)
{
    static const char never[] = "never";

    (void)at;
    if (size != 0 && text[size - 1] == '\n')
        size--;
    return size == sizeof(never) - 1 && memcmp(text, never, size) == 0 ? 0 : -EINVAL;
}

static const struct proc_entry huge_entries[] = {
    SYSFS_FILE("enabled", 0644, .show = huge_show, .store = huge_store),
    {0},
};
static const struct proc_entry mm_entries[] = {SYSFS_DIR("transparent_hugepage", huge_entries), {0}};
static const struct proc_entry kernel_entries[] = {SYSFS_DIR("mm", mm_entries), {0}};

/* ---- the file system ---- */

static const struct proc_entry class_entries[] = {
    SYSFS_LIST("block", NULL, &sysfs_class_block_links),
    SYSFS_LIST("mem", NULL, &sysfs_mem_links),
    SYSFS_LIST("net", NULL, &sysfs_net_links),
    SYSFS_LIST("tty", NULL, &sysfs_tty_links),
    {0},
};

static const struct proc_entry dev_entries[] = {
    SYSFS_LIST("block", NULL, &sysfs_dev_block_links),
    SYSFS_LIST("char", NULL, &sysfs_dev_char_links),
    {0},
};

static const struct proc_entry virtual_entries[] = {
    SYSFS_LIST("block", NULL, &sysfs_disks),
    SYSFS_LIST("mem", NULL, &sysfs_mem_devices),
    SYSFS_LIST("net", NULL, &sysfs_net_devices),
    SYSFS_LIST("tty", NULL, &sysfs_tty_devices),
    {0},
};

static const struct proc_entry device_entries[] = {
    SYSFS_DIR("system", sysfs_system_entries),
    SYSFS_DIR("virtual", virtual_entries),
    {0},
};

static const struct proc_entry root_entries[] = {
    SYSFS_LIST("block", NULL, &sysfs_block_links),
    SYSFS_DIR("class", class_entries),
    SYSFS_DIR("dev", dev_entries),
    SYSFS_DIR("devices", device_entries),
    SYSFS_DIR("fs", NULL),
    SYSFS_DIR("kernel", kernel_entries),
    {0},
};
static const struct proc_entry root_entry = {.name = "", .mode = S_IFDIR | 0555, .entries = root_entries};

static void sysfs_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    (void)fs;
    *out = (struct vfs_statfs){.type = SYSFS_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_MAX};
}

static const struct filesystem_ops sysfs_ops = {.statfs = sysfs_statfs, .unmount = proc_unmount};

static int sysfs_mount(struct blk_device *dev, const char *options, struct filesystem **out)
{
    (void)dev, (void)options;
    return proc_mount_tree(&root_entry, &sysfs_ops, out);
}

const struct fs_type sysfs_type = {.name = "sysfs", .mount = sysfs_mount};
