/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_events.c - tells the guest what others have changed (boot/abi_share.h). Its request for that waits here, and is
 * answered as soon as there is something; meanwhile the host's kernel keeps what happens.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>

#include "devices/virtio/iov.h"
#include "vmm/share/fuse_request.h"

#define OF_FILE (IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE)

/* Answers what waits. */
static void events_answer(struct share_fuse *fuse, int error, size_t size)
{
    struct fuse_events_wait *wait = &fuse->events;
    const struct fuse_out_header header = {
        .len = (uint32_t)(sizeof(header) + size), .error = error, .unique = wait->unique};

    wait->is_there = false;
    iov_write(wait->iov, wait->iov_count, 0, &header, sizeof(header));
    iov_write(wait->iov, wait->iov_count, sizeof(header), fuse->told, size);
    fuse->done(fuse->owner, wait->queue, wait->head, header.len);
}

ssize_t fuse_events(struct fuse_request *request)
{
    struct fuse_events_wait *wait = &request->fuse->events;
    const struct queue_chain *chain = request->chain;

    if (wait->is_there)
        return -EBUSY;
    wait->is_there = true;
    wait->unique = request->header.unique;
    wait->queue = request->queue;
    wait->head = chain->head;
    wait->room = request->room < FUSE_EVENTS_MAX ? request->room : FUSE_EVENTS_MAX;
    wait->iov_count = chain->writable;
    memcpy(wait->iov, chain->iov + chain->readable, chain->writable * sizeof(wait->iov[0]));
    request->waits = true;
    return 0;
}

void share_fuse_tell(struct share_fuse *fuse)
{
    if (!fuse->events.is_there)
        return;
    ssize_t size = share_events(fuse->tree, fuse->told, fuse->events.room);
    if (size != 0)
        events_answer(fuse, size < 0 ? (int)size : 0, size < 0 ? 0 : (size_t)size);
}

ssize_t fuse_watch(struct fuse_request *request)
{
    return share_watch(request->tree, request->header.nodeid);
}

/* Whether the guest takes back by itself what it knew of that (boot/abi_share.h). */
static bool is_quiet(const struct fuse_request *request)
{
    switch (request->header.opcode) {
    case FUSE_SYMLINK:
    case FUSE_MKNOD:
    case FUSE_MKDIR:
    case FUSE_CREATE:
        return true;
    case FUSE_RELEASE:
        return (((const struct fuse_release_in *)request->in)->flags & O_ACCMODE) == O_RDWR;
    case FUSE_SETATTR:
        return !(((const struct fuse_setattr_in *)request->in)->valid & FATTR_SIZE);
    case FUSE_WRITE:
        return !(((const struct fuse_write_in *)request->in)->write_flags & FUSE_WRITE_CACHE);
    default:
        return false;
    }
}

/* What was changed, as the tree is to know of it. */
static void note_change(const struct fuse_request *request, bool quiet)
{
    const uint64_t node = request->header.nodeid;

    switch (request->header.opcode) {
    case FUSE_SYMLINK:
    case FUSE_MKNOD:
    case FUSE_MKDIR:
    case FUSE_LINK:
    case FUSE_CREATE:
        share_own_change(request->tree, node, request->name, IN_CREATE, quiet);
        break;
    case FUSE_UNLINK:
    case FUSE_RMDIR:
        share_own_change(request->tree, node, request->name, IN_DELETE, quiet);
        break;
    case FUSE_RENAME:
    case FUSE_RENAME2: /* which begins as the other does */
        share_own_change(request->tree, node, request->name, IN_MOVE, quiet);
        share_own_change(request->tree, ((const struct fuse_rename_in *)request->in)->newdir, request->name2, IN_MOVE,
                         quiet);
        break;
    case FUSE_COPY_FILE_RANGE:
        share_own_change(request->tree, ((const struct fuse_copy_file_range_in *)request->in)->nodeid_out, NULL,
                         OF_FILE, quiet);
        break;
    case FUSE_SETATTR:
    case FUSE_OPEN: /* with O_TRUNC */
    case FUSE_WRITE:
    case FUSE_RELEASE: /* as the other two: the last to have written closes */
    case FUSE_SETUPMAPPING:
    case FUSE_REMOVEMAPPING:
    case FUSE_FALLOCATE:
    case FUSE_SETXATTR:
    case FUSE_REMOVEXATTR:
        share_own_change(request->tree, node, NULL, OF_FILE, quiet);
        break;
    default:
        break;
    }
}

void fuse_events_own(const struct fuse_request *request)
{
    const bool quiet = is_quiet(request);

    note_change(request, quiet);
    if (!quiet)
        return;
    if (request->header.opcode == FUSE_SETATTR)
        ((struct fuse_attr_out *)request->out)->attr_valid = 0;
    else if (request->name != NULL)
        ((struct fuse_entry_out *)request->out)->attr_valid = 0;
}

void fuse_events_stop(struct share_fuse *fuse)
{
    if (fuse->events.is_there)
        events_answer(fuse, -EINTR, 0);
}
