/* SPDX-License-Identifier: Apache-2.0 */
/* proc_mounts.c - what is mounted where: mounts, mountinfo, mountstats (proc_pid_mounts(5)). */
#include "abi/errno.h"
#include "fs/proc_process.h"
#include "mm/page.h"
#include "vfs/fstype.h"

#define ESCAPED " \t\n\\#" /* in paths, as Linux has it */

/* One mount, and the path that it is mounted on. */
typedef void print_mount(struct proc_text *text, const struct filesystem *fs, const char *path);

static const char *options_of(const struct filesystem *fs)
{
    return fs->read_only ? "ro" : "rw";
}

static void mounts_line(struct proc_text *text, const struct filesystem *fs, const char *path)
{
    proc_put_escaped(text, fs->source != NULL ? fs->source : "none", ESCAPED);
    proc_put(text, " ", 1);
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, " %s %s,relatime 0 0\n", fs->type != NULL ? fs->type : "none", options_of(fs));
}

static void mountinfo_line(struct proc_text *text, const struct filesystem *fs, const char *path)
{
    uint32_t parent = fs->covered != NULL ? fs->covered->fs->device : fs->device;

    proc_print(text, "%u %u %u:%u / ", fs->device, parent, fs->device >> 8, fs->device & 0xff);
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, " %s,relatime - %s ", options_of(fs), fs->type != NULL ? fs->type : "none");
    proc_put_escaped(text, fs->source != NULL ? fs->source : "none", ESCAPED);
    proc_print(text, " %s\n", options_of(fs));
}

static void mountstats_line(struct proc_text *text, const struct filesystem *fs, const char *path)
{
    proc_print(text, "device ");
    proc_put_escaped(text, fs->source != NULL ? fs->source : "none", ESCAPED);
    proc_print(text, " mounted on ");
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, " with fstype %s\n", fs->type != NULL ? fs->type : "none");
}

static int mounts_print(struct proc_text *text, const struct proc_inode *at, print_mount *print)
{
    struct page *page = page_alloc_dirty();
    const struct filesystem *fs;

    if (page == NULL)
        return -ENOMEM;
    if (proc_process(at) == NULL) {
        page_put(page);
        return -ESRCH;
    }
    for (unsigned n = 0; proc_text_reserve(text, 2 * PAGE_SIZE) && (fs = vfs_mount_nth(n)) != NULL; n++)
        print(text, fs, vfs_path_of(fs->root, page_data(page), PATH_MAX) >= 0 ? page_data(page) : "?");
    page_put(page);
    return 0;
}

int proc_mounts_show(struct proc_text *text, const struct proc_inode *at)
{
    return mounts_print(text, at, mounts_line);
}

int proc_mountinfo_show(struct proc_text *text, const struct proc_inode *at)
{
    return mounts_print(text, at, mountinfo_line);
}

int proc_mountstats_show(struct proc_text *text, const struct proc_inode *at)
{
    return mounts_print(text, at, mountstats_line);
}
