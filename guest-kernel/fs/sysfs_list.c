/* SPDX-License-Identifier: Apache-2.0 */
/* sysfs_list.c - see sysfs.h: directories of things that are alike, and files of a line. */
#include "abi/errno.h"
#include "fs/sysfs.h"
#include "lib/string.h"

#define FILE_SIZE 4096u /* of each, as Linux says */

int sysfs_list_lookup(struct proc_inode *dir, const char *name, size_t length, struct inode **out)
{
    const struct sysfs_list *list = dir->entry->arg;
    char its_name[SYSFS_NAME_MAX];

    for (unsigned n = 0; list->name(n, its_name); n++)
        if (string_is(its_name, name, length))
            return proc_inode_create(dir->inode.fs, list->each, NULL, false, (int)n, out);
    return -ENOENT;
}

int sysfs_list_read_dir(const struct proc_inode *dir, uint64_t pos, dir_emit *emit, void *arg, uint64_t pos_base)
{
    const struct sysfs_list *list = dir->entry->arg;
    unsigned type = (list->each->mode & S_IFMT) >> 12; /* DT_* is S_IF* without the permissions */
    char name[SYSFS_NAME_MAX];

    if (pos > UINT32_MAX)
        return 0;
    for (unsigned n = (unsigned)pos; list->name(n, name); n++)
        if (!emit(arg, name, strlen(name), proc_number(list->each, NULL, false, (int)n), type, pos_base + n + 1))
            break;
    return 0;
}

int sysfs_list_refresh(struct proc_inode *at)
{
    const struct sysfs_list *list = at->entry->arg;
    char name[SYSFS_NAME_MAX];
    unsigned links = 2;

    for (const struct proc_entry *entry = at->entry->entries; entry != NULL && entry->name != NULL; entry++)
        links += S_ISDIR(entry->mode);
    for (unsigned n = 0; S_ISDIR(list->each->mode) && list->name(n, name); n++)
        links++;
    at->inode.links = links;
    return 0;
}

int sysfs_file_refresh(struct proc_inode *at)
{
    at->inode.size = FILE_SIZE;
    return 0;
}

int sysfs_line_show(struct proc_text *text, const struct proc_inode *at)
{
    const char *value = at->entry->arg;

    proc_print(text, "%s\n", value);
    return 0;
}

int64_t sysfs_link(const struct proc_inode *at, char *buf)
{
    const char *value = at->entry->arg;

    return snprintf(buf, PATH_MAX, "%s", value);
}
