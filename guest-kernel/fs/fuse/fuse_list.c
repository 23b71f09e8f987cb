/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_list.c - listings of directories of the host.
 *
 * The server has one listing open for a directory; a reader who begins anew has it opened anew, as the server may have
 * taken down what there was when it was opened. It is closed at its end.
 *
 * Positions are the server's, or its disk's: ext4's, which are hashes, have a bit more than there is room for here
 * (vfs/readdir.c). So of great ones two bits are left out, and what a reader was told last is remembered as it was. Who
 * comes back to another one may see a name again, of billions.
 */
#include "abi/errno.h"
#include "fs/fuse/fuse.h"
#include "fs/fuse/reply.h"
#include "lib/name.h"
#include "mm/kmalloc.h"
#include "vfs/path.h"

#define LIST_SIZE (32u << 10) /* bytes of a listing that are asked for at once */
#define POS_GREAT (1ull << 61)
#define EMPTY_MOST 64u /* replies in a row of which nothing is for the reader */

/* Bytes from `pos` on, in memory that the server doesn't have. 0: the end; or -errno. */
static int64_t listing_get(struct inode *dir, uint64_t handle, uint64_t pos, char *to)
{
    struct fuse_transfer_in in = {.handle = handle, .offset = pos, .size = LIST_SIZE};
    struct fuse_message *message = fuse_message(fuse_connection_of(dir), FUSE_READDIR, dir->key, &in, sizeof(in));
    int64_t got = -ENOMEM;

    if (message != NULL && fuse_message_room(message, LIST_SIZE, true) == 0) {
        fuse_message_send(message, 0);
        fuse_connection_kick(message->connection);
        got = fuse_message_wait(&message, NULL, 0, 0, LIST_SIZE);
    }
    if (got > 0)
        fuse_message_copy_out(message, to, (size_t)got);
    fuse_message_end(message);
    return got;
}

static uint64_t pos_told(uint64_t pos)
{
    return pos < POS_GREAT ? pos : POS_GREAT + (((pos & INT64_MAX) - POS_GREAT) >> 2);
}

static uint64_t pos_meant(const struct fuse_node *node, uint64_t told)
{
    if (told == pos_told(node->listed))
        return node->listed;
    return told < POS_GREAT ? told : POS_GREAT + ((told - POS_GREAT) << 2);
}

/* Tells the names of one listing. 1: the reader has had enough, 0: there may be more, or -EIO. */
static int listing_tell(const char *listing, size_t size, uint64_t *pos, dir_emit *emit, void *arg, bool *any)
{
    struct fuse_name name;
    size_t at = 0;
    int error;

    while ((error = fuse_name_next(listing, size, &at, &name)) == 1) {
        bool is_dots = name_is_dot(name.name, name.length) || name_is_dotdot(name.name, name.length);
        if (!is_dots && !emit(arg, name.name, name.length, name.ino, name.type, pos_told(name.next)))
            return 1;
        *any = *any || !is_dots;
        *pos = name.next;
    }
    return error;
}

static int listing_read(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg, char *room)
{
    struct fuse_node *node = fuse_node_of(dir);
    unsigned empty = 0;
    uint64_t handle;

    if (pos == 0)
        fuse_handle_put(node, FUSE_LISTING);
    pos = pos_meant(node, pos);
    int error = fuse_handle_get(node, FUSE_LISTING, &handle);
    while (error == 0) {
        int64_t got = listing_get(dir, handle, pos, room);
        bool any = false;
        if (got == 0)
            fuse_handle_put(node, FUSE_LISTING);
        if (got <= 0)
            return (int)got;
        error = listing_tell(room, (size_t)got, &pos, emit, arg, &any);
        node->listed = pos;
        empty = any ? 0 : empty + 1;
        if (error == 0 && empty == EMPTY_MOST)
            error = -EIO;
    }
    return error == 1 ? 0 : error;
}

int fuse_read_dir(struct inode *dir, uint64_t pos, dir_emit *emit, void *arg)
{
    char *room = kmalloc(LIST_SIZE);

    if (room == NULL)
        return -ENOMEM;
    int error = listing_read(dir, pos, emit, arg, room);
    kfree(room);
    return error;
}
