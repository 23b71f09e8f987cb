/* SPDX-License-Identifier: Apache-2.0 */
/* ext4_fc_scan.h - fast commits as they are on the disk, and which of them count. ext4_fc.h has their replay. */
#ifndef GK_FS_EXT4_EXT4_FC_SCAN_H
#define GK_FS_EXT4_EXT4_FC_SCAN_H

#include "fs/ext4/ext4.h"

/* ---- on the disk ---- */

enum ext4_fc_tag {
    EXT4_FC_ADD_RANGE = 1,
    EXT4_FC_DEL_RANGE = 2,
    EXT4_FC_CREAT = 3,
    EXT4_FC_LINK = 4,
    EXT4_FC_UNLINK = 5,
    EXT4_FC_INODE = 6,
    EXT4_FC_PAD = 7,
    EXT4_FC_TAIL = 8,
    EXT4_FC_HEAD = 9,
};

struct ext4_fc_tl { /* before each value */
    uint16_t tag, length;
};

struct ext4_fc_head {
    uint32_t features, tid;
};

struct ext4_fc_tail { /* the rest of the block is part of the value, and of no meaning */
    uint32_t tid, crc;
};

struct ext4_fc_add_range {
    uint32_t number;
    struct ext4_extent extent;
};
_Static_assert(sizeof(struct ext4_fc_add_range) == 16, "ext4 layout, fast commits");

struct ext4_fc_del_range {
    uint32_t number, block, count;
};

struct ext4_fc_name { /* CREAT, LINK, UNLINK: the name follows, up to the value's end */
    uint32_t parent, number;
};

#define EXT4_FC_INODE_AT 4u /* of INODE: its number is before that; then comes the inode, or its beginning */

/* ---- what is found ---- */

struct ext4_fc_scan {
    uint32_t seen;  /* records */
    uint32_t count; /* that are to be replayed: up to the last right TAIL */
    uint32_t crc;   /* since then */
};

struct ext4_fc_record {
    enum ext4_fc_tag tag;
    uint32_t length;
    const uint8_t *value;
};

/* The next block of the area: jbd2_ops.fast_commit. -ECANCELED, -EBADMSG: it begins with what is damaged; -EOPNOTSUPP:
 * it has features that aren't known; -EROFS: the file system has some with which it isn't written. A line tells. */
int ext4_fc_scan_block(struct ext4_fs *e4, struct ext4_fc_scan *scan, const void *data, uint32_t index, uint32_t tid,
                       bool *found);
/* -EROFS, and a line: the file system has features with which it isn't written. */
int ext4_fc_check_features(const struct ext4_fs *e4);
/* The record at *at of a block, and *at: behind it. 1; 0: there is no room for a further one; -EUCLEAN: what is there
 * isn't one. */
int ext4_fc_record_get(const struct ext4_fs *e4, const uint8_t *block, uint32_t *at, struct ext4_fc_record *out);

#endif
