/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - walks paths, component by component, through links and mounts. */
#include "vfs/path.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/atime.h"
#include "vfs/fs_context.h"
#include "vfs/permission.h"

struct walk_text { /* of a link */
    struct walk_text *outer;
    const char *rest; /* of what it stands in */
    struct page *page;
};

bool name_is_dot(const char *name, size_t length)
{
    return length == 1 && name[0] == '.';
}

bool name_is_dotdot(const char *name, size_t length)
{
    return length == 2 && name[0] == '.' && name[1] == '.';
}

const struct path *path_root(void)
{
    const struct thread *thread = arch_current();

    return thread != NULL && thread->fs != NULL ? &thread->fs->root : vfs_root();
}

/* `to` takes the place of *at; both have references. */
static void path_replace(struct path *at, const struct path *to)
{
    path_put(at);
    *at = *to;
}

static void path_jump(struct path *at, const struct path *to)
{
    path_get(to);
    path_replace(at, to);
}

static const char *skip_slashes(const char *text)
{
    while (*text == '/')
        text++;
    return text;
}

/* ---- one component ---- */

/* A directory has one dentry in a place, however its name is written. */
static struct dentry *alias_find(const struct dentry *dir, const struct inode *inode)
{
    if (!dir->inode->fs->names_fold || !S_ISDIR(inode->mode))
        return NULL;
    for (struct list *at = inode->dentries.next; at != &inode->dentries; at = at->next) {
        struct dentry *alias = container_of(at, struct dentry, of_inode);
        if (alias->parent == dir && alias->hashed)
            return alias;
    }
    return NULL;
}

/* Where others move directories about, one may be known by an earlier place, too; but it isn't in itself. */
static bool is_above(const struct dentry *dir, const struct inode *inode)
{
    while (dir->inode != inode && !dentry_is_root(dir))
        dir = dir->parent;
    return dir->inode == inode;
}

/* A damaged disk may have a directory in two, or in one that is below it: who locks one after the other would meet it
 * twice, so what is known by one name has no other, as on Linux. */
static bool is_elsewhere(const struct dentry *dir, const struct inode *inode)
{
    bool found = false;

    if (!S_ISDIR(inode->mode))
        return false;
    if (dir->inode->ops->confirm != NULL)
        return is_above(dir, inode);
    if (inode->fs->dev == NULL || inode->fs->names_fold)
        return false;
    for (const struct list *at = inode->dentries.next; at != &inode->dentries; at = at->next) {
        const struct dentry *alias = container_of((struct list *)(uintptr_t)at, struct dentry, of_inode);
        found = found || alias->hashed || alias->parent == alias;
    }
    return found;
}

/* The file system says. The directory is locked. */
static int dentry_look_up(struct dentry *dir, const char *name, size_t length, struct dentry **out)
{
    struct inode *inode = NULL;

    if (dir->inode->links == 0)
        return -ENOENT;
    int error = dir->inode->ops->lookup != NULL ? dir->inode->ops->lookup(dir->inode, name, length, &inode) : -ENOENT;
    if (error == -ENOENT)
        inode = NULL;
    else if (error != 0)
        return error;
    if (inode != NULL && is_elsewhere(dir, inode)) {
        inode_put(inode);
        return -ELOOP;
    }
    *out = inode != NULL ? alias_find(dir, inode) : NULL;
    if (*out == NULL) {
        error = dentry_add(dir, name, length, inode, out);
        if (error == 0 && dir->inode->ops->vouches != NULL)
            (*out)->vouched = dir->inode->ops->vouches(dir->inode);
        return error;
    }
    dentry_get(*out);
    inode_put(inode);
    return 0;
}

/* Whether a name that may change by itself still leads where it did: 0; -EINTR: who asks is to end. */
static int still_holds(const struct dentry *dir, struct dentry *dentry)
{
    const struct inode_ops *ops = dir->inode->ops;

    if (ops->confirm != NULL)
        return ops->confirm(dir->inode, dentry->name, dentry->length, dentry->inode, &dentry->vouched);
    if (dentry->inode == NULL)
        return -ENOENT;
    return dentry->inode->ops->refresh != NULL ? dentry->inode->ops->refresh(dentry->inode) : 0;
}

/* As the cache has it, if that still holds. With the directory's lock what doesn't is forgotten: else somebody may be
 * about to put a file there, or to move it. */
static struct dentry *dentry_known(const struct dentry *dir, const char *name, size_t length, bool locked)
{
    struct dentry *dentry = dentry_find(dir, name, length);

    if (dentry == NULL || !dir->inode->fs->names_change || dentry->mounted != NULL)
        return dentry;
    int error = still_holds(dir, dentry);
    if (error == 0)
        return dentry;
    if (locked && error != -EINTR)
        dentry_unhash(dentry);
    dentry_put(dentry);
    return NULL;
}

static int dentry_slow(struct walk *walk, bool locked, struct dentry **out)
{
    struct dentry *dir = walk->at.dentry;
    int error = 0;

    if (walk->resolve & RESOLVE_CACHED)
        return -EAGAIN;
    if (!locked)
        mutex_lock(&dir->inode->lock);
    if (mount_boot_waits && mount_boot_is(dir, walk->name, walk->length))
        error = mount_boot();
    *out = dentry_known(dir, walk->name, walk->length, true); /* somebody else may have asked meanwhile */
    if (*out != NULL)
        error = 0; /* if not all could be mounted, this was */
    else if (error == 0)
        error = dentry_look_up(dir, walk->name, walk->length, out);
    if (!locked)
        mutex_unlock(&dir->inode->lock);
    return error;
}

static int walk_child(struct walk *walk, bool locked, struct path *out)
{
    if (walk->length > NAME_MAX)
        return -ENAMETOOLONG;
    out->dentry = dentry_known(walk->at.dentry, walk->name, walk->length, locked);
    if (out->dentry == NULL) {
        int error = dentry_slow(walk, locked, &out->dentry);
        if (error != 0)
            return error;
    }
    out->mount = walk->at.mount;
    mount_get(out->mount);
    if (out->dentry->mounted != NULL && !locked && mount_cross(out) && (walk->resolve & RESOLVE_NO_XDEV)) {
        path_put(out);
        return -EXDEV;
    }
    return 0;
}

/* The directory above *at, whose references change with it. */
static int go_up(const struct walk *walk, struct path *at)
{
    struct path up = *at;

    if ((walk->resolve & RESOLVE_BENEATH) && path_is(at, &walk->base))
        return -EXDEV;
    while (!path_is(&up, &walk->root) && up.dentry == up.mount->root && mount_has_parent(up.mount)) {
        if (walk->resolve & RESOLVE_NO_XDEV)
            return -EXDEV;
        up = (struct path){up.mount->parent, up.mount->point};
    }
    if (!path_is(&up, &walk->root) && up.dentry != up.mount->root)
        up.dentry = up.dentry->parent;
    path_jump(at, &up);
    bool crossed = at->dentry->mounted != NULL && mount_cross(at);
    return crossed && (walk->resolve & RESOLVE_NO_XDEV) ? -EXDEV : 0;
}

int walk_last(struct walk *walk, bool locked, struct path *out)
{
    int error = walk->length != 0 ? permission_search(path_inode(&walk->at)) : 0;

    if (error != 0)
        return error;
    if (walk->length != 0 && !name_is_dot(walk->name, walk->length) && !name_is_dotdot(walk->name, walk->length))
        return walk_child(walk, locked, out);
    *out = walk->at;
    path_get(out);
    if (name_is_dotdot(walk->name, walk->length)) {
        error = go_up(walk, out);
        if (error != 0)
            path_put(out);
    }
    return error;
}

/* ---- links ---- */

static void text_pop(struct walk *walk)
{
    struct walk_text *text = walk->texts;

    walk->rest = text->rest;
    walk->texts = text->outer;
    page_put(text->page);
    kfree(text);
}

static int text_push(struct walk *walk, struct inode *link)
{
    struct walk_text *text = kmalloc(sizeof(*text));
    struct page *page = text != NULL ? page_alloc_dirty() : NULL;
    int64_t length = page == NULL ? -ENOMEM : link->ops->read_link(link, page_data(page));

    if (length == 0)
        length = -ENOENT;
    if (length < 0) {
        if (page != NULL)
            page_put(page);
        kfree(text);
        return (int)length;
    }
    *text = (struct walk_text){walk->texts, walk->rest, page};
    walk->texts = text;
    walk->rest = page_data(page);
    return 0;
}

static int link_text(struct walk *walk, const struct path *link)
{
    struct inode *inode = path_inode(link);

    if (inode->ops->read_link == NULL)
        return -ELOOP;
    atime_touch(link->mount, inode);
    int error = text_push(walk, inode);
    if (error != 0)
        return error;
    if (*walk->rest == '/') {
        if (walk->resolve & RESOLVE_BENEATH)
            return -EXDEV;
        if ((walk->resolve & RESOLVE_NO_XDEV) && walk->root.mount != walk->at.mount)
            return -EXDEV;
        path_jump(&walk->at, &walk->root);
    }
    walk->rest = skip_slashes(walk->rest);
    return 0;
}

/* Follows `link`, whose references are given up: 0, the walk has its text; 1, it led to *out; -errno. */
static int link_step(struct walk *walk, const struct path *link, struct path *out)
{
    struct inode *inode = path_inode(link);
    bool is_magic = inode->ops->follow != NULL;
    int error;

    if (++walk->links > WALK_LINKS_MAX || (walk->resolve & RESOLVE_NO_SYMLINKS) ||
        (link->mount->flags & MS_NOSYMFOLLOW) || (is_magic && (walk->resolve & RESOLVE_NO_MAGICLINKS)))
        error = -ELOOP;
    else if (is_magic && (walk->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)))
        error = -EXDEV;
    else if (is_magic)
        error = inode->ops->follow(inode, out);
    else
        error = link_text(walk, link);
    if (error == 0 && is_magic)
        error = 1;
    if (error == 1 && (walk->resolve & RESOLVE_NO_XDEV) && out->mount != walk->at.mount) {
        path_put(out);
        error = -EXDEV;
    }
    path_put(link);
    return error;
}

int walk_follow(struct walk *walk, const struct path *link, struct path *out)
{
    int error = link_step(walk, link, out);

    return error != 0 ? error : walk_parent(walk);
}

/* ---- the way ---- */

int walk_begin(struct walk *walk, const struct path *base, const char *path, unsigned resolve)
{
    const struct path *root = resolve & RESOLVE_IN_ROOT ? base : path_root();

    if (*path == 0)
        return -ENOENT;
    if (*path == '/' && (resolve & RESOLVE_BENEATH))
        return -EXDEV;
    walk->at = *path == '/' ? *root : *base;
    walk->rest = skip_slashes(path);
    walk->root = *root; /* which another thread may change while this one waits */
    walk->base = *base;
    path_get(&walk->root);
    path_get(&walk->base);
    walk->texts = NULL;
    walk->links = 0;
    walk->resolve = resolve;
    walk->must_be_dir = false;
    path_get(&walk->at);
    return 0;
}

void walk_end(struct walk *walk)
{
    while (walk->texts != NULL)
        text_pop(walk);
    path_put(&walk->at);
    path_put(&walk->base);
    path_put(&walk->root);
}

/* Whether nothing comes after what stands before walk->rest. */
static bool is_last(const struct walk *walk)
{
    if (*walk->rest != 0)
        return false;
    for (const struct walk_text *text = walk->texts; text != NULL; text = text->outer) {
        if (*text->rest != 0)
            return false;
    }
    return true;
}

/* The next component; true if it ends in a slash. */
static bool component_take(struct walk *walk)
{
    const char *end = walk->rest;

    while (*end != 0 && *end != '/')
        end++;
    walk->name = walk->rest;
    walk->length = (size_t)(end - walk->rest);
    walk->rest = skip_slashes(end);
    return *end == '/';
}

/* Goes on to what was found, which must be a directory. */
static int step_to(struct walk *walk, struct path *next)
{
    const struct inode *inode = path_inode(next);
    int error = 0;

    if (inode != NULL && S_ISLNK(inode->mode)) {
        struct path link = *next;
        error = link_step(walk, &link, next);
        if (error <= 0)
            return error;
        inode = path_inode(next);
    }
    error = inode == NULL ? -ENOENT : S_ISDIR(inode->mode) ? 0 : -ENOTDIR;
    if (error == 0)
        path_replace(&walk->at, next);
    else
        path_put(next);
    return error;
}

int walk_parent(struct walk *walk)
{
    struct path next;
    int error;

    for (;;) {
        bool slash = component_take(walk);
        if (is_last(walk)) {
            walk->must_be_dir |= slash;
            return S_ISDIR(path_inode(&walk->at)->mode) ? 0 : -ENOTDIR;
        }
        if (!S_ISDIR(path_inode(&walk->at)->mode))
            return -ENOTDIR; /* where it began: a descriptor of something else */
        error = walk_last(walk, false, &next);
        if (error == 0)
            error = step_to(walk, &next);
        if (error != 0)
            return error;
        while (*walk->rest == 0 && walk->texts != NULL)
            text_pop(walk); /* there is more in an outer one */
    }
}

/* ---- looking up ---- */

static int look_up(struct walk *walk, unsigned flags, struct path *out)
{
    int error = walk_parent(walk);

    while (error == 0) {
        error = walk_last(walk, false, out);
        if (error != 0)
            return error;
        const struct inode *inode = path_inode(out);
        bool follows = !(flags & LOOKUP_NOFOLLOW) || walk->must_be_dir;
        if (inode == NULL || !S_ISLNK(inode->mode) || !follows)
            break;
        struct path link = *out;
        error = walk_follow(walk, &link, out);
        if (error == 1) {
            error = 0;
            break;
        }
    }
    if (error != 0)
        return error;
    const struct inode *inode = path_inode(out);
    if (inode == NULL)
        error = -ENOENT;
    else if ((walk->must_be_dir || (flags & LOOKUP_DIRECTORY)) && !S_ISDIR(inode->mode))
        error = -ENOTDIR;
    if (error != 0)
        path_put(out);
    return error;
}

int path_lookup_resolve(const struct path *base, const char *name, unsigned flags, unsigned resolve, struct path *out)
{
    struct walk walk;
    int error = walk_begin(&walk, base, name, resolve);

    if (error != 0)
        return error;
    error = look_up(&walk, flags, out);
    walk_end(&walk);
    return error;
}

int path_lookup(const struct path *base, const char *name, unsigned flags, struct path *out)
{
    return path_lookup_resolve(base, name, flags, 0, out);
}

int vfs_lookup(const struct path *base, const char *name, unsigned flags, struct inode **out)
{
    struct path path;
    int error = path_lookup(base, name, flags, &path);

    if (error != 0)
        return error;
    *out = path_inode(&path);
    inode_get(*out);
    path_put(&path);
    return 0;
}
