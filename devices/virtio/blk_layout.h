/* SPDX-License-Identifier: Apache-2.0 */
/* blk_layout.h - what a disk and its driver say to each other (virtio 1.2, 5.2), as far as our features go. */
#ifndef LVMM_DEVICES_VIRTIO_BLK_LAYOUT_H
#define LVMM_DEVICES_VIRTIO_BLK_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define SECTOR_BYTES 512u
#define BLK_SERIAL_BYTES 20u /* VIRTIO_BLK_ID_BYTES, 5.2.6 */

/* 5.2.3 */
#define BLK_F_SIZE_MAX (UINT64_C(1) << 1)
#define BLK_F_SEG_MAX (UINT64_C(1) << 2)
#define BLK_F_RO (UINT64_C(1) << 5)
#define BLK_F_BLK_SIZE (UINT64_C(1) << 6)
#define BLK_F_FLUSH (UINT64_C(1) << 9)
#define BLK_F_DISCARD (UINT64_C(1) << 13)
#define BLK_F_WRITE_ZEROES (UINT64_C(1) << 14)

/* 5.2.6 */
enum { BLK_T_IN = 0, BLK_T_OUT = 1, BLK_T_FLUSH = 4, BLK_T_GET_ID = 8, BLK_T_DISCARD = 11, BLK_T_WRITE_ZEROES = 13 };
enum blk_status { BLK_S_OK = 0, BLK_S_IOERR = 1, BLK_S_UNSUPP = 2 };

struct blk_header {
    uint32_t type, reserved;
    uint64_t sector;
};

/* The data of a discard, and of zeroes that aren't sent. */
struct blk_segment {
    uint64_t sector;
    uint32_t sectors, flags;
};
#define BLK_SEGMENT_UNMAP 1u /* of zeroes alone: the room may go back to the host */

/* 5.2.4 */
struct blk_config {
    uint64_t capacity; /* sectors */
    uint32_t size_max, seg_max;
    uint32_t geometry;
    uint32_t blk_size;
    uint32_t topology[2];
    uint8_t writeback, unused0;
    uint16_t queue_count;
    uint32_t discard_sectors_max, discard_segments_max, discard_alignment; /* alignment: sectors */
    uint32_t zeroes_sectors_max, zeroes_segments_max;
    uint8_t zeroes_may_unmap, unused1[3];
} __attribute__((packed));

_Static_assert(offsetof(struct blk_config, discard_sectors_max) == 36, "5.2.4");
_Static_assert(sizeof(struct blk_config) == 60, "5.2.4");

#endif
