/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_session.c - FUSE requests: how a guest begins and ends, and what it forgets. */
#include "vmm/share/fuse_request.h"

#include <errno.h>
#include <string.h>

#define MINOR 31u            /* what is newer than that is asked for by flags */
#define WRITE_MAX (1u << 20) /* bytes */
#define BACKGROUND_MAX 64u   /* requests that nobody waits for, at once */
#define BACKGROUND_BUSY 48u

/* What the tree and these files really do. Attributes and names are good for no time at all, so data is thrown away
 * when the file's time has changed. */
#define FLAGS                                                                                                   \
    ((uint32_t)(FUSE_ASYNC_READ | FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS | FUSE_ATOMIC_O_TRUNC | FUSE_BIG_WRITES | \
                FUSE_AUTO_INVAL_DATA | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO |           \
                FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES | FUSE_INIT_EXT))

/* What a guest had before, its kernel has forgotten. */
static void begin_anew(struct fuse_request *request)
{
    struct share_fuse *fuse = request->fuse;

    fuse_events_stop(fuse);
    if (fuse->started)
        share_tree_reset(fuse->tree);
    fuse_window_end(fuse);
    fuse->started = false;
    fuse->locks_change = true; /* whoever still waits is told that the file isn't open */
}

ssize_t fuse_init(struct fuse_request *request)
{
    const struct fuse_init_in *in = request->in;
    struct fuse_init_out *out = request->out;

    if (in->major < FUSE_KERNEL_VERSION || (in->major == FUSE_KERNEL_VERSION && in->minor < MINOR))
        return -EPROTO;
    begin_anew(request);
    memset(out, 0, sizeof(*out));
    out->major = FUSE_KERNEL_VERSION;
    out->minor = MINOR;
    if (in->major > FUSE_KERNEL_VERSION)
        return sizeof(*out); /* it asks again, by this one */
    out->max_readahead = in->max_readahead;
    out->flags = in->flags & FLAGS;
    if ((in->flags & FUSE_INIT_EXT) && request->in_size >= offsetof(struct fuse_init_in, flags2) + sizeof(in->flags2))
        out->flags2 = in->flags2 & FUSE_FLAGS2_SUPP_GROUP;
    out->max_background = BACKGROUND_MAX;
    out->congestion_threshold = BACKGROUND_BUSY;
    out->max_write = WRITE_MAX;
    out->time_gran = 1;
    out->max_pages = FUSE_PAGES_MAX;
    fuse_window_begin(request->fuse, in, out);
    request->fuse->started = true;
    return sizeof(*out);
}

ssize_t fuse_destroy(struct fuse_request *request)
{
    begin_anew(request);
    return 0;
}

ssize_t fuse_forget(struct fuse_request *request)
{
    const struct fuse_forget_in *in = request->in;

    share_forget(request->tree, request->header.nodeid, in->nlookup);
    return 0;
}

ssize_t fuse_batch_forget(struct fuse_request *request)
{
    const struct fuse_batch_forget_in *in = request->in;
    const struct fuse_forget_one *one = (const void *)(in + 1);
    size_t there = (request->in_size - sizeof(*in)) / sizeof(*one);

    for (size_t i = 0; i < in->count && i < there; i++)
        share_forget(request->tree, one[i].nodeid, one[i].nlookup);
    return 0;
}
