/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_window.c - FUSE requests about the window in which the guest has files' pages (boot/abi_dax.h). */
#include "vmm/share/fuse_request.h"

#include <errno.h>
#include <string.h>

#include "vmm/share/window.h"

/* What a request costs is bounded by its size; Linux asks for a page's worth of ranges at once. */
#define RANGES_MAX 4096u

void share_fuse_use_window(struct share_fuse *fuse, struct share_window *window)
{
    fuse->window = window;
}

void fuse_window_begin(const struct share_fuse *fuse, const struct fuse_init_in *in, struct fuse_init_out *out)
{
    if (fuse->window == NULL || (in->flags & FUSE_MAP_ALIGNMENT) == 0)
        return;
    out->flags |= FUSE_MAP_ALIGNMENT;
    out->map_alignment = share_window_alignment();
}

void fuse_window_end(const struct share_fuse *fuse)
{
    if (fuse->window != NULL)
        share_window_reset(fuse->window);
}

ssize_t fuse_setupmapping(struct fuse_request *request)
{
    if (request->fuse->window == NULL)
        return -ENOSYS;
    return share_window_map(request->fuse->window, request->header.nodeid, request->in);
}

/* Behind the number of ranges they aren't aligned. */
ssize_t fuse_removemapping(struct fuse_request *request)
{
    const struct fuse_removemapping_in *in = request->in;
    const uint32_t count = in->count;
    struct fuse_removemapping_one one;
    int error = 0;

    if (request->fuse->window == NULL)
        return -ENOSYS;
    if (count == 0 || count > RANGES_MAX || (request->in_size - sizeof(*in)) / sizeof(one) < count)
        return -EINVAL;
    for (uint32_t i = 0; i < count && error == 0; i++) {
        memcpy(&one, (const char *)(in + 1) + i * sizeof(one), sizeof(one));
        error = share_window_unmap(request->fuse->window, one.moffset, one.len);
    }
    return error;
}
