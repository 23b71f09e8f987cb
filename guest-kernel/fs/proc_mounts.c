/* SPDX-License-Identifier: Apache-2.0 */
/* proc_mounts.c - what is mounted where: mounts, mountinfo, mountstats (proc_pid_mounts(5)). */
#include "abi/errno.h"
#include "fs/proc_process.h"
#include "mm/page.h"
#include "vfs/fstype.h"
#include "vfs/path.h"

#define ESCAPED " \t\n\\#" /* in paths, as Linux has it */

/* One mount, and the path that it is mounted on. */
typedef void print_mount(struct proc_text *text, const struct mount *mount, const char *path);

/* The mount's own options, in Linux's order. */
static void options_print(struct proc_text *text, const struct mount *mount)
{
    static const struct {
        uint32_t flag;
        const char *option;
    } options[] = {{MS_NOSUID, ",nosuid"},          {MS_NODEV, ",nodev"},           {MS_NOEXEC, ",noexec"},
                   {MS_NOATIME, ",noatime"},        {MS_NODIRATIME, ",nodiratime"}, {MS_RELATIME, ",relatime"},
                   {MS_NOSYMFOLLOW, ",nosymfollow"}};

    proc_print(text, mount_may_write(mount) != 0 ? "ro" : "rw");
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (mount->flags & options[i].flag)
            proc_print(text, "%s", options[i].option);
}

static void source_print(struct proc_text *text, const struct mount *mount)
{
    proc_put_escaped(text, mount->source[0] != 0 ? mount->source : "none", ESCAPED);
}

static void mounts_line(struct proc_text *text, const struct mount *mount, const char *path)
{
    source_print(text, mount);
    proc_put(text, " ", 1);
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, " %s ", mount->fs->type->name);
    options_print(text, mount);
    proc_print(text, " 0 0\n");
}

static void mountinfo_line(struct proc_text *text, const struct mount *mount, const char *path)
{
    uint32_t device = mount->fs->device;

    proc_print(text, "%u %u %u:%u ", mount->id, mount->parent != NULL ? mount->parent->id : mount->id, device >> 8,
               device & 0xff);
    proc_put_escaped(text, mount->root == mount->fs->root_dentry ? "/" : path, ESCAPED);
    proc_put(text, " ", 1);
    proc_put_escaped(text, path, ESCAPED);
    proc_put(text, " ", 1);
    options_print(text, mount);
    proc_print(text, " - %s ", mount->fs->type->name);
    source_print(text, mount);
    proc_print(text, mount->fs->read_only ? " ro\n" : " rw\n");
}

static void mountstats_line(struct proc_text *text, const struct mount *mount, const char *path)
{
    proc_print(text, "device ");
    source_print(text, mount);
    proc_print(text, " mounted on ");
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, " with fstype %s\n", mount->fs->type->name);
}

/* What lies outside of the caller's root isn't told, as on Linux. */
static int mounts_print(struct proc_text *text, const struct proc_inode *at, print_mount *print)
{
    struct page *page = page_alloc_dirty();

    if (page == NULL)
        return -ENOMEM;
    if (proc_process(at) == NULL) {
        page_put(page);
        return -ESRCH;
    }
    struct mount *mount = mount_next(NULL), *next;
    if (mount != NULL)
        mount_get(mount);
    for (; mount != NULL; mount = next) { /* with a reference: printing may wait */
        const struct path place = {mount, mount->root};
        bool outside;

        if (path_print(&place, path_root(), page_data(page), PATH_MAX, NULL, &outside) > 0 && !outside)
            print(text, mount, page_data(page));
        next = text->error == 0 && mount_is_known(mount) ? mount_next(mount) : NULL;
        if (next != NULL)
            mount_get(next);
        mount_put(mount);
    }
    page_put(page);
    return text->error;
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
