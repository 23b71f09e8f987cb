/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs.c - the file system for /sys (sysfs(5)), of the same entries as /proc's: which CPUs there are, and that there
 * are no transparent huge pages. */
#include "abi/errno.h"
#include "core/cpu.h"
#include "fs/diskless.h"
#include "fs/proc.h"
#include "lib/string.h"
#include "mm/page.h"
#include "vfs/fstype.h"

#define SYSFS_MAGIC 0x62656572
#define FILE_SIZE 4096u /* of each, as Linux says */

static int file_refresh(struct proc_inode *at)
{
    at->inode.size = FILE_SIZE;
    return 0;
}

#define FILE_ENTRY(entry_name, permissions, ...) \
    {.name = (entry_name), .mode = S_IFREG | (permissions), .refresh = file_refresh, __VA_ARGS__}
#define DIR_ENTRY(entry_name, table) {.name = (entry_name), .mode = S_IFDIR | 0755, .entries = (table)}

/* ---- devices/system/cpu ---- */

static const struct proc_entry cpu_entry = {.name = "cpuN", .mode = S_IFDIR | 0755};

static int cpus_show(struct proc_text *text, const struct proc_inode *at)
{
    unsigned last = cpu_count - 1;

    (void)at;
    proc_print(text, last != 0 ? "0-%u\n" : "%u\n", last);
    return 0;
}

static int nothing_show(struct proc_text *text, const struct proc_inode *at)
{
    (void)at;
    proc_put(text, "\n", 1);
    return 0;
}

static int cpu_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out)
{
    int number = length > 3 && memcmp(name, "cpu", 3) == 0 ? proc_name_number(name + 3, length - 3) : -1;

    if (number < 0 || (unsigned)number >= cpu_count)
        return -ENOENT;
    return proc_inode_create(dir->inode.fs, &cpu_entry, NULL, false, number, out);
}

static int cpu_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base)
{
    (void)dir;
    for (uint64_t number = pos; number < cpu_count; number++) {
        char name[16];
        int length = snprintf(name, sizeof(name), "cpu%lu", (unsigned long)number);

        if (!emit(arg, name, (size_t)length, proc_number(&cpu_entry, NULL, false, (int)number), DT_DIR,
                  pos_base + number + 1))
            break;
    }
    return 0;
}

static int cpu_refresh(struct proc_inode *at)
{
    at->inode.links = 2 + cpu_count;
    return 0;
}

static const struct proc_entry cpu_entries[] = {
    FILE_ENTRY("offline", 0444, .show = nothing_show),
    FILE_ENTRY("online", 0444, .show = cpus_show),
    FILE_ENTRY("possible", 0444, .show = cpus_show),
    FILE_ENTRY("present", 0444, .show = cpus_show),
    {0},
};

static const struct proc_entry system_entries[] = {
    {.name = "cpu",
     .mode = S_IFDIR | 0755,
     .entries = cpu_entries,
     .lookup = cpu_lookup,
     .read_dir = cpu_read_dir,
     .refresh = cpu_refresh},
    {0},
};

static const struct proc_entry device_entries[] = {DIR_ENTRY("system", system_entries), {0}};

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
    FILE_ENTRY("enabled", 0644, .show = huge_show, .store = huge_store),
    {0},
};
static const struct proc_entry mm_entries[] = {DIR_ENTRY("transparent_hugepage", huge_entries), {0}};
static const struct proc_entry kernel_entries[] = {DIR_ENTRY("mm", mm_entries), {0}};

/* ---- the file system ---- */

static const struct proc_entry root_entries[] = {
    DIR_ENTRY("devices", device_entries),
    DIR_ENTRY("fs", NULL),
    DIR_ENTRY("kernel", kernel_entries),
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
