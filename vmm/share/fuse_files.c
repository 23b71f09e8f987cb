/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_files.c - FUSE requests about open files and directories. */
#include "vmm/share/fuse_request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "boot/abi_share.h"
#include "devices/virtio/iov.h"

ssize_t fuse_open(struct fuse_request *request)
{
    const struct fuse_open_in *in = request->in;
    int error = share_open(request->tree, request->header.nodeid, in->flags, request->out);

    return error != 0 ? error : (ssize_t)sizeof(struct fuse_open_out);
}

ssize_t fuse_opendir(struct fuse_request *request)
{
    const struct fuse_open_in *in = request->in;
    int error = share_opendir(request->tree, request->header.nodeid, in->flags, request->out);

    return error != 0 ? error : (ssize_t)sizeof(struct fuse_open_out);
}

/* Buffers of the chain, `size` bytes behind the first `skip` ones. They are there. */
struct part {
    struct iovec all[QUEUE_CHAIN_MAX];
    struct iovec *iov;
    unsigned count;
};

static void take_part(struct part *part, const struct iovec *iov, unsigned count, size_t skip, size_t size)
{
    memcpy(part->all, iov, count * sizeof(*iov));
    part->iov = part->all;
    part->count = count;
    iov_skip(&part->iov, &part->count, skip);
    iov_truncate(part->iov, &part->count, size);
}

ssize_t fuse_read(struct fuse_request *request)
{
    const struct fuse_read_in *in = request->in;
    const struct queue_chain *chain = request->chain;
    struct part to;

    if (in->size > request->room || in->size > FUSE_DATA_MAX)
        return -EINVAL;
    take_part(&to, chain->iov + chain->readable, chain->writable, sizeof(struct fuse_out_header), in->size);
    request->direct = true;
    return share_read(request->tree, in->fh, to.iov, to.count, in->offset);
}

ssize_t fuse_write(struct fuse_request *request)
{
    const struct fuse_write_in *in = request->in;
    const struct queue_chain *chain = request->chain;
    const uint32_t before = sizeof(struct fuse_in_header) + sizeof(*in);
    struct fuse_write_out *out = request->out;
    struct part from;

    if (in->size != request->header.len - before || in->size > FUSE_DATA_MAX)
        return -EINVAL;
    take_part(&from, chain->iov, chain->readable, before, in->size);
    ssize_t written = share_write(request->tree, in->fh, from.iov, from.count, in->offset);
    if (written < 0)
        return written;
    *out = (struct fuse_write_out){.size = (uint32_t)written};
    return sizeof(*out);
}

ssize_t fuse_release(struct fuse_request *request)
{
    const struct fuse_release_in *in = request->in;

    if (in->release_flags & FUSE_RELEASE_FLUSH)
        share_flush(request->tree, in->fh, in->lock_owner);
    if (in->release_flags & FUSE_RELEASE_FLOCK_UNLOCK) {
        const struct fuse_lk_in unlock = {.fh = in->fh,
                                          .owner = in->lock_owner,
                                          .lk = {.start = 0, .end = INT64_MAX, .type = F_UNLCK},
                                          .lk_flags = FUSE_LK_FLOCK};

        share_setlk(request->tree, &unlock);
    }
    share_release(request->tree, in->fh);
    request->fuse->locks_change = true;
    return 0;
}

ssize_t fuse_releasedir(struct fuse_request *request)
{
    const struct fuse_release_in *in = request->in;

    share_release(request->tree, in->fh);
    return 0;
}

ssize_t fuse_flush(struct fuse_request *request)
{
    const struct fuse_flush_in *in = request->in;

    request->fuse->locks_change = true;
    return share_flush(request->tree, in->fh, in->lock_owner);
}

ssize_t fuse_fsync(struct fuse_request *request)
{
    const struct fuse_fsync_in *in = request->in;

    return share_fsync(request->tree, in->fh, (in->fsync_flags & FUSE_FSYNC_FDATASYNC) != 0);
}

static ssize_t read_directory(struct fuse_request *request, bool plus)
{
    const struct fuse_read_in *in = request->in;
    uint32_t size = in->size < request->room ? in->size : request->room;

    if (size > FUSE_OUT_MAX)
        size = FUSE_OUT_MAX;
    if (in->fh == LVMM_FUSE_NO_HANDLE && in->offset == 0)
        return share_list(request->tree, request->header.nodeid, plus, request->out, size);
    return share_readdir(request->tree, in->fh, in->offset, plus, request->out, size);
}

ssize_t fuse_readdir(struct fuse_request *request)
{
    return read_directory(request, false);
}

ssize_t fuse_readdirplus(struct fuse_request *request)
{
    return read_directory(request, true);
}

ssize_t fuse_fallocate(struct fuse_request *request)
{
    const struct fuse_fallocate_in *in = request->in;

    return share_fallocate(request->tree, in->fh, in->offset, in->length, in->mode);
}

ssize_t fuse_lseek(struct fuse_request *request)
{
    const struct fuse_lseek_in *in = request->in;
    struct fuse_lseek_out *out = request->out;
    int64_t offset =
        in->offset > INT64_MAX ? -EINVAL : share_lseek(request->tree, in->fh, (int64_t)in->offset, in->whence);

    if (offset < 0)
        return (ssize_t)offset;
    *out = (struct fuse_lseek_out){.offset = (uint64_t)offset};
    return sizeof(*out);
}

/* Who asks for more gets a part, as from copy_file_range(2): others wait meanwhile. */
ssize_t fuse_copy_file_range(struct fuse_request *request)
{
    const struct fuse_copy_file_range_in *in = request->in;
    struct fuse_write_out *out = request->out;
    uint64_t size = in->len < FUSE_DATA_MAX ? in->len : FUSE_DATA_MAX;

    if (in->flags > UINT32_MAX)
        return -EINVAL;
    ssize_t copied =
        share_copy_range(request->tree, in->fh_in, in->off_in, in->fh_out, in->off_out, size, (uint32_t)in->flags);
    if (copied < 0)
        return copied;
    *out = (struct fuse_write_out){.size = (uint32_t)copied};
    return sizeof(*out);
}
