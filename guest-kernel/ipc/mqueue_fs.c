/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mqueue_fs.c - see mqueue_fs.h. It is a tmpfs with other files. What mq_open asks a new queue to be is found by the
 * thread that makes it, since a file system's `create` is told of permissions alone.
 */
#include "ipc/mqueue_fs.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/clock.h"
#include "core/pid.h"
#include "core/thread.h"
#include "core/wait.h"
#include "fs/diskless.h"
#include "fs/tmpfs.h"
#include "ipc/mqueue.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "vfs/mount_hidden.h"
#include "vfs/path.h"

#define MQUEUE_MAGIC 0x19800202
#define MQUEUE_SIZE 80u /* of each file, on Linux, whatever it reads as */
#define ALIGNMENT 16u

struct request { /* of a thread in mqueue_open, on its stack */
    struct request *next;
    const struct thread *thread;
    int64_t messages, size;
};

static struct request *requests;
static struct mount *hidden; /* a reference; NULL: nobody has asked for a queue yet */

/* Behind its inode, where tmpfs has a symbolic link's text. */
static struct mqueue *queue_of(const struct inode *inode)
{
    uintptr_t at = (uintptr_t)tmpfs_inode_of(inode)->text;

    return (struct mqueue *)((at + ALIGNMENT - 1) &
                             ~(uintptr_t)(ALIGNMENT - 1)); /* NOLINT(performance-no-int-to-ptr) */
}

/* ---- open queues ---- */

static int64_t queue_read(struct file *file, struct iter *iter, uint64_t *pos)
{
    const struct mqueue *queue = queue_of(file->inode);
    bool is_told = queue->notify_owner != NULL;
    char text[MQUEUE_SIZE];
    int length = snprintf(text, sizeof(text), "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
                          (unsigned long)queue->bytes, is_told ? queue->notify : 0,
                          is_told && queue->notify == SIGEV_SIGNAL ? queue->notify_signal : 0,
                          is_told ? queue->notify_owner->number : 0);

    if ((size_t)length >= sizeof(text))
        length = sizeof(text) - 1;
    if (*pos >= (uint64_t)length)
        return 0;
    int64_t done = iter_fill(iter, text + *pos, (uint64_t)length - *pos);
    if (done > 0)
        *pos += (uint64_t)done;
    file->inode->atime = file->inode->ctime = (int64_t)clock_realtime_ns();
    return done;
}

static uint32_t queue_poll(struct file *file, struct poll_table *table)
{
    struct mqueue *queue = queue_of(file->inode);

    poll_hook(table, &queue->polled);
    return (queue->count != 0 ? POLLIN | POLLRDNORM : 0u) |
           (queue->count < queue->messages_most ? POLLOUT | POLLWRNORM : 0u);
}

static void queue_flush(struct file *file)
{
    mqueue_notify_end(queue_of(file->inode));
}

static const struct file_ops queue_ops = {
    .read = queue_read, .poll = queue_poll, .flush = queue_flush, .seekable = true};

struct mqueue *mqueue_of_file(const struct file *file)
{
    return file->ops == &queue_ops ? queue_of(file->inode) : NULL;
}

static int inode_open(struct inode *inode, struct file *file)
{
    (void)inode;
    file->ops = &queue_ops;
    return 0;
}

/* Who polls an open queue holds its file, so that nobody does. */
static void inode_release(struct inode *inode)
{
    mqueue_fini(queue_of(inode));
    tmpfs_release(inode);
}

static int inode_truncate_nothing(struct inode *inode, uint64_t size)
{
    (void)inode, (void)size;
    return 0;
}

static const struct inode_ops queue_inode_ops = {
    .open = inode_open, .truncate = inode_truncate_nothing, .blocks = tmpfs_blocks, .release = inode_release};

/* ---- the directory: tmpfs's, but for what is made in it ---- */

static struct inode_ops dir_ops;

static const struct request *request_find(void)
{
    const struct request *request = requests;

    while (request != NULL && request->thread != current_thread())
        request = request->next;
    return request;
}

static int dir_create(struct inode *dir, const char *name, size_t length, uint32_t mode, uint64_t rdev,
                      struct inode **out)
{
    static const struct inode_ops unmade_ops = {.release = tmpfs_release};
    const struct request *request = request_find();
    struct tmpfs_inode *ti;
    int error;

    (void)rdev;
    if (!S_ISREG(mode))
        return -EPERM;
    error = tmpfs_inode_create(dir->fs, dir, &unmade_ops, mode, sizeof(struct mqueue) + ALIGNMENT, &ti);
    if (error != 0)
        return error;
    error = mqueue_init(queue_of(&ti->inode), request != NULL ? request->messages : MQUEUE_DEFAULT,
                        request != NULL ? request->size : MQUEUE_DEFAULT);
    if (error == 0) {
        ti->inode.ops = &queue_inode_ops;
        ti->inode.size = MQUEUE_SIZE;
        error = tmpfs_name_add(dir, name, length, &ti->inode);
    }
    if (error != 0) {
        inode_put(&ti->inode);
        return error;
    }
    *out = &ti->inode;
    inode_get(*out);
    return 0;
}

/* ---- the file system ---- */

static struct filesystem_ops fs_ops;

static void fs_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    (void)fs;
    *out = (struct vfs_statfs){.type = MQUEUE_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_MAX};
}

static int mqueue_mount(struct blk_device *dev, const char *options, struct filesystem **out)
{
    int error = tmpfs_type.mount(dev, "size=0,nr_inodes=0,mode=1777,uid=0,gid=0", out);

    (void)options;
    if (error != 0)
        return error;
    fs_ops = *(*out)->ops;
    fs_ops.statfs = fs_statfs;
    fs_ops.show_options = NULL;
    fs_ops.reconfigure = NULL;
    (*out)->ops = &fs_ops;
    dir_ops = (struct inode_ops){.lookup = tmpfs_dir_ops.lookup,
                                 .create = dir_create,
                                 .unlink = tmpfs_dir_ops.unlink,
                                 .read_dir = tmpfs_dir_ops.read_dir,
                                 .release = tmpfs_dir_ops.release};
    (*out)->root->ops = &dir_ops;
    return 0;
}

/* Made by whoever is the first to want it. That may wait: then another may have been quicker, whose is kept. */
static int hidden_make(void)
{
    struct mount *mount;
    int error;

    if (hidden != NULL)
        return 0;
    error = mount_hidden(&mqueue_type, &mount);
    if (error != 0)
        return error;
    if (hidden == NULL)
        hidden = mount;
    else
        mount_put(mount);
    return 0;
}

static int mqueue_get(const char *options, struct filesystem **out)
{
    int error = options != NULL && options[0] != 0 ? -EINVAL : hidden_make();

    if (error == 0)
        *out = hidden->fs;
    return error;
}

const struct fs_type mqueue_type = {.name = "mqueue", .mount = mqueue_mount, .get = mqueue_get};

void mqueue_end(void)
{
    if (hidden != NULL)
        mount_put(hidden);
    hidden = NULL;
}

/* ---- names ---- */

/* As a last component is looked up: 0 or -errno. */
static int name_check(const char *name)
{
    size_t length = strlen(name);

    if (length == 0)
        return -ENOENT;
    if (strchr(name, '/') != NULL || name_is_dot(name, length) || name_is_dotdot(name, length))
        return -EACCES;
    return length > NAME_MAX ? -ENAMETOOLONG : hidden_make();
}

int mqueue_open(const char *name, uint32_t flags, uint32_t mode, int64_t messages, int64_t size, struct file **out)
{
    struct request request = {NULL, current_thread(), messages, size}, **link = &requests;
    int error = name_check(name);

    if (error != 0)
        return error;
    const struct path root = {hidden, hidden->root};
    request.next = requests;
    requests = &request;
    error = vfs_open(&root, name, flags, mode, out);
    while (*link != &request) /* others may have come meanwhile */
        link = &(*link)->next;
    *link = request.next;
    return error;
}

int mqueue_unlink(const char *name)
{
    int error = name_check(name);

    if (error != 0)
        return error;
    const struct path root = {hidden, hidden->root};
    return vfs_unlink(&root, name, false);
}
