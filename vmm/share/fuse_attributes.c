/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_attributes.c - FUSE requests about what a file is: attributes, symbolic links, extended attributes. */
#include "vmm/share/fuse_request.h"

#include <errno.h>
#include <string.h>

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

ssize_t fuse_getattr(struct fuse_request *request)
{
    const struct fuse_getattr_in *in = request->in;
    const uint64_t *handle = in->getattr_flags & FUSE_GETATTR_FH ? &in->fh : NULL;
    int error = share_getattr(request->tree, request->header.nodeid, handle, request->out);

    return error != 0 ? error : (ssize_t)sizeof(struct fuse_attr_out);
}

ssize_t fuse_setattr(struct fuse_request *request)
{
    int error = share_setattr(request->tree, request->header.nodeid, request->in, request->out);

    return error != 0 ? error : (ssize_t)sizeof(struct fuse_attr_out);
}

ssize_t fuse_readlink(struct fuse_request *request)
{
    return share_readlink(request->tree, request->header.nodeid, request->out, smaller(request->room, PATH_MAX));
}

ssize_t fuse_statfs(struct fuse_request *request)
{
    int error = share_statfs(request->tree, request->header.nodeid, request->out);

    return error != 0 ? error : (ssize_t)sizeof(struct fuse_statfs_out);
}

ssize_t fuse_setxattr(struct fuse_request *request)
{
    const struct fuse_setxattr_in *in = request->in;

    if (in->size > request->value_size)
        return -EINVAL;
    return share_setxattr(request->tree, request->header.nodeid, request->name, request->value, in->size, in->flags);
}

/* Where the guest asked for the size alone, the answer is a structure. */
static ssize_t sized(const struct fuse_request *request, uint32_t asked, ssize_t result)
{
    struct fuse_getxattr_out *out = request->out;

    if (asked != 0 || result < 0)
        return result;
    *out = (struct fuse_getxattr_out){.size = (uint32_t)result};
    return sizeof(*out);
}

/* How many bytes may be had, of `asked` ones. 0 stays 0. */
static size_t value_room(const struct fuse_request *request, uint32_t asked)
{
    return smaller(asked, smaller(request->room, FUSE_OUT_MAX));
}

/* A guest that says 0 wants a structure, and one that says more has room for that. */
static bool room_is_odd(const struct fuse_request *request, uint32_t asked)
{
    return request->room < (asked == 0 ? sizeof(struct fuse_getxattr_out) : 1);
}

ssize_t fuse_getxattr(struct fuse_request *request)
{
    const struct fuse_getxattr_in *in = request->in;

    if (room_is_odd(request, in->size))
        return -EINVAL;
    return sized(request, in->size,
                 share_getxattr(request->tree, request->header.nodeid, request->name, request->out,
                                value_room(request, in->size)));
}

ssize_t fuse_listxattr(struct fuse_request *request)
{
    const struct fuse_getxattr_in *in = request->in;

    if (room_is_odd(request, in->size))
        return -EINVAL;
    return sized(request, in->size,
                 share_listxattr(request->tree, request->header.nodeid, request->out, value_room(request, in->size)));
}

ssize_t fuse_removexattr(struct fuse_request *request)
{
    return share_removexattr(request->tree, request->header.nodeid, request->name);
}
