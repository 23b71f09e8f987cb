/* SPDX-License-Identifier: Apache-2.0 */
/* blk_clear.c - see blk_clear.h. */
#include "devices/virtio/blk_clear.h"

#include "devices/virtio/iov.h"

void blk_clear_configure(struct blk_config *config)
{
    config->discard_sectors_max = BLK_DISCARD_SECTORS_MAX;
    config->discard_segments_max = 1;
    config->discard_alignment = 1;
    config->zeroes_sectors_max = BLK_ZEROES_SECTORS_MAX;
    config->zeroes_segments_max = 1;
    config->zeroes_may_unmap = 1;
}

/* 5.2.6.2: flags that aren't known, and the one that a discard can't have, are unsupported rather than wrong. */
enum blk_status blk_clear_parse(const struct queue_chain *chain, uint32_t type, uint64_t capacity, struct blk_io *io)
{
    bool discard = type == BLK_T_DISCARD;
    uint32_t most = discard ? BLK_DISCARD_SECTORS_MAX : BLK_ZEROES_SECTORS_MAX;
    struct blk_segment segment;

    if (chain->readable_bytes > sizeof(struct blk_header) + sizeof(segment))
        return BLK_S_UNSUPP; /* more of them than we said */
    if (iov_read(chain->iov, chain->readable, sizeof(struct blk_header), &segment, sizeof(segment)) < sizeof(segment))
        return BLK_S_IOERR;
    if ((segment.flags & ~(discard ? 0u : BLK_SEGMENT_UNMAP)) != 0)
        return BLK_S_UNSUPP;
    if (segment.sectors > most || segment.sector > capacity || segment.sectors > capacity - segment.sector)
        return BLK_S_IOERR;
    io->op = discard ? BLK_OP_DISCARD : segment.flags != 0 ? BLK_OP_UNMAP : BLK_OP_ZERO;
    io->offset = segment.sector * SECTOR_BYTES;
    io->missing = (uint64_t)segment.sectors * SECTOR_BYTES;
    io->iov_count = 0;
    return BLK_S_OK;
}
