/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_names.c - FUSE requests about names in directories. */
#include "vmm/share/fuse_request.h"

#include <string.h>

/* What a function that gives an entry has returned, as a handler does. */
static ssize_t entry_result(int error)
{
    return error != 0 ? error : (ssize_t)sizeof(struct fuse_entry_out);
}

ssize_t fuse_lookup(struct fuse_request *request)
{
    return entry_result(share_lookup(request->tree, request->header.nodeid, request->name, request->out));
}

ssize_t fuse_symlink(struct fuse_request *request)
{
    return entry_result(share_symlink(request->tree, &request->caller, request->header.nodeid, request->name,
                                      request->name2, request->out));
}

ssize_t fuse_mknod(struct fuse_request *request)
{
    const struct fuse_mknod_in *in = request->in;

    return entry_result(share_mknod(request->tree, &request->caller, request->header.nodeid, request->name, in->mode,
                                    in->rdev, request->out));
}

ssize_t fuse_mkdir(struct fuse_request *request)
{
    const struct fuse_mkdir_in *in = request->in;

    return entry_result(
        share_mkdir(request->tree, &request->caller, request->header.nodeid, request->name, in->mode, request->out));
}

ssize_t fuse_unlink(struct fuse_request *request)
{
    return share_unlink(request->tree, request->header.nodeid, request->name);
}

ssize_t fuse_rmdir(struct fuse_request *request)
{
    return share_rmdir(request->tree, request->header.nodeid, request->name);
}

ssize_t fuse_rename(struct fuse_request *request)
{
    const struct fuse_rename_in *in = request->in;

    return share_rename(request->tree, request->header.nodeid, request->name, in->newdir, request->name2, 0);
}

ssize_t fuse_rename2(struct fuse_request *request)
{
    const struct fuse_rename2_in *in = request->in;

    return share_rename(request->tree, request->header.nodeid, request->name, in->newdir, request->name2, in->flags);
}

ssize_t fuse_link(struct fuse_request *request)
{
    const struct fuse_link_in *in = request->in;

    return entry_result(share_link(request->tree, in->oldnodeid, request->header.nodeid, request->name, request->out));
}

struct created {
    struct fuse_entry_out entry;
    struct fuse_open_out open;
};

ssize_t fuse_create(struct fuse_request *request)
{
    struct created *out = request->out;

    memset(out, 0, sizeof(*out));
    int error = share_create(request->tree, &request->caller, request->header.nodeid, request->name, request->in,
                             &out->entry, &out->open);
    return error != 0 ? error : (ssize_t)sizeof(*out);
}

ssize_t fuse_tmpfile(struct fuse_request *request)
{
    struct created *out = request->out;

    memset(out, 0, sizeof(*out));
    int error =
        share_tmpfile(request->tree, &request->caller, request->header.nodeid, request->in, &out->entry, &out->open);
    return error != 0 ? error : (ssize_t)sizeof(*out);
}
