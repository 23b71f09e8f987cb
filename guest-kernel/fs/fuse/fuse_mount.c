/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_mount.c - file systems of the host (type "virtiofs"): mounting, figures, the end. A server has one, however
 * often it is mounted. */
#include "fs/fuse/fuse_news.h"
#include "fs/fuse/fuse_type.h"

#include "abi/errno.h"
#include "core/log.h"
#include "fs/fuse/fuse_dax.h"
#include "fs/fuse/fuse_told.h"
#include "fs/fuse/reply.h"
#include "lib/string.h"
#include "mm/kmalloc.h"
#include "vfs/pagecache.h"
#include "vfs/volume.h"

#define FUSE_MAGIC 0x65735546u
#define SERVER_PAGE 4096u /* what init_out.pages_most counts */
#define PAGES_WITHOUT 32u /* of a server that doesn't say how many there may be */
#define READ_AHEAD (1u << 20)
#define FLAGS                                                                                                          \
    (FUSE_ASYNC_READ | FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS | FUSE_BIG_WRITES | FUSE_DONT_MASK | FUSE_AUTO_INVAL_DATA | \
     FUSE_MAX_PAGES | FUSE_INIT_EXT)

static struct fuse_fs *own_of(struct filesystem *fs)
{
    return container_of(fs, struct fuse_fs, fs);
}

/* ---- while it is there ---- */

static int fuse_fs_sync(struct filesystem *fs, bool all)
{
    struct fuse_fs *own = own_of(fs);

    fuse_port_settle(own->connection.port);
    if (!all && own->connection.port->silent_ns >= fuse_patience_ns()) /* the flusher, which has more to do */
        return -EIO;
    bool entered = volume_enter(fs);
    int error = writeback_inodes(fs, S_IFREG);
    volume_leave(fs, entered);
    fuse_forget(own, true);
    fuse_connection_kick(&own->connection);
    return error;
}

static void fuse_statfs_at(struct inode *inode, struct vfs_statfs *out)
{
    struct fuse_statfs_out got;
    struct fuse_message *message = fuse_message(fuse_connection_of(inode), FUSE_STATFS, inode->key, NULL, 0);

    out->type = FUSE_MAGIC;
    out->block_size = PAGE_SIZE;
    out->name_max = NAME_MAX;
    if (message != NULL && fuse_call(&message, &got, sizeof(got), sizeof(got)) >= 0) {
        out->block_size = got.block_size != 0 ? got.block_size : PAGE_SIZE;
        out->blocks = got.blocks;
        out->blocks_free = got.blocks_free;
        out->blocks_kept = got.blocks_free > got.blocks_available ? got.blocks_free - got.blocks_available : 0;
        out->files = got.files;
        out->files_free = got.files_free;
        out->name_max = got.name_most;
    }
    fuse_message_end(message);
}

static void fuse_statfs(struct filesystem *fs, struct vfs_statfs *out)
{
    fuse_statfs_at(fs->root, out);
}

/* ---- the end ---- */

static void session_free(struct fuse_connection *connection)
{
    fuse_connection_end(connection);
    connection->port->busy = false;
    struct fuse_fs *own = container_of(connection, struct fuse_fs, connection);
    kfree(own->events);
    kfree(own->rest.bytes);
    fuse_dax_end(own);
    kfree(own);
}

/* Ends the session. Who is killed doesn't wait for what the server still has of ours: that goes when it comes back. */
static void session_end(struct fuse_fs *own, bool has_begun)
{
    struct fuse_port *port = own->connection.port;
    struct fuse_message *message = NULL;

    port->fs = NULL;                 /* nobody mounts it meanwhile, as it is busy */
    while (own->forgotten != NULL) { /* the end makes the server forget all of them */
        struct fuse_node *node = own->forgotten;
        own->forgotten = node->next;
        fuse_node_free(node);
    }
    if (has_begun)
        message = fuse_message(&own->connection, FUSE_DESTROY, 0, NULL, 0);
    if (message != NULL)
        (void)fuse_call(&message, NULL, 0, 0);
    fuse_message_end(message);
    if (fuse_connection_settle(&own->connection))
        session_free(&own->connection);
    else
        own->connection.drained = session_free;
}

static void fuse_unmount(struct filesystem *fs)
{
    session_end(own_of(fs), true);
}

static const struct filesystem_ops fuse_fs_ops = {.sync = fuse_fs_sync,
                                                  .statfs = fuse_statfs,
                                                  .statfs_at = fuse_statfs_at,
                                                  .watched = fuse_news_wanted,
                                                  .unmount = fuse_unmount};

/* ---- the beginning ---- */

/* What can be done with a node of that type. */
static const struct inode_ops *ops_of(uint32_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return &fuse_file_ops;
    case S_IFDIR:
        return &fuse_dir_ops;
    case S_IFLNK:
        return &fuse_link_ops;
    default:
        return &fuse_special_ops;
    }
}

static unsigned pages_most(const struct fuse_init_out *init, unsigned segments)
{
    uint32_t pages = init->flags & FUSE_MAX_PAGES ? init->pages_most : PAGES_WITHOUT;
    uint64_t bytes = (uint64_t)pages * SERVER_PAGE;

    if (bytes > init->write_most)
        bytes = init->write_most;
    uint64_t most = bytes >> PAGE_SHIFT;
    return most < segments - 2 ? (unsigned)most : segments - 2;
}

/* 0, or -errno: -EPROTO: it speaks another language. */
static int session_begin(struct fuse_connection *connection)
{
    struct fuse_init_in in = {.major = FUSE_MAJOR,
                              .minor = FUSE_MINOR,
                              .read_ahead_most = READ_AHEAD,
                              .flags = FLAGS | (connection->port->shown.size != 0 ? FUSE_MAP_ALIGNMENT : 0),
                              .more_flags = FUSE_CREATE_SUPP_GROUP};
    struct fuse_init_out out;
    struct fuse_message *message = fuse_message(connection, FUSE_INIT, 0, &in, sizeof(in));

    if (message == NULL)
        return -ENOMEM;
    int64_t got = fuse_call(&message, &out, sizeof(out), sizeof(out));
    fuse_message_end(message);
    if (got < 0)
        return (int)got;
    if (out.major != FUSE_MAJOR || out.minor < FUSE_MINOR_LEAST) {
        log_error("virtiofs: %s: the server speaks FUSE %u.%u", connection->port->tag, out.major, out.minor);
        return -EPROTO;
    }
    fuse_dax_begin(container_of(connection, struct fuse_fs, connection), &out);
    connection->has_records = out.flags & FUSE_POSIX_LOCKS;
    connection->has_wholes = out.flags & FUSE_FLOCK_LOCKS;
    connection->has_groups = (out.flags & FUSE_INIT_EXT) && (out.more_flags & FUSE_CREATE_SUPP_GROUP);
    connection->pages_most = pages_most(&out, connection->port->segments_max);
    return connection->pages_most != 0 ? 0 : -EPROTO;
}

static int root_make(struct fuse_fs *own)
{
    struct fuse_getattr_in in = {0};
    struct fuse_attr_out out;
    struct fuse_message *message = fuse_message(&own->connection, FUSE_GETATTR, FUSE_ROOT, &in, sizeof(in));

    if (message == NULL)
        return -ENOMEM;
    int64_t got = fuse_call(&message, &out, sizeof(out), sizeof(out));
    int error = got < 0 ? (int)got : fuse_attr_check(&out.attr);
    fuse_message_end(message);
    if (error == 0 && !S_ISDIR(out.attr.mode))
        error = -EIO;
    struct fuse_node *node = error == 0 ? fuse_node_create(own, FUSE_ROOT, &out.attr) : NULL;
    if (error == 0 && node == NULL)
        error = -ENOMEM;
    if (error == 0)
        own->fs.root = &node->inode;
    return error;
}

static int fuse_mount_from(const char *source, const char *options, struct filesystem **out)
{
    struct fuse_port *port = fuse_port_find(source);

    (void)options;
    if (port == NULL)
        return -EINVAL; /* as on Linux */
    if (port->busy)
        fuse_port_settle(port); /* the end of the one before */
    if (port->busy)
        return -EBUSY;
    struct fuse_fs *own = kmalloc(sizeof(*own));
    if (own == NULL)
        return -ENOMEM;
    port->busy = true;
    own->fs.ops = &fuse_fs_ops;
    own->ops_of = ops_of;
    own->fs.names_change = own->fs.stores_names = true;
    own->connection.port = port;
    list_init(&own->connection.away);
    list_init(&own->kept);
    int error = session_begin(&own->connection);
    bool has_begun = error == 0;
    if (error == 0)
        fuse_told_begin(own);
    if (error == 0)
        error = root_make(own);
    if (error != 0) {
        session_end(own, has_begun);
        return error;
    }
    port->fs = &own->fs;
    *out = &own->fs;
    return 0;
}

/* There are none. */
static int fuse_check_options(const char *options)
{
    return options == NULL || *options == 0 ? 0 : -EINVAL;
}

static struct filesystem *fuse_mounted(const char *source)
{
    const struct fuse_port *port = fuse_port_find(source);

    return port != NULL && port->fs != NULL && port->fs->root_dentry != NULL ? port->fs : NULL;
}

const struct fs_type virtiofs_type = {
    .name = "virtiofs", .mount_from = fuse_mount_from, .mounted = fuse_mounted, .check_options = fuse_check_options};
