/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devpts.c - the file system of pseudo-terminals, /dev/pts (pts(4)): a node for each as long as its master is open, and
 * ptmx, which makes them when it is opened.
 *
 * Each mount has its own, and its own numbers. /dev/ptmx makes them in the first.
 */
#include "fs/devpts.h"

#include "abi/errno.h"
#include "core/clock.h"
#include "core/thread.h"
#include "drv/pty_master.h"
#include "drv/pty_slave.h"
#include "fs/devpts_options.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "lib/types.h"
#include "mm/kmalloc.h"
#include "vfs/device.h"
#include "vfs/notify.h"
#include "vfs/path.h"

#define DEVPTS_MAGIC 0x1cd1
#define DEVPTS_BLOCK_SIZE 1024u /* Linux's, which statfs(2) doesn't tell */
#define ROOT_NUMBER 1u
#define PTMX_NUMBER 2u
#define FIRST_NUMBER 3u
#define PTMX_RDEV DEVICE_RDEV(5, 2)
#define PTS_MAJOR 136u
#define MINORS (1u << 20)
#define NAME_BYTES 12u

struct devpts {
    struct filesystem fs;
    struct devpts_options options;
    struct inode *ptmx;
    struct node *nodes; /* ascending numbers */
};

struct node { /* of a slave */
    struct inode inode;
    struct pty *pty; /* a reference */
    struct node *next;
};

int devpts_max = 4096;

static struct devpts *first; /* that was mounted */
static uint32_t count;

uint32_t devpts_count(void)
{
    return count;
}

static struct devpts *devpts_of(const struct filesystem *fs)
{
    return container_of(fs, struct devpts, fs);
}

/* ---- nodes ---- */

static void node_release(struct inode *inode)
{
    struct node *node = container_of(inode, struct node, inode);

    pty_put(node->pty);
    kfree(node);
}

static int node_refresh(struct inode *inode)
{
    return inode->links != 0 ? 0 : -ENOENT;
}

static const struct inode_ops node_ops = {.refresh = node_refresh, .release = node_release};

static void inode_begin(struct inode *inode, const struct devpts_options *options)
{
    const struct cred *cred = &current_thread()->cred;

    inode->uid = options->has_uid ? options->uid : cred->user.fs;
    inode->gid = options->has_gid ? options->gid : cred->group.fs;
    inode->atime = inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
}

/* Who watches the directory is told that the node comes or goes. */
static void node_tell(const struct node *node, uint32_t mask)
{
    char name[NAME_BYTES];
    int length = snprintf(name, sizeof(name), "%u", node->pty->number);

    notify_name(node->inode.fs->root, name, (size_t)length, &node->inode, mask);
}

/* Takes the node out of the file system: nobody finds it any more. */
static void node_remove(struct node *node)
{
    struct node **at = &devpts_of(node->inode.fs)->nodes;

    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    count--;
    node->pty->node = NULL;
    node_tell(node, IN_DELETE);
    node->inode.links = 0;
    inode_put(&node->inode);
}

static void pty_closed(struct pty *pty)
{
    if (pty->node != NULL) /* else its file system has gone before it */
        node_remove(pty->node);
}

/* Where the node is seen, for who asks for the file's name; false: nowhere. */
static bool path_find(const struct node *node, struct path *out)
{
    struct mount *mount = mount_next(NULL);
    char name[NAME_BYTES];

    while (mount != NULL && mount->fs != node->inode.fs)
        mount = mount_next(mount);
    if (mount == NULL)
        return false;
    snprintf(name, sizeof(name), "%u", node->pty->number);
    return path_lookup(&(struct path){mount, mount->root}, name, 0, out) == 0;
}

static int pty_open_peer(struct pty *pty, uint32_t flags, struct file **out)
{
    struct node *node = pty->node;
    int error;

    if (node == NULL)
        return -EIO;
    error = file_new(&node->inode, NULL, flags & (O_ACCMODE | O_NONBLOCK | O_NOCTTY), NULL, out);
    if (error != 0)
        return error;
    if (!path_find(node, &(*out)->path))
        (*out)->path = (struct path){0};
    error = pty_attach_slave(pty, *out);
    (*out)->flags &= ~O_NOCTTY;
    if (error != 0)
        file_put(*out);
    return error;
}

static const struct pty_ops pty_ops = {.closed = pty_closed, .open_peer = pty_open_peer};

/* The lowest number that is free, and where its node belongs. */
static uint32_t number_find(struct devpts *devpts, struct node ***place)
{
    uint32_t number = 0;

    *place = &devpts->nodes;
    while (**place != NULL && (**place)->pty->number == number) {
        *place = &(**place)->next;
        number++;
    }
    return number;
}

/* A new pair with its node. *out: borrowed from the node. */
static int node_create(struct devpts *devpts, struct pty **out)
{
    struct node **place, *node;
    uint32_t number = number_find(devpts, &place);
    int error;

    if ((int64_t)count + 1 >= devpts_max || number >= devpts->options.max) /* as Linux counts */
        return -ENOSPC;
    node = kmalloc(sizeof(*node));
    if (node == NULL)
        return -ENOMEM;
    error = pty_create(number, &pty_ops, node, &node->pty);
    if (error != 0) {
        kfree(node);
        return error;
    }
    inode_init(&node->inode, &devpts->fs, &node_ops, FIRST_NUMBER + number, S_IFCHR | devpts->options.mode);
    inode_begin(&node->inode, &devpts->options);
    node->inode.rdev = DEVICE_RDEV(PTS_MAJOR, number);
    node->next = *place;
    *place = node;
    count++;
    node_tell(node, IN_CREATE);
    *out = node->pty;
    return 0;
}

/* ---- the devices ---- */

static const struct filesystem_ops devpts_ops;

static int ptmx_open(struct inode *inode, struct file *file)
{
    struct devpts *devpts = inode->fs != NULL && inode->fs->ops == &devpts_ops ? devpts_of(inode->fs) : first;
    struct pty *pty;
    int error = devpts != NULL ? node_create(devpts, &pty) : -ENODEV;

    if (error == 0)
        pty_attach_master(pty, file);
    return error;
}

static int slave_open(struct inode *inode, struct file *file)
{
    if (inode->ops != &node_ops) /* a node of these numbers elsewhere is nobody's, as on Linux */
        return -EIO;
    return pty_attach_slave(container_of(inode, struct node, inode)->pty, file);
}

static struct device ptmx_device = {.name = "ptmx", .mode = S_IFCHR | 0666, .rdev = PTMX_RDEV, .open = ptmx_open};
static struct device slave_device = {
    .mode = S_IFCHR, .rdev = DEVICE_RDEV(PTS_MAJOR, 0), .more_minors = MINORS - 1, .open = slave_open};

void devpts_register(void)
{
    device_register(&ptmx_device);
    device_register(&slave_device);
}

/* ---- the directory ---- */

/* The number that a name stands for; false: it is no number as one is written. */
static bool number_read(const char *name, size_t length, uint32_t *number)
{
    if (length == 0 || length >= NAME_BYTES - 1 || (name[0] == '0' && length != 1))
        return false;
    *number = 0;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9' || *number >= MINORS)
            return false;
        *number = *number * 10 + (uint32_t)(name[i] - '0');
    }
    return true;
}

static int devpts_lookup(struct inode *dir, const char *name, size_t length, struct inode **out)
{
    struct devpts *devpts = devpts_of(dir->fs);
    uint32_t number;
    struct node *node;

    if (length == 4 && memcmp(name, "ptmx", 4) == 0) {
        *out = devpts->ptmx;
        inode_get(*out);
        return 0;
    }
    if (!number_read(name, length, &number))
        return -ENOENT;
    for (node = devpts->nodes; node != NULL && node->pty->number != number; node = node->next)
        ;
    if (node == NULL)
        return -ENOENT;
    *out = &node->inode;
    inode_get(*out);
    return 0;
}

/* Positions: 0 is ptmx, 1 + N is N. */
static int devpts_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    const struct devpts *devpts = devpts_of(dir->fs);
    const unsigned type = S_IFCHR >> 12; /* DT_CHR */

    if (pos == 0 && !emit(arg, "ptmx", 4, PTMX_NUMBER, type, 1))
        return 0;
    for (const struct node *node = devpts->nodes; node != NULL; node = node->next) {
        uint32_t number = node->pty->number;
        char name[NAME_BYTES];
        int length;

        if (1 + (uint64_t)number < pos)
            continue;
        length = snprintf(name, sizeof(name), "%u", number);
        if (!emit(arg, name, (size_t)length, FIRST_NUMBER + number, type, 2 + (uint64_t)number))
            break;
    }
    return 0;
}

static void inode_free(struct inode *inode)
{
    kfree(inode);
}

static const struct inode_ops root_ops = {.lookup = devpts_lookup, .read_dir = devpts_read_dir, .release = inode_free};
static const struct inode_ops ptmx_ops = {.release = inode_free};

/* ---- the file system ---- */

static void devpts_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    (void)fs;
    *out = (struct vfs_statfs){.type = DEVPTS_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_MAX};
}

/* Masters may still be open, by way of /dev/ptmx: their slaves have no name from now on. */
static void devpts_let_go(struct filesystem *fs)
{
    struct devpts *devpts = devpts_of(fs);

    while (devpts->nodes != NULL)
        node_remove(devpts->nodes);
    inode_put(devpts->ptmx);
    devpts->ptmx = NULL;
    if (first == devpts)
        first = NULL;
}

static void devpts_unmount(struct filesystem *fs)
{
    kfree(devpts_of(fs));
}

/* What isn't given is as it is without options, as on Linux. */
static int devpts_reconfigure(struct filesystem *fs, const char *text)
{
    struct devpts_options options = DEVPTS_OPTIONS;
    int error = devpts_options(text, &options);

    if (error != 0)
        return error;
    devpts_of(fs)->options = options;
    devpts_of(fs)->ptmx->mode = S_IFCHR | options.ptmx_mode;
    return 0;
}

static void devpts_show_options(const struct filesystem *fs, char *buf, size_t size)
{
    const struct devpts_options *options = &container_of(fs, const struct devpts, fs)->options;
    int length = 0;

    if (options->has_uid)
        length += snprintf(buf, size, ",uid=%u", options->uid);
    if (options->has_gid)
        length += snprintf(buf + length, size - (size_t)length, ",gid=%u", options->gid);
    length +=
        snprintf(buf + length, size - (size_t)length, ",mode=%03o,ptmxmode=%03o", options->mode, options->ptmx_mode);
    if (options->max < DEVPTS_MAX_MOST)
        (void)snprintf(buf + length, size - (size_t)length, ",max=%u", options->max);
}

static const struct filesystem_ops devpts_ops = {.statfs = devpts_statfs,
                                                 .reconfigure = devpts_reconfigure,
                                                 .show_options = devpts_show_options,
                                                 .let_go = devpts_let_go,
                                                 .unmount = devpts_unmount};

static struct inode *inode_create(struct devpts *devpts, const struct inode_ops *ops, uint64_t number, uint32_t mode)
{
    struct inode *inode = kmalloc(sizeof(*inode));

    if (inode == NULL)
        return NULL;
    inode_init(inode, &devpts->fs, ops, number, mode);
    inode->atime = inode->mtime = inode->ctime = (int64_t)clock_realtime_ns();
    return inode;
}

static int devpts_mount(struct blk_device *dev, const char *text, struct filesystem **out)
{
    struct devpts_options options = DEVPTS_OPTIONS;
    struct devpts *devpts;
    int error = devpts_options(text, &options);

    (void)dev;
    if (error != 0)
        return error;
    devpts = kmalloc(sizeof(*devpts));
    if (devpts == NULL)
        return -ENOMEM;
    devpts->options = options;
    devpts->fs.ops = &devpts_ops;
    devpts->fs.names_change = true;
    devpts->fs.block_size = DEVPTS_BLOCK_SIZE;
    devpts->fs.root = inode_create(devpts, &root_ops, ROOT_NUMBER, S_IFDIR | 0755);
    devpts->ptmx = inode_create(devpts, &ptmx_ops, PTMX_NUMBER, S_IFCHR | options.ptmx_mode);
    if (devpts->fs.root == NULL || devpts->ptmx == NULL) {
        kfree(devpts->fs.root);
        kfree(devpts->ptmx);
        kfree(devpts);
        return -ENOMEM;
    }
    devpts->fs.root->links = 2;
    devpts->ptmx->rdev = PTMX_RDEV;
    if (first == NULL)
        first = devpts;
    *out = &devpts->fs;
    return 0;
}

static int check_options(const char *text)
{
    struct devpts_options options = DEVPTS_OPTIONS;

    return devpts_options(text, &options);
}

const struct fs_type devpts_type = {.name = "devpts", .mount = devpts_mount, .check_options = check_options};
