/* SPDX-License-Identifier: Apache-2.0 */
/* devfs.c - /dev: a flat directory of the memory devices (mem(4), null(4), random(4)) and of what drivers register. */
#include "abi/errno.h"
#include "core/random.h"
#include "core/wait.h"
#include "lib/string.h"
#include "lib/types.h"
#include "mm/kmalloc.h"
#include "vfs/fstype.h"
#include "vfs/vfs.h"

#define ROOT_NUMBER 1u
#define FIRST_NUMBER 2u
#define TMPFS_MAGIC 0x01021994 /* what Linux's devtmpfs says */
#define RANDOM_CHUNK 256u
#define MAKEDEV(major, minor) ((uint64_t)(major) << 8 | (minor)) /* Linux's encoding, for minors below 256 */

struct devfs_inode {
    struct inode inode;
    const struct devfs_node *node;
};

/* ---- null, zero, full, random ---- */

static int64_t null_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)iter, (void)pos;
    return 0;
}

static int64_t null_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    uint64_t done = iter->left;
    iter->left = 0;
    return (int64_t)done;
}

static __attribute__((noinline, cold)) int64_t zero_long(struct iter *iter)
{
    int64_t done = 0;

    while (iter->left != 0) {
        size_t want = iter->left < WAIT_LOOP_BYTES ? iter->left : WAIT_LOOP_BYTES;
        int64_t moved = iter_zero(iter, want);
        if (moved < 0)
            return done != 0 ? done : moved;
        done += moved;
        if ((size_t)moved < want || (iter->left != 0 && wait_loop_ends(false)))
            break;
    }
    return done;
}

static int64_t zero_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    /* One comparison for both ends: none at all, and too much. */
    return iter->left - 1 >= WAIT_LOOP_BYTES ? zero_long(iter) : iter_zero_all(iter);
}

static int64_t full_write(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    return iter->left != 0 ? -ENOSPC : 0;
}

static int64_t random_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    (void)file, (void)pos;
    unsigned char chunk[RANDOM_CHUNK];
    int64_t done = 0;
    while (iter->left != 0) {
        size_t want = iter->left < sizeof(chunk) ? iter->left : sizeof(chunk);
        random_bytes(chunk, want);
        int64_t moved = iter_fill(iter, chunk, want);
        if (moved < 0)
            return done != 0 ? done : moved;
        done += moved;
        if ((size_t)moved < want || (iter->left != 0 && done % WAIT_LOOP_BYTES == 0 && wait_loop_ends(false)))
            break;
    }
    return done;
}

static const struct file_ops null_ops = {
    .read = null_read, .write = null_write, .splice = SPLICE_WRITE, .seekable = true};
static const struct file_ops zero_ops = {
    .read = zero_read, .write = null_write, .splice = SPLICE_READ | SPLICE_WRITE, .seekable = true, .maps_zeros = true};
static const struct file_ops full_ops = {
    .read = zero_read, .write = full_write, .splice = SPLICE_READ, .seekable = true};
static const struct file_ops random_ops = {
    .read = random_read, .write = null_write, .splice = SPLICE_READ | SPLICE_WRITE, .seekable = true};

#define OPENER(kind)                                               \
    static int kind##_open(struct inode *inode, struct file *file) \
    {                                                              \
        (void)inode;                                               \
        file->ops = &kind##_ops;                                   \
        return 0;                                                  \
    }
OPENER(null)
OPENER(zero)
OPENER(full)
OPENER(random)

static struct devfs_node urandom_node = {"urandom", S_IFCHR | 0666, MAKEDEV(1, 9), random_open, NULL};
static struct devfs_node random_node = {"random", S_IFCHR | 0666, MAKEDEV(1, 8), random_open, &urandom_node};
static struct devfs_node full_node = {"full", S_IFCHR | 0666, MAKEDEV(1, 7), full_open, &random_node};
static struct devfs_node zero_node = {"zero", S_IFCHR | 0666, MAKEDEV(1, 5), zero_open, &full_node};
static struct devfs_node null_node = {"null", S_IFCHR | 0666, MAKEDEV(1, 3), null_open, &zero_node};

static struct devfs_node **nodes_end = &urandom_node.next;

void devfs_register(struct devfs_node *node)
{
    node->next = NULL;
    *nodes_end = node;
    nodes_end = &node->next;
}

/* ---- the directory ---- */

static void devfs_release(struct inode *inode)
{
    kfree(container_of(inode, struct devfs_inode, inode));
}

static int devfs_open(struct inode *inode, struct file *file)
{
    return container_of(inode, struct devfs_inode, inode)->node->open(inode, file);
}

static const struct inode_ops node_ops = {.open = devfs_open, .release = devfs_release};

static int devfs_inode_create(struct filesystem *fs, const struct inode_ops *ops, uint64_t number, uint32_t mode,
                              struct devfs_inode **out)
{
    struct devfs_inode *di = kmalloc(sizeof(*di));

    if (di == NULL)
        return -ENOMEM;
    inode_init(&di->inode, fs, ops, number, mode);
    *out = di;
    return 0;
}

static int devfs_lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    uint64_t number = FIRST_NUMBER;

    for (const struct devfs_node *node = &null_node; node != NULL; node = node->next, number++) {
        struct devfs_inode *di;
        if (strnlen(node->name, length + 1) != length || memcmp(node->name, name, length) != 0)
            continue;
        int error = devfs_inode_create(dir->fs, &node_ops, number, node->mode, &di);
        if (error != 0)
            return error;
        di->node = node;
        di->inode.rdev = node->rdev;
        *out = &di->inode;
        return 0;
    }
    return -ENOENT;
}

static int devfs_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    uint64_t i = 0;

    (void)dir;
    for (const struct devfs_node *node = &null_node; node != NULL; node = node->next, i++) {
        unsigned type = (node->mode & S_IFMT) >> 12; /* DT_* is S_IF* without the permissions */
        if (i >= pos && !emit(arg, node->name, strlen(node->name), FIRST_NUMBER + i, type, i + 1))
            break;
    }
    return 0;
}

static const struct inode_ops root_ops = {.lookup = devfs_lookup, .read_dir = devfs_read_dir, .release = devfs_release};

static void devfs_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    (void)fs;
    *out = (struct vfs_statfs){.type = TMPFS_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_MAX};
}

static void devfs_unmount(struct filesystem *fs)
{
    kfree(fs);
}

static const struct filesystem_ops devfs_ops = {.statfs = devfs_statfs, .unmount = devfs_unmount};

static int devfs_mount(struct blk_device *dev, const char *options, struct filesystem **out)
{
    struct filesystem *fs = kmalloc(sizeof(*fs));
    struct devfs_inode *root;

    (void)dev, (void)options;
    if (fs == NULL)
        return -ENOMEM;
    fs->ops = &devfs_ops;
    int error = devfs_inode_create(fs, &root_ops, ROOT_NUMBER, S_IFDIR | 0755, &root);
    if (error != 0) {
        kfree(fs);
        return error;
    }
    fs->root = &root->inode;
    *out = fs;
    return 0;
}

const struct fs_type devfs_type = {"devfs", devfs_mount};
