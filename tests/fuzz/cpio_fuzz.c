/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpio_fuzz.c - hostile initramfs archives: unpacked into a file system in memory, which then is walked; nothing of the
 * archive is read beyond its end, and all memory comes back.
 *
 * The bytes themselves; and as changes of a good archive, each an offset (2 bytes) and a byte.
 */
// sources: guest-kernel/vfs/pagewait.c
// sources: guest-kernel/fs/fat32*.c guest-kernel/fs/tmpfs*.c guest-kernel/fs/devfs.c guest-kernel/vfs/blk.c
// sources: guest-kernel/vfs/dentry.c guest-kernel/vfs/device.c guest-kernel/vfs/direct.c guest-kernel/vfs/entry.c
// sources: guest-kernel/vfs/acl.c guest-kernel/vfs/atime.c guest-kernel/vfs/notify.c guest-kernel/vfs/watch.c
// sources: guest-kernel/vfs/file.c guest-kernel/vfs/fs_context.c guest-kernel/vfs/inode*.c guest-kernel/vfs/mount.c
// sources: guest-kernel/vfs/mount_ops.c guest-kernel/vfs/mount_group.c guest-kernel/vfs/mount_peers.c
// sources: guest-kernel/vfs/namei.c
// guest-kernel/vfs/pagecache.c sources: guest-kernel/vfs/pageindex.c guest-kernel/vfs/pageio.c guest-kernel/vfs/path.c
// guest-kernel/vfs/path_print.c sources: guest-kernel/vfs/permission.c guest-kernel/vfs/readahead.c
// guest-kernel/vfs/readdir.c sources: guest-kernel/vfs/regular.c guest-kernel/vfs/rename.c guest-kernel/vfs/shrink.c
// guest-kernel/vfs/sparse.c sources: guest-kernel/vfs/writeback.c guest-kernel/mm/iter.c guest-kernel/lib/tree.c
// sources: tests/unit/guest-kernel/registry.c tests/unit/guest-kernel/stubs.c tests/unit/guest-kernel/files.c
// sources: guest-kernel/fs/initramfs.c guest-kernel/fs/cpio.c
#include "fs/initramfs.h"

#include "mm/page.h"
#include "tests/fuzz/input.h"
#include "tests/unit/guest-kernel/fs/cpio_builder.h"
#include "tests/unit/guest-kernel/stubs.h"
#include "fs/diskless.h"
#include "vfs/vfs.h"

#define DEPTH_MAX 40u

static paddr_t given, given_end;

void page_give(paddr_t start, paddr_t end)
{
    must(start == given && end > start && end <= given_end);
    given = end;
}

/* ---- what has become of it ---- */

static bool visit(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos);

struct visit {
    struct inode *dir;
    unsigned depth;
};

static void look(struct inode *inode, unsigned depth)
{
    static char bytes[PATH_MAX];
    struct visit below = {inode, depth + 1};

    if (S_ISDIR(inode->mode) && depth < DEPTH_MAX)
        inode->ops->read_dir(inode, 0, visit, &below);
    else if (S_ISLNK(inode->mode))
        must(inode->ops->read_link(inode, bytes) > 0 && strlen(bytes) < PATH_MAX);
    else if (S_ISREG(inode->mode))
        must(inode_read(inode, 0, bytes, sizeof(bytes)) >= 0);
}

static bool visit(void *arg, const char *name, size_t length, uint64_t ino, unsigned type, uint64_t next_pos)
{
    const struct visit *state = arg;
    struct inode *inode;

    (void)ino, (void)type, (void)next_pos;
    must(length > 0 && length <= NAME_MAX && memchr(name, '/', length) == NULL && memchr(name, 0, length) == NULL);
    must(!(name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'))));
    must(state->dir->ops->lookup(state->dir, name, length, &inode) == 0);
    must(inode->links > 0);
    look(inode, state->depth);
    inode_put(inode);
    return true;
}

static void try(const void *bytes, size_t size)
{
    void *copy; /* of just that size: the sanitizer sees a byte too far */
    struct filesystem *fs;
    char why[384] = "";

    must(posix_memalign(&copy, PAGE_SIZE, size) == 0);
    if (size > 0)
        memcpy(copy, bytes, size);
    must(tmpfs_type.mount(NULL, "size=256k,nr_inodes=300", &fs) == 0);
    given = (uintptr_t)copy;
    given_end = page_up(given + size);
    int error = initramfs_unpack(fs->root, given, given + size, why, sizeof(why));
    must((error != 0) == (why[0] != 0) && given == given_end);
    for (const char *c = why; *c != '\0'; c++)
        must((unsigned char)*c >= ' ' && *c != 0x7f);
    look(fs->root, 0);
    fs->ops->let_go(fs);
    must(fs->root->refs == 1);
    inode_put(fs->root);
    fs->ops->unmount(fs);
    must(stub_pages_used == 0 && stub_kmallocs == 0);
    free(copy);
}

/* Something of each kind. */
static void build(struct cpio_builder *b)
{
    struct cpio_fields f = {.mode = 0100755, .links = 2, .ino = 7, .dev_minor = 1};

    b->size = 0;
    cpio_builder_dir(b, ".");
    cpio_builder_dir(b, "usr");
    cpio_builder_dir(b, "usr/bin");
    cpio_builder_link(b, "bin", "usr/bin");
    cpio_builder_add(b, &f, "bin/one", "", 0);
    cpio_builder_add(b, &f, "bin/two", "data of both", 12);
    cpio_builder_link(b, "up", "usr/../bin/./..");
    cpio_builder_file(b, "up/file", "text");
    cpio_builder_add(b, &(struct cpio_fields){.mode = 020620, .rdev_major = 5, .rdev_minor = 1}, "console", "", 0);
    cpio_builder_add(b, &(struct cpio_fields){.mode = 010644, .links = 2, .ino = 9}, "fifo", "", 0);
    cpio_builder_add(b, &(struct cpio_fields){.mode = 0100600, .magic = '2', .checksum = 'x'}, "sum", "x", 1);
    cpio_builder_end(b);
    cpio_builder_zeros(b, 20);
    cpio_builder_file(b, "usr/bin/one", "again");
    cpio_builder_link(b, "usr/file", "bin");
    cpio_builder_dir(b, "fifo");
    cpio_builder_end(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct cpio_builder b;
    struct input input = {.data = data, .size = size};

    stub_quiet = true;
    try(data, size);
    build(&b);
    if (input_u8(&input) % 4 == 0)
        b.size -= input_u16(&input) % b.size;
    while (input.size >= 3) {
        uint16_t at = input_u16(&input);

        b.bytes[at % b.size] = (char)input_u8(&input);
    }
    try(b.bytes, b.size);
    return 0;
}
