/* SPDX-License-Identifier: Apache-2.0 */
/* proc_mounts.c - what is mounted where: mounts, mountinfo, mountstats (proc_pid_mounts(5)). */
#include "abi/errno.h"
#include "fs/proc_process.h"
#include "lib/string.h"
#include "mm/page.h"
#include "vfs/device.h"
#include "vfs/fstype.h"
#include "vfs/path.h"

#define ESCAPED " \t\n\\#" /* in paths, as Linux has it */

/* One mount, and the path that it is mounted on; `page` has room for another. */
typedef void print_mount(struct proc_text *text, const struct mount *mount, const char *path, char *page);

#define FS_OPTIONS_MAX 512u

/* The mount's own options, in Linux's order. */
static void options_print(struct proc_text *text, const struct mount *mount)
{
    static const struct {
        uint32_t flag;
        const char *option;
    } options[] = {{MS_NOSUID, ",nosuid"},          {MS_NODEV, ",nodev"},           {MS_NOEXEC, ",noexec"},
                   {MS_NOATIME, ",noatime"},        {MS_NODIRATIME, ",nodiratime"}, {MS_RELATIME, ",relatime"},
                   {MS_NOSYMFOLLOW, ",nosymfollow"}};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (mount->flags & options[i].flag)
            proc_print(text, "%s", options[i].option);
}

/* The file system's. */
static void fs_options_print(struct proc_text *text, const struct filesystem *fs)
{
    char options[FS_OPTIONS_MAX];

    if (fs->ops->show_options == NULL)
        return;
    fs->ops->show_options(fs, options, sizeof(options));
    proc_put(text, options, strlen(options));
}

static void source_print(struct proc_text *text, const struct mount *mount)
{
    proc_put_escaped(text, mount->source[0] != 0 ? mount->source : "none", ESCAPED);
}

static void mounts_line(struct proc_text *text, const struct mount *mount, const char *path, char *page)
{
    bool is_read_only = (mount->flags & MS_RDONLY) || filesystem_told_read_only(mount->fs);

    (void)page;
    source_print(text, mount);
    proc_put(text, " ", 1);
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, " %s %s", mount->fs->type->name, is_read_only ? "ro" : "rw");
    options_print(text, mount);
    fs_options_print(text, mount->fs);
    proc_print(text, " 0 0\n");
}

static void mountinfo_line(struct proc_text *text, const struct mount *mount, const char *path, char *page)
{
    uint32_t device = mount->fs->device;

    proc_print(text, "%u %u %u:%u ", mount->id, mount->parent != NULL ? mount->parent->id : mount->id,
               device_major(device), device_minor(device));
    proc_put_escaped(text, dentry_print(mount->root, page, PATH_MAX) > 0 ? page : "/", ESCAPED);
    proc_put(text, " ", 1);
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, mount->flags & MS_RDONLY ? " ro" : " rw");
    options_print(text, mount);
    if (mount->group != 0)
        proc_print(text, " shared:%u", mount->group);
    if (mount->master != NULL)
        proc_print(text, " master:%u", mount->master->group);
    if (mount->unbindable)
        proc_print(text, " unbindable");
    proc_print(text, " - %s ", mount->fs->type->name);
    source_print(text, mount);
    proc_print(text, filesystem_told_read_only(mount->fs) ? " ro" : " rw");
    fs_options_print(text, mount->fs);
    proc_put(text, "\n", 1);
}

static void mountstats_line(struct proc_text *text, const struct mount *mount, const char *path, char *page)
{
    (void)page;
    proc_print(text, "device ");
    source_print(text, mount);
    proc_print(text, " mounted on ");
    proc_put_escaped(text, path, ESCAPED);
    proc_print(text, " with fstype %s\n", mount->fs->type->name);
}

/* What lies outside of the caller's root isn't told, as on Linux. `path` and `room` have PATH_MAX bytes. */
static int mounts_print_with(struct proc_text *text, print_mount *print, char *path, char *room)
{
    struct mount *mount = mount_next(NULL), *next;

    if (mount != NULL)
        mount_get(mount);
    for (; mount != NULL; mount = next) { /* with a reference: printing may wait */
        const struct path place = {mount, mount->root};
        bool outside;

        if (path_print(&place, path_root(), path, PATH_MAX, NULL, &outside) > 0 && !outside)
            print(text, mount, path, room);
        next = text->error == 0 && mount_is_known(mount) ? mount_next(mount) : NULL;
        if (next != NULL)
            mount_get(next);
        mount_put(mount);
    }
    return text->error;
}

static int mounts_print(struct proc_text *text, const struct proc_inode *at, print_mount *print)
{
    struct page *page = page_alloc_dirty(), *second = page_alloc_dirty();
    int error = page == NULL || second == NULL ? -ENOMEM : proc_process(at) == NULL ? -ESRCH : 0;

    if (error == 0)
        error = mounts_print_with(text, print, page_data(page), page_data(second));
    if (page != NULL)
        page_put(page);
    if (second != NULL)
        page_put(second);
    return error;
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
