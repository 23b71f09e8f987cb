/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fuzz.c - a hostile ext2, ext3 or ext4 file system is mounted read-only and walked, and all of it is read.
 *
 * The input is as ext4_image.h says.
 */
// sources: guest-kernel/vfs/pagewait.c guest-kernel/lib/crc*.c
// sources: guest-kernel/fs/ext4/*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c guest-kernel/vfs/pagecache.c guest-kernel/vfs/pageindex.c
// sources: guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c guest-kernel/vfs/path_print.c
// sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c guest-kernel/vfs/readdir.c
// sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c guest-kernel/vfs/sparse.c
// sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/ext4_registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: tests/unit/guest-kernel/disk.c
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "tests/fuzz/ext4_image.h"
#include "tests/unit/guest-kernel/files.h"
#include "tests/unit/guest-kernel/stubs.h"
#include "vfs/blk.h"
#include "vfs/inode_xattr.h"

#define DEPTH_MAX 6u
#define FILES_MAX 300u
#define NAMES_MAX 64u
#define EXTENTS_MAX 200u

struct names {
    char name[NAMES_MAX][NAME_MAX + 1];
    unsigned count;
};

static bool collect(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    struct names *names = arg;

    (void)ino, (void)type, (void)next_pos;
    if (names->count == NAMES_MAX)
        return false;
    if (length == 0 || length > NAME_MAX || memchr(name, '/', length) != NULL || memchr(name, 0, length) != NULL)
        abort();
    memcpy(names->name[names->count], name, length);
    names->name[names->count++][length] = '\0';
    return true;
}

/* FIEMAP's walk: each step begins no later than asked, and ends behind that. */
static void walk_extents(struct inode *inode, bool attributes)
{
    uint64_t pos = 0, end = inode->ops->size_most(inode);
    struct file_extent extent;

    for (unsigned n = 0; n < EXTENTS_MAX && pos < end; n++) {
        if (inode->ops->find_extent(inode, pos, end, attributes, &extent) != 0 || extent.size == 0)
            return;
        if (extent.pos > pos || extent.size > UINT64_MAX - extent.pos || extent.pos + extent.size <= pos)
            abort();
        pos = extent.pos + extent.size;
    }
}

static void use_inode(struct inode *inode)
{
    static char bytes[66000];
    struct blk_extent extent;

    if (S_ISREG(inode->mode) || S_ISDIR(inode->mode)) {
        walk_extents(inode, false);
        walk_extents(inode, true);
    }
    if (S_ISREG(inode->mode)) {
        inode_read(inode, 0, bytes, sizeof(bytes));
        if (inode->size > sizeof(bytes))
            inode_read(inode, inode->size - 5000, bytes, 5000);
        inode->ops->seek_data(inode, 0, true);
        inode->ops->seek_data(inode, inode->size / 2, false);
        inode->ops->map(inode, false, 4096, 100000, &extent);
    } else if (S_ISLNK(inode->mode)) {
        inode->ops->read_link(inode, bytes);
    }
    int64_t size = vfs_list_xattr(inode, bytes, 2000);
    for (int64_t at = 0; at < size; at += (int64_t)strnlen(bytes + at, (size_t)(size - at)) + 1) {
        static char value[66000];
        bytes[1999] = 0;
        vfs_get_xattr(inode, bytes + at, value, sizeof(value));
    }
}

static void visit(const struct path *dir, unsigned depth, unsigned *files);

static void visit_entry(const struct path *dir, const char *name, unsigned depth, unsigned *files)
{
    struct path path;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "dev") == 0 || ++*files > FILES_MAX)
        return;
    if (path_lookup(dir, name, LOOKUP_NOFOLLOW, &path) != 0)
        return;
    use_inode(path_inode(&path));
    if (S_ISDIR(path_inode(&path)->mode))
        visit(&path, depth + 1, files);
    path_put(&path);
}

static void visit(const struct path *dir, unsigned depth, unsigned *files)
{
    struct names *names = calloc(1, sizeof(*names));
    struct file *file;

    if (depth < DEPTH_MAX && vfs_open_path(dir, O_RDONLY | O_DIRECTORY, &file) == 0) {
        do {
            names->count = 0;
            if (file_read_dir(file, collect, names) != 0)
                break;
            for (unsigned i = 0; i < names->count; i++)
                visit_entry(dir, names->name[i], depth, files);
        } while (names->count != 0 && *files < FILES_MAX);
        file_put(file);
    }
    free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stub_disk disk = {.bytes = image, .size = sizeof(image)};
    struct vfs_statfs st;
    struct inode *inode;
    unsigned files = 0;

    stub_quiet = true;
    image_fill(data, size);
    if (vfs_mount_root(stub_disk_open(&disk, true)) == 0) {
        visit(vfs_root(), 0, &files);
        if (vfs_lookup(vfs_root(), "/dir/no such name", 0, &inode) == 0)
            inode_put(inode);
        vfs_root()->mount->fs->ops->statfs(vfs_root()->mount->fs, &st);
        if (vfs_unmount_all() == -EBUSY)
            abort();
    }
    if (stub_pages_used != 0 || stub_kmallocs != 0 || disk.writes != 0)
        abort();
    return 0;
}
