/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c - what tells a file of the host from all others; see nodes.h. */
#include <sys/stat.h>

#include "vmm/share/nodes.h"

uint64_t node_dev(const struct statx *st)
{
    return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

void node_identify(const struct statx *st, struct share_identity *out)
{
    bool born = st->stx_mask & STATX_BTIME;

    *out = (struct share_identity){.dev = node_dev(st),
                                   .ino = st->stx_ino,
                                   .mount = st->stx_mnt_id,
                                   .born_s = born ? st->stx_btime.tv_sec : 0,
                                   .born_ns = born ? st->stx_btime.tv_nsec : 0,
                                   .type = st->stx_mode & S_IFMT};
}

bool node_is_same(const struct share_identity *a, const struct share_identity *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->mount == b->mount && a->born_s == b->born_s &&
           a->born_ns == b->born_ns && a->type == b->type;
}
