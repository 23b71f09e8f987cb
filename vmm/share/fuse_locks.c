/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_locks.c - FUSE requests about locks. One that isn't free is tried again when the guest gives up any lock, and
 * from time to time, as the host's processes don't tell; who came first is tried first.
 */
#include "vmm/share/fuse_request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

ssize_t fuse_getlk(struct fuse_request *request)
{
    int error = share_getlk(request->tree, request->in, request->out);

    return error != 0 ? error : (ssize_t)sizeof(struct fuse_lk_out);
}

ssize_t fuse_setlk(struct fuse_request *request)
{
    int error = share_setlk(request->tree, request->in);

    if (error == 0)
        request->fuse->locks_change = true; /* not only an unlock: a lock may have become a weaker one */
    return error;
}

/* The guest's memory is written to later, so its place is found now. */
static int wait_add(struct fuse_request *request)
{
    struct share_fuse *fuse = request->fuse;
    const struct queue_chain *chain = request->chain;
    const struct iovec *first = &chain->iov[chain->readable];

    if (chain->writable == 0 || first->iov_len < sizeof(struct fuse_out_header))
        return -EINVAL;
    if (fuse->wait_count == SHARE_FUSE_WAITS_MAX)
        return -ENOLCK;
    struct fuse_wait *wait = &fuse->wait[fuse->wait_count++];
    *wait = (struct fuse_wait){
        .unique = request->header.unique, .queue = request->queue, .head = chain->head, .answer = first->iov_base};
    memcpy(&wait->lock, request->in, sizeof(wait->lock));
    return 0;
}

ssize_t fuse_setlkw(struct fuse_request *request)
{
    const struct fuse_lk_in *in = request->in;
    ssize_t result = fuse_setlk(request);

    if (result != -EAGAIN || in->lk.type == F_UNLCK)
        return result;
    result = wait_add(request);
    request->waits = result == 0;
    return result;
}

/* Answers one, and takes it off the list. What who had the lock has changed the guest is told before. */
static void wait_end(struct share_fuse *fuse, unsigned at, int error)
{
    const struct fuse_wait wait = fuse->wait[at];
    const struct fuse_out_header header = {.len = sizeof(header), .error = error, .unique = wait.unique};

    share_fuse_tell(fuse);
    fuse->wait_count--;
    memmove(&fuse->wait[at], &fuse->wait[at + 1], (fuse->wait_count - at) * sizeof(wait));
    memcpy(wait.answer, &header, sizeof(header));
    fuse->done(fuse->owner, wait.queue, wait.head, sizeof(header));
}

bool share_fuse_waits(const struct share_fuse *fuse)
{
    return fuse->wait_count != 0;
}

void share_fuse_retry(struct share_fuse *fuse)
{
    for (unsigned i = 0; i < fuse->wait_count;) {
        int error = share_setlk(fuse->tree, &fuse->wait[i].lock);

        if (error == -EAGAIN)
            i++;
        else
            wait_end(fuse, i, error);
    }
}

void share_fuse_stop(struct share_fuse *fuse, unsigned queue)
{
    if (fuse->events.queue == queue)
        fuse_events_stop(fuse);
    for (unsigned i = 0; i < fuse->wait_count;) {
        if (fuse->wait[i].queue == queue)
            wait_end(fuse, i, -EINTR);
        else
            i++;
    }
}

/* What isn't there was answered a moment ago, or comes after this: then the guest may ask again. */
ssize_t fuse_interrupt(struct fuse_request *request)
{
    const struct fuse_interrupt_in *in = request->in;
    struct share_fuse *fuse = request->fuse;

    for (unsigned i = 0; i < fuse->wait_count; i++) {
        if (fuse->wait[i].unique == in->unique) {
            wait_end(fuse, i, -EINTR);
            return 0;
        }
    }
    return -EAGAIN;
}
