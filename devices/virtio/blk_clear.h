/* SPDX-License-Identifier: Apache-2.0 */
/* blk_clear.h - requests of a disk's driver that move no data: discards, and zeroes that aren't sent (5.2.6). */
#ifndef LVMM_DEVICES_VIRTIO_BLK_CLEAR_H
#define LVMM_DEVICES_VIRTIO_BLK_CLEAR_H

#include "devices/virtio/blk_engine.h"
#include "devices/virtio/blk_layout.h"
#include "devices/virtio/queue.h"

/* Of a request, which has one segment. Zeroes may have to be written, and then take as long as other data. */
#define BLK_DISCARD_SECTORS_MAX ((128u << 20) / SECTOR_BYTES)
#define BLK_ZEROES_SECTORS_MAX ((32u << 20) / SECTOR_BYTES)
/* So many bytes are given back in the time in which one is moved, or more. */
#define BLK_DISCARD_CHEAPER 64u

/* Fills in the fields that the two features bring. */
void blk_clear_configure(struct blk_config *config);

/* What a chain with such a header asks for: op, offset (bytes) and missing are filled in. The segment is copied once
 * and checked. BLK_S_OK; or what the driver is to be told. */
enum blk_status blk_clear_parse(const struct queue_chain *chain, uint32_t type, uint64_t capacity, struct blk_io *io);

#endif
