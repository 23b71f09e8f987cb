/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs.h - what the tables of /sys (sysfs(5)) are made of. They are /proc's (fs/proc.h); proc_inode.fd says which CPU
 * or disk an entry and all below it are of. */
#ifndef GK_FS_SYSFS_H
#define GK_FS_SYSFS_H

#include "fs/proc.h"

#define SYSFS_NAME_MAX 24u /* bytes of a name that sysfs_list makes, its NUL among them */

/* The arg of a directory of things that are alike. */
struct sysfs_list {
    const struct proc_entry *each; /* what stands for each */
    /* Puts the n-th one's name. False: there are fewer. */
    bool (*name)(unsigned n, char name[SYSFS_NAME_MAX]);
};

/* Such a directory's lookup, read_dir and refresh, as struct proc_entry has them. */
int sysfs_list_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out);
int sysfs_list_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base);
int sysfs_list_refresh(struct proc_inode *at);

int sysfs_file_refresh(struct proc_inode *at); /* a file's refresh: all have the same size */
/* A file's show, whose arg is the text of a line, without its end. */
int sysfs_line_show(struct proc_text *text, const struct proc_inode *at);
/* A link's, whose arg is its text. */
int64_t sysfs_link(const struct proc_inode *at, char *buf);

#define SYSFS_FILE(entry_name, permissions, ...) \
    {.name = (entry_name), .mode = S_IFREG | (permissions), .refresh = sysfs_file_refresh, __VA_ARGS__}
#define SYSFS_SHOW(entry_name, function) SYSFS_FILE(entry_name, 0444, .show = (function))
#define SYSFS_LINE(entry_name, value) SYSFS_FILE(entry_name, 0444, .show = sysfs_line_show, .arg = (value))
#define SYSFS_LINK(entry_name, value) {.name = (entry_name), .mode = S_IFLNK | 0777, .link = sysfs_link, .arg = (value)}
#define SYSFS_DIR(entry_name, table) {.name = (entry_name), .mode = S_IFDIR | 0755, .entries = (table)}
/* A directory of what `list` has, and of a table or NULL. */
#define SYSFS_LIST(entry_name, table, list) \
    {.name = (entry_name),                  \
     .mode = S_IFDIR | 0755,                \
     .entries = (table),                    \
     .lookup = sysfs_list_lookup,           \
     .read_dir = sysfs_list_read_dir,       \
     .refresh = sysfs_list_refresh,         \
     .arg = (list)}

/* sysfs_cpu.c: /sys/devices/system. */
extern const struct proc_entry sysfs_system_entries[];

/* sysfs_block.c: the disks, and the links to them from /sys/block, /sys/class/block and /sys/dev/block. */
extern const struct sysfs_list sysfs_disks, sysfs_block_links, sysfs_class_block_links, sysfs_dev_block_links;

/* sysfs_char.c: the devices of two classes, the links to them from /sys/class, and those from /sys/dev/char. */
extern const struct sysfs_list sysfs_mem_devices, sysfs_mem_links, sysfs_tty_devices, sysfs_tty_links;
extern const struct sysfs_list sysfs_dev_char_links;

/* sysfs_net.c: network interfaces, and the links to them from /sys/class/net. */
extern const struct sysfs_list sysfs_net_devices, sysfs_net_links;

#endif
