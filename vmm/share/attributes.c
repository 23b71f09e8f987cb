/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.c - see attributes.h. */
#include "vmm/share/attributes.h"

#include <string.h>

#define NOBODY 65534u /* an owner that is none of the guest's */

/* A device's number as FUSE has it, in 32 bits. */
static uint32_t device_number(const struct statx *st)
{
    return (st->stx_rdev_minor & 0xff) | st->stx_rdev_major << 8 | (st->stx_rdev_minor & ~0xffu) << 12;
}

void attributes_fill(const struct share_tree *tree, const struct share_node *node, const struct statx *st,
                     struct fuse_attr *out)
{
    bool own = node->share->is.own;

    memset(out, 0, sizeof(*out));
    out->ino = node->ino;
    out->size = st->stx_size;
    out->blocks = st->stx_blocks;
    out->atime = (uint64_t)st->stx_atime.tv_sec;
    out->atimensec = st->stx_atime.tv_nsec;
    out->mtime = (uint64_t)st->stx_mtime.tv_sec;
    out->mtimensec = st->stx_mtime.tv_nsec;
    out->ctime = (uint64_t)st->stx_ctime.tv_sec;
    out->ctimensec = st->stx_ctime.tv_nsec;
    out->mode = st->stx_mode;
    /* How many folders are in a merged one, its layers don't know. */
    out->nlink = node->has[UPPER] && node->has[LOWER] ? 1 : st->stx_nlink;
    out->uid = own ? st->stx_uid : st->stx_uid == tree->uid ? 0 : NOBODY;
    out->gid = own ? st->stx_gid : st->stx_gid == tree->gid ? 0 : NOBODY;
    out->rdev = device_number(st);
    out->blksize = st->stx_blksize;
}

void attributes_of_root(const struct share_tree *tree, struct fuse_attr *out)
{
    memset(out, 0, sizeof(*out));
    out->ino = FUSE_ROOT_ID;
    out->mode = S_IFDIR | 0555;
    out->nlink = 2 + tree->shares_n;
    out->blksize = 4096;
}
