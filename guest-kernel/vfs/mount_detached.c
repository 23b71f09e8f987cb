/* SPDX-License-Identifier: Apache-2.0 */
/* mount_detached.c - see mount_detached.h. */
#include "vfs/mount_detached.h"

#include "abi/errno.h"
#include "mm/kmalloc.h"
#include "vfs/mount_peers.h"
#include "vfs/mount_tree.h"
#include "vfs/open_file.h"

/* The file that a tree belongs to, as long as it has no place. */
struct holder {
    struct file_watcher watcher;
    struct mount *top; /* with a reference */
};

/* A tree that nobody has put into a place goes. Nothing that happens there spreads. */
static void tree_drop(struct mount *top)
{
    if (!top->is_detached)
        return;
    top->is_detached = false;
    mounts_remove(top, false);
}

static void holder_goes(struct file_watcher *watcher)
{
    struct holder *holder = container_of(watcher, struct holder, watcher);
    struct mount *top = holder->top;

    file_unwatch(watcher);
    kfree(holder);
    tree_drop(top);
    mount_put(top);
}

/* An open file at the top of it, that has it from now on. Else it goes at once. */
static int tree_open(struct mount *top, struct file **out)
{
    struct path path = {top, top->root};
    struct holder *holder = kmalloc(sizeof(*holder));

    top->is_new = top->is_detached = true;
    path_get(&path);
    int error = holder != NULL ? open_found(&path, O_PATH, false, out) : -ENOMEM;
    if (error == 0) {
        *holder = (struct holder){.watcher.file_goes = holder_goes, .top = top};
        mount_get(top);
        file_watch(*out, &holder->watcher);
    } else {
        kfree(holder);
        tree_drop(top);
    }
    path_put(&path);
    return error;
}

int mount_detached_new(struct filesystem *fs, const char *source, uint32_t flags, struct file **out)
{
    struct mount *mount = mount_create_now(fs, fs->root_dentry, source, flags);

    return mount != NULL ? tree_open(mount, out) : -ENOMEM;
}

int mount_detached_copy(const struct path *from, bool recursive, struct file **out)
{
    struct list copied;

    if (from->mount->unbindable || !mount_is_somewhere(from->mount))
        return -EINVAL;
    list_init(&copied);
    int error = mount_copy_tree(from, recursive, COPY_ALIKE, &copied);
    if (error != 0) {
        mount_copies_drop(&copied);
        return error;
    }
    struct mount *top = container_of(copied.next, struct mount, all);
    while (!list_is_empty(&copied)) /* they are not among all */
        list_remove(copied.next);
    return tree_open(top, out);
}

int mount_path_open(const struct path *at, struct file **out)
{
    return open_found(at, O_PATH, false, out);
}
