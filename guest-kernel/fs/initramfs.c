/* SPDX-License-Identifier: Apache-2.0 */
/*
 * initramfs.c - see initramfs.h.
 *
 * Files are made by the file system's own operations, one directory at a time: there are tens of thousands of them, as
 * a rule in the directory of the one before. Nobody else runs yet, so no lock is taken.
 */
#include "fs/initramfs.h"

#include "abi/errno.h"
#include "core/log.h"
#include "fs/cpio.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/vfs.h"

#define LINKS_MAX 40u             /* symbolic links on the way to one file, as path_resolution(7) has it */
#define GIVE_BYTES (256ull << 10) /* frames are given back so many at a time */
#define NS_PER_S 1000000000ll

struct tree {
    struct inode *root;
    struct inode *dir;       /* the directory of the last entry, with a reference; NULL: none */
    char dir_path[PATH_MAX]; /* by this name; without a NUL */
    size_t dir_length;
    bool is_stale;                         /* a name has gone: that may lead elsewhere now */
    paddr_t given, start;                  /* the archive's frames below are given back; where it begins */
    char path[PATH_MAX], target[PATH_MAX]; /* for walk() */
};

/* ---- from a name to a directory ---- */

static size_t part_length(const char *at, const char *end)
{
    size_t length = 0;

    while (at + length < end && at[length] != '/')
        length++;
    return length;
}

static bool is_dot(const char *part, size_t length)
{
    return length == 0 || (length == 1 && part[0] == '.');
}

static bool is_dotdot(const char *part, size_t length)
{
    return length == 2 && part[0] == '.' && part[1] == '.';
}

/* Puts `size` bytes of text in place of [from, to) in tree->path. */
static int splice(struct tree *tree, size_t from, size_t to, const char *text, size_t size)
{
    size_t rest = strlen(tree->path + to) + 1;

    if (from + size + rest > PATH_MAX)
        return -ENAMETOOLONG;
    memmove(tree->path + from + size, tree->path + to, rest);
    memcpy(tree->path + from, text, size);
    return 0;
}

/* The symbolic link at [from, to) of tree->path becomes what it leads to. */
static int link_expand(struct tree *tree, struct inode *link, size_t from, size_t to)
{
    int64_t length = link->ops->read_link != NULL ? link->ops->read_link(link, tree->target) : -EINVAL;

    if (length < 0)
        return (int)length;
    return splice(tree, tree->target[0] == '/' ? 0 : from, to, tree->target, (size_t)length);
}

/* The ".." at [from, to) goes, and with it the part before it, which is no symbolic link. */
static int parent_expand(struct tree *tree, size_t from, size_t to)
{
    bool is_found = false;

    while (from > 0 && !is_found) {
        while (from > 0 && tree->path[from - 1] == '/')
            from--;
        size_t end = from;
        while (from > 0 && tree->path[from - 1] != '/')
            from--;
        is_found = !is_dot(&tree->path[from], end - from);
    }
    return splice(tree, from, to, "", 0);
}

/* One way along tree->path. 0; 1: a link in it has been replaced, or 2: a ".."; -errno. */
static int walk_once(struct tree *tree, struct inode **out)
{
    const char *end = tree->path + strlen(tree->path);
    struct inode *at = tree->root, *next;
    size_t length;
    int error = 0;

    inode_get(at);
    for (char *part = tree->path; part < end && error == 0; part += length + (part + length < end)) {
        size_t from = (size_t)(part - tree->path);

        length = part_length(part, end);
        if (is_dot(part, length))
            continue;
        if (is_dotdot(part, length)) {
            error = parent_expand(tree, from, from + length);
            error = error != 0 ? error : 2;
            break;
        }
        error = at->ops->lookup != NULL ? at->ops->lookup(at, part, length, &next) : -ENOTDIR;
        if (error != 0)
            break;
        inode_put(at);
        at = next;
        if (S_ISLNK(at->mode)) {
            error = link_expand(tree, at, from, from + length);
            error = error != 0 ? error : 1;
        } else if (!S_ISDIR(at->mode)) {
            error = -ENOTDIR;
        }
    }
    if (error != 0)
        inode_put(at);
    else
        *out = at;
    return error;
}

/* The directory by the name of `length` bytes. */
static int walk(struct tree *tree, const char *name, size_t length, struct inode **out)
{
    int error = 1;

    memcpy(tree->path, name, length);
    tree->path[length] = 0;
    for (unsigned links = 0; error > 0 && links <= LINKS_MAX; links += error == 1)
        error = walk_once(tree, out);
    return error > 0 ? -ELOOP : error;
}

/* The same; the last one is remembered. Borrowed. */
static int dir_find(struct tree *tree, const char *name, size_t length, struct inode **out)
{
    int error = 0;

    if (tree->dir == NULL || tree->is_stale || tree->dir_length != length ||
        memcmp(tree->dir_path, name, length) != 0) {
        inode_put(tree->dir);
        tree->dir = NULL;
        tree->is_stale = false;
        error = walk(tree, name, length, &tree->dir);
        memcpy(tree->dir_path, name, length);
        tree->dir_length = length;
    }
    if (error != 0)
        tree->dir = NULL;
    *out = tree->dir;
    return error;
}

/* ---- making files ---- */

static int attributes_set(struct inode *inode, const struct cpio_entry *entry)
{
    struct attr_change change = {.which = ATTR_MODE | ATTR_ATIME | ATTR_MTIME, .mode = entry->mode & 07777};
    int error = 0;

    change.uid = entry->uid != UINT32_MAX ? entry->uid : inode->uid;
    change.gid = entry->gid != UINT32_MAX ? entry->gid : inode->gid;
    change.which |= ATTR_UID | ATTR_GID;
    change.atime = change.mtime = entry->mtime * NS_PER_S;
    if (inode->ops->set_attr != NULL)
        error = inode->ops->set_attr(inode, &change);
    if (error != 0)
        return error;
    inode->mode = (inode->mode & S_IFMT) | change.mode;
    inode->uid = change.uid;
    inode->gid = change.gid;
    inode->atime = change.atime;
    inode->mtime = change.mtime;
    return 0;
}

/* -ENOSPC or -ENOMEM: nothing else is in the way of a file in memory. */
static int data_write(struct inode *inode, const struct cpio_entry *entry)
{
    struct iter_segment segment = {(uintptr_t)entry->data, entry->size};
    struct file file = {.inode = inode, .flags = O_WRONLY | O_LARGEFILE};
    struct iter iter;
    uint64_t pos = 0;
    int64_t done = 0;

    iter_init(&iter, &segment, 1, false);
    while (iter.left != 0 && done >= 0) {
        done = file_ops_regular.write(&file, &iter, &pos);
        if (done == 0)
            done = -ENOMEM;
    }
    if (done >= 0)
        return 0;
    return done == -ENOSPC ? -ENOSPC : -ENOMEM;
}

/* What is there by that name makes way, unless it is what the entry is to be: then it is in *out. */
static int make_way(struct tree *tree, struct inode *dir, const char *name, size_t length,
                    const struct cpio_entry *entry, bool is_link, struct inode **out)
{
    struct inode *there;
    int error = dir->ops->lookup(dir, name, length, &there);

    *out = NULL;
    if (error != 0)
        return error == -ENOENT ? 0 : error;
    bool is_same = (there->mode & S_IFMT) == (entry->mode & S_IFMT) && !is_link;
    if (is_same && S_ISDIR(there->mode)) {
        *out = there;
        return 0;
    }
    if (is_same && S_ISREG(there->mode)) {
        error = vfs_truncate(there, 0);
        if (error == 0)
            *out = there;
        else
            inode_put(there);
        return error;
    }
    tree->is_stale = true;
    error = dir->ops->unlink != NULL ? dir->ops->unlink(dir, name, length, there) : -EPERM;
    inode_put(there);
    return error;
}

static int make(struct inode *dir, const char *name, size_t length, const struct cpio_entry *entry, struct inode **out)
{
    if (S_ISLNK(entry->mode))
        return dir->ops->symlink != NULL ? dir->ops->symlink(dir, name, length, entry->data, out) : -EPERM;
    return dir->ops->create != NULL ? dir->ops->create(dir, name, length, entry->mode, entry->rdev, out) : -EPERM;
}

static int link_make(struct inode *dir, const char *name, size_t length, struct inode *first)
{
    if (dir->ops->link == NULL)
        return -EPERM;
    if (first->links == 0) /* another entry has taken its place */
        return -ENOENT;
    int error = dir->ops->link(dir, name, length, first);
    if (error == 0)
        first->links++;
    return error;
}

/* Makes the entry by that name of the directory, or finds it there. *out: with a reference. */
static int place(struct tree *tree, struct inode *dir, const char *name, size_t length, const struct cpio_entry *entry,
                 struct inode *first, struct inode **out)
{
    int error = make_way(tree, dir, name, length, entry, first != NULL, out);

    if (error != 0 || *out != NULL)
        return error;
    if (first == NULL)
        return make(dir, name, length, entry, out);
    error = link_make(dir, name, length, first);
    if (error != 0)
        return error;
    inode_get(first);
    *out = first;
    return entry->size != 0 ? vfs_truncate(first, 0) : 0;
}

/* The name's last part, past its trailing slashes; 0: it has none, it is the root's. */
static size_t last_part(const char *name, size_t *length)
{
    size_t end = strlen(name), start;

    for (;;) {
        while (end > 0 && name[end - 1] == '/')
            end--;
        start = end;
        while (start > 0 && name[start - 1] != '/')
            start--;
        *length = end - start;
        if (*length == 0 || !is_dot(name + start, *length))
            return start;
        end = start;
    }
}

static int tree_add(void *arg, const struct cpio_entry *entry, struct inode *first, struct inode **out)
{
    struct inode *dir, *inode;
    struct tree *tree = arg;
    size_t length, start = last_part(entry->name, &length);
    int error;

    if (length == 0)
        return S_ISDIR(entry->mode) ? attributes_set(tree->root, entry) : -EISDIR;
    error = dir_find(tree, entry->name, start, &dir);
    if (error != 0)
        return error;
    int64_t atime = dir->atime, mtime = dir->mtime; /* are the archive's, too, if it has the directory */
    error = place(tree, dir, entry->name + start, length, entry, first, &inode);
    if (error == 0) {
        if (entry->size != 0 && S_ISREG(entry->mode))
            error = data_write(inode, entry);
        if (error == 0)
            error = attributes_set(inode, entry);
        if (error == 0 && out != NULL) {
            inode_get(inode);
            *out = inode;
        }
        inode_put(inode);
    }
    dir->atime = atime;
    dir->mtime = mtime;
    return error;
}

static void tree_put(void *arg, struct inode *inode)
{
    (void)arg;
    inode_put(inode);
}

static void give_below(struct tree *tree, paddr_t end)
{
    end &= ~PAGE_MASK;
    if (end > tree->given)
        page_give(tree->given, end);
    if (end > tree->given)
        tree->given = end;
}

static void tree_done(void *arg, uint64_t size_of_done)
{
    struct tree *tree = arg;

    if (tree->start + size_of_done >= tree->given + GIVE_BYTES)
        give_below(tree, tree->start + size_of_done);
}

/* ---- all of it ---- */

static void explain(const struct inode *root, const struct cpio_result *result, char *why, size_t why_size)
{
    struct vfs_statfs st = {0};
    uint64_t bytes;

    switch (result->error) {
    case -EINVAL:
        snprintf(why, why_size, "the archive is damaged at byte %lu%s%s: %s", (unsigned long)result->at,
                 result->name[0] != 0 ? ", entry " : "", result->name, result->why);
        break;
    case -ENOSPC:
        root->fs->ops->statfs(root->fs, &st);
        if (st.files != 0 && st.files_free == 0) {
            snprintf(
                why, why_size,
                "the root file system has as many files as the memory allows, %lu, at entry %s; give the guest more "
                "with --memory",
                (unsigned long)st.files, result->name);
            break;
        }
        bytes = st.blocks * st.block_size;
        snprintf(why, why_size,
                 "the root file system of %lu %ciB is full at entry %s; make it larger with --root-size, or --memory",
                 (unsigned long)(bytes >> (bytes < 1 << 20 ? 10 : 20)), bytes < 1 << 20 ? 'K' : 'M', result->name);
        break;
    default:
        snprintf(why, why_size, "there is not enough memory at entry %s; give the guest more with --memory",
                 result->name);
    }
}

int initramfs_unpack(struct inode *root, paddr_t start, paddr_t end, char *why, size_t why_size)
{
    static const struct cpio_ops ops = {.add = tree_add, .put = tree_put, .done = tree_done};
    struct tree *tree = kmalloc(sizeof(*tree));
    struct cpio_result result = {.error = -ENOMEM};

    if (tree == NULL) {
        page_give(start, page_up(end));
    } else {
        tree->root = root;
        tree->start = tree->given = start;
        cpio_unpack(phys_to_virt(start), end - start, &ops, tree, &result);
        give_below(tree, end + PAGE_MASK);
        inode_put(tree->dir);
        kfree(tree);
    }
    if (result.left_out != 0)
        log_error("--initrd: %lu of %lu entries could not be made; the first of them is %s: error %d",
                  (unsigned long)result.left_out, (unsigned long)result.entries, result.left_out_name,
                  -result.left_out_error);
    if (result.error != 0)
        explain(root, &result, why, why_size);
    else
        log_info("initrd: %lu entries, %lu bytes", (unsigned long)result.entries, (unsigned long)(end - start));
    return result.error;
}
