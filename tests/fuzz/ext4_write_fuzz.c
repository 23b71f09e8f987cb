/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_write_fuzz.c - a hostile ext2, ext3 or ext4 file system is mounted and written to: names, data, attributes,
 * lists of who may do what, in an order that follows from the input, which is as ext4_image.h says.
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
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "abi/fcntl.h"
#include "fs/ext4/ext4_change.h"
#include "tests/fuzz/ext4_image.h"
#include "tests/unit/guest-kernel/files.h"
#include "tests/unit/guest-kernel/stubs.h"
#include "vfs/acl.h"
#include "vfs/inode_attr.h"
#include "vfs/inode_xattr.h"

#define STEPS 60u

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * below >> 32);
}

/* Those that the seeds have, and some that they haven't. */
static const char *any_path(void)
{
    static const char *const paths[] = {
        "/hello",
        "/numbers",
        "/empty",
        "/short",
        "/long",
        "/holes",
        "/dir",
        "/dir/again",
        "/dir/below",
        "/new",
        "/dir/new",
        "/dir/below/new",
        "/other",
        "/dir/other",
        "/sub",
        "/sub/new",
        "/dir/a name that takes some room 7",
        "/dir/another name that takes so much room that a block is full sooner",
    };

    return paths[draw(sizeof(paths) / sizeof(paths[0]))];
}

static const char *any_name(void)
{
    static const char *const names[] = {"user.a",
                                        "user.long",
                                        "user.large",
                                        "trusted.b",
                                        "security.capability",
                                        "security.other",
                                        "user.a-name-that-is-longer-than-others"};

    return names[draw(sizeof(names) / sizeof(names[0]))];
}

static uint64_t any_place(void)
{
    static const uint64_t bounds[] = {100, 2000, 14000, 300000, 70000000};

    return draw((uint32_t)bounds[draw(sizeof(bounds) / sizeof(bounds[0]))]);
}

static const char bytes[8192] = {'b', 'y', 't', 'e', 's'};

/* The text of a symbolic link: some fit in an inode. */
static const char *any_text(void)
{
    static char text[1001];
    size_t length = 1 + draw(draw(2) == 0 ? 80 : sizeof(text) - 1);

    memset(text, 't', length);
    text[length] = 0;
    return text;
}

/* ---- one of each ---- */

static void step_write(const char *path)
{
    static char got[sizeof(bytes)];
    struct file *file;

    if (open_path(path, O_RDWR | (draw(2) == 0 ? O_CREAT : 0u), &file) != 0)
        return;
    put_bytes(file, any_place(), bytes, 1 + draw(sizeof(bytes)));
    if (draw(3) == 0)
        get_bytes(file, any_place(), got, sizeof(got));
    file_put(file);
}

static void step_allocate(const char *path)
{
    static const uint32_t modes[] = {0,
                                     FALLOC_FL_KEEP_SIZE,
                                     FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE,
                                     FALLOC_FL_ZERO_RANGE,
                                     FALLOC_FL_COLLAPSE_RANGE,
                                     FALLOC_FL_INSERT_RANGE};
    struct file *file;

    if (open_path(path, O_RDWR, &file) != 0)
        return;
    int64_t pos = (int64_t)any_place(), size = 1 + (int64_t)draw(40000);
    if (draw(2) == 0) {
        pos &= ~(int64_t)(BLOCK - 1);
        size = (size + BLOCK) & ~(int64_t)(BLOCK - 1);
    }
    (void)file_allocate(file, modes[draw(sizeof(modes) / sizeof(modes[0]))], pos, size);
    file_put(file);
}

static void step_attribute(struct inode *inode)
{
    static char list[4000];

    if (draw(4) == 0)
        (void)vfs_remove_xattr(inode, any_name());
    else
        (void)vfs_set_xattr(inode, any_name(), bytes, draw(draw(3) == 0 ? 1200 : 60), draw(3));
    (void)vfs_get_xattr(inode, any_name(), list, sizeof(list));
    (void)vfs_list_xattr(inode, list, sizeof(list));
}

static void step_list(struct inode *inode)
{
    struct {
        uint32_t version;
        struct acl_entry entry[5];
    } value = {
        2, {{ACL_USER_OBJ, 6, 0}, {ACL_USER, 4, draw(3)}, {ACL_GROUP_OBJ, 4, 0}, {ACL_MASK, 4, 0}, {ACL_OTHER, 0, 0}}};

    if (draw(4) == 0)
        (void)vfs_remove_xattr(inode, XATTR_ACL_DEFAULT);
    else
        (void)vfs_set_xattr(inode, draw(2) == 0 ? XATTR_ACL_ACCESS : XATTR_ACL_DEFAULT, &value, sizeof(value), 0);
}

static void step_inode(const char *path)
{
    struct attr_change change = {.which = ATTR_MODE | ATTR_UID, .mode = draw(01000), .uid = draw(3)};
    struct inode *inode;

    if (vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode) != 0)
        return;
    switch (draw(4)) {
    case 0:
        (void)vfs_set_attr(inode, &change);
        break;
    case 1:
        step_list(inode);
        break;
    default:
        step_attribute(inode);
        break;
    }
    inode_put(inode);
}

static void step_link(const char *path)
{
    struct path from;

    if (path_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &from) != 0)
        return;
    (void)vfs_link(&from, vfs_root(), any_path());
    path_put(&from);
}

static bool count(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    unsigned *names = arg;

    (void)name, (void)length, (void)ino, (void)type, (void)next_pos;
    return ++*names % 7 != 0; /* the listing goes on where it was */
}

static void step_names(const char *path)
{
    struct file *file;
    unsigned names = 0;

    if (open_path(path, O_RDONLY | O_DIRECTORY, &file) != 0)
        return;
    for (unsigned i = 0; i < 20; i++)
        if (file_read_dir(file, count, &names) != 0)
            break;
    file_put(file);
}

static void step(void)
{
    const char *path = any_path();

    switch (draw(14)) {
    case 0:
        (void)vfs_mkdir(vfs_root(), path, 0755);
        break;
    case 1:
        (void)vfs_symlink(vfs_root(), path, any_text());
        break;
    case 2:
        (void)vfs_mknod(vfs_root(), path, S_IFIFO | 0600, 0);
        break;
    case 3:
        step_link(path);
        break;
    case 4:
    case 5:
        (void)vfs_unlink(vfs_root(), path, draw(3) == 0);
        break;
    case 6:
        (void)vfs_rename(vfs_root(), path, vfs_root(), any_path(), draw(4) == 0 ? RENAME_EXCHANGE : 0);
        break;
    case 7:
        (void)truncate_path(path, any_place());
        break;
    case 8:
        step_allocate(path);
        break;
    case 9:
        step_names(draw(2) == 0 ? "/" : path);
        break;
    case 10:
    case 11:
        step_inode(path);
        break;
    default:
        step_write(path);
        break;
    }
    if (draw(20) == 0)
        (void)vfs_sync_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stub_disk disk = {.bytes = image, .size = sizeof(image)};

    stub_quiet = true;
    seed = 1;
    for (size_t i = 0; i < size; i++)
        seed = (seed ^ data[i]) * 16777619u;
    image_fill(data, size);
    if (vfs_mount_root(stub_disk_open(&disk, false)) == 0) {
        for (unsigned i = 0; i < STEPS; i++)
            step();
        (void)vfs_sync_all();
        if (vfs_unmount_all() == -EBUSY)
            abort();
    }
    if (stub_pages_used != 0 || stub_kmallocs != 0)
        abort();
    return 0;
}
