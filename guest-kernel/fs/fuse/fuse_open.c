/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_open.c - what the server has open of a node: one handle to read, one to write, one to append and two to list,
 * whoever has the file open here; rights are looked at here. A file that is created comes with its handle, as it may
 * not be writable any more when it is opened by its node.
 */
#include "abi/errno.h"
#include "core/thread.h"
#include "fs/fuse/fuse_told.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

static bool is_of_dir(enum fuse_handle_kind kind)
{
    return kind == FUSE_LISTING || kind == FUSE_LEARNING;
}

/* flags: O_RDWR: the server needn't tell of that (boot/abi_share.h). */
static void release(struct fuse_connection *connection, uint64_t node, enum fuse_handle_kind kind, uint64_t number,
                    uint32_t flags)
{
    struct fuse_release_in in = {.handle = number, .flags = flags};

    fuse_message_owe(connection, is_of_dir(kind) ? FUSE_RELEASEDIR : FUSE_RELEASE, node, &in, sizeof(in));
}

void fuse_handle_drop(struct fuse_connection *connection, uint64_t node, enum fuse_handle_kind kind, uint64_t number)
{
    release(connection, node, kind, number, 0);
}

/* It was opened for somebody who is gone. */
static void open_orphaned(struct fuse_message *message)
{
    struct fuse_open_out opened;

    memcpy(&opened, message->reply, sizeof(opened));
    if (message->request.written >= sizeof(message->out) + sizeof(opened) && message->out.error == 0)
        fuse_handle_drop(message->connection, message->in.node,
                         message->in.opcode == FUSE_OPENDIR ? FUSE_LISTING : FUSE_READING, opened.handle);
}

int fuse_handle_open(struct fuse_node *node, enum fuse_handle_kind kind, uint32_t flags, struct fuse_handle *out)
{
    struct fuse_open_in in = {.flags = flags};
    struct fuse_open_out opened;
    struct fuse_message *message =
        fuse_node_message(&node->inode, is_of_dir(kind) ? FUSE_OPENDIR : FUSE_OPEN, &in, sizeof(in));

    if (message == NULL)
        return -ENOMEM;
    message->orphaned = open_orphaned;
    int64_t got = fuse_call(&message, &opened, sizeof(opened), sizeof(opened));
    fuse_message_end(message);
    if (got < 0)
        return fuse_doubt(fuse_fs_of(&node->inode), (int)got);
    *out = (struct fuse_handle){true, (flags & O_ACCMODE) != O_WRONLY, opened.handle};
    return 0;
}

static int handle_open_writing(struct fuse_node *node, struct fuse_handle *out)
{
    int error = fuse_handle_open(node, FUSE_WRITING, O_RDWR, out);

    return error == -EACCES || error == -EPERM ? fuse_handle_open(node, FUSE_WRITING, O_WRONLY, out) : error;
}

/* As that kind needs it. */
static int handle_open_as(struct fuse_node *node, enum fuse_handle_kind kind, struct fuse_handle *out)
{
    switch (kind) {
    case FUSE_WRITING:
        return handle_open_writing(node, out);
    case FUSE_APPENDING:
        return fuse_handle_open(node, kind, O_WRONLY | O_APPEND, out);
    default:
        return fuse_handle_open(node, kind, O_RDONLY, out);
    }
}

static void handle_close(struct fuse_node *node, enum fuse_handle_kind kind, const struct fuse_handle *handle)
{
    const bool writes = kind == FUSE_WRITING || kind == FUSE_APPENDING;

    if (writes) {
        fuse_node_changed(node);
        node->is_modified = node->is_modified || fuse_fs_of(&node->inode)->is_told;
    }
    release(fuse_connection_of(&node->inode), node->inode.key, kind, handle->number, writes ? O_RDWR : 0);
}

void fuse_handle_put(struct fuse_node *node, enum fuse_handle_kind kind)
{
    if (!fuse_handle_is_open(node, kind))
        return;
    struct fuse_handle handle = node->open[kind];
    node->open[kind].is_open = false;
    handle_close(node, kind, &handle);
}

void fuse_handles_close(struct fuse_node *node)
{
    for (unsigned kind = 0; kind < FUSE_HANDLES; kind++)
        fuse_handle_put(node, (enum fuse_handle_kind)kind);
}

/* Most nodes, which a listing has brought, never have one. */
static int handles_begin(struct fuse_node *node)
{
    struct fuse_handle *open = node->open != NULL ? NULL : kmalloc_array(FUSE_HANDLES, sizeof(*open));

    if (node->open != NULL) /* or another was faster, while there was no memory */
        kfree(open);
    else
        node->open = open;
    return node->open != NULL ? 0 : -ENOMEM;
}

int fuse_handle_set(struct fuse_node *node, enum fuse_handle_kind kind, uint64_t number)
{
    int error = handles_begin(node);

    if (error != 0)
        return error;
    fuse_handle_put(node, kind);
    node->open[kind] = (struct fuse_handle){true, true, number};
    return 0;
}

int fuse_handle_get(struct fuse_node *node, enum fuse_handle_kind kind, uint64_t *out)
{
    int error = handles_begin(node);

    if (error != 0)
        return error;
    struct fuse_handle *own = &node->open[kind], opened;
    if (kind == FUSE_READING && !own->is_open && node->open[FUSE_WRITING].is_open && node->open[FUSE_WRITING].reads)
        own = &node->open[FUSE_WRITING];
    if (!own->is_open) {
        error = handle_open_as(node, kind, &opened);
        if (error == 0 && own->is_open) /* another was faster */
            handle_close(node, kind, &opened);
        else if (error == 0)
            *own = opened;
    }
    *out = own->number;
    return error;
}
