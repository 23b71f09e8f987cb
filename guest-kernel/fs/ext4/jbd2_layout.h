/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_layout.h - what the journal of ext3 and ext4 looks like on the disk (the kernel's
 * Documentation/filesystems/ext4/journal.rst).
 *
 * The journal is a row of blocks as large as the file system's. Block 0 is its superblock. From s_first on comes the
 * log, a ring, in which one transaction lies after the other:
 *
 *     [revoke blocks] [descriptor, data, data ...] [descriptor, data ...] commit block
 *
 * A descriptor says by a tag for each of the blocks behind it where that belongs in the file system. A revoke block
 * lists blocks of which no older copy in the log may be used any more. Only with its commit block is a transaction
 * there. Every number is big-endian, other than all else in ext4.
 */
#ifndef GK_FS_EXT4_JBD2_LAYOUT_H
#define GK_FS_EXT4_JBD2_LAYOUT_H

#include <stdint.h>

#include "lib/string.h"

/* Numbers as they are on the disk: bytes, so that none is used without being turned. */
struct be16 {
    uint8_t bytes[2];
};
struct be32 {
    uint8_t bytes[4];
};
struct be64 {
    uint8_t bytes[8];
};

static inline uint32_t be16_get(const struct be16 *number)
{
    return (uint32_t)number->bytes[0] << 8 | number->bytes[1];
}

static inline uint32_t be32_get(const struct be32 *number)
{
    uint32_t value;

    memcpy(&value, number, sizeof(value));
    return __builtin_bswap32(value);
}

static inline uint64_t be64_get(const struct be64 *number)
{
    uint64_t value;

    memcpy(&value, number, sizeof(value));
    return __builtin_bswap64(value);
}

static inline void be16_put(struct be16 *number, uint32_t value)
{
    number->bytes[0] = (uint8_t)(value >> 8);
    number->bytes[1] = (uint8_t)value;
}

static inline void be32_put(struct be32 *number, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(number, &value, sizeof(value));
}

static inline void be64_put(struct be64 *number, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(number, &value, sizeof(value));
}

#define JBD2_MAGIC 0xc03b3998u

enum jbd2_block_type {
    JBD2_DESCRIPTOR = 1,
    JBD2_COMMIT = 2,
    JBD2_SUPER_V1 = 3,
    JBD2_SUPER_V2 = 4,
    JBD2_REVOKE = 5,
};

/* Each block of the log begins with this, but for the data behind a descriptor. */
struct jbd2_header {
    struct be32 magic;
    struct be32 type;
    struct be32 sequence; /* of the transaction */
};

/* The first 1,024 bytes of block 0. What comes after `error` is there in version 2 only. */
struct jbd2_super {
    struct jbd2_header header;
    struct be32 block_size;
    struct be32 length;   /* blocks of the journal, with this one */
    struct be32 first;    /* block of the log */
    struct be32 sequence; /* of the first transaction in the log */
    struct be32 start;    /* its first block; 0: the log is empty, and nothing is to be replayed */
    struct be32 error;    /* why the journal was given up: a negative errno, or 0 */
    struct be32 compat;
    struct be32 incompat;
    struct be32 ro_compat;
    uint8_t uuid[16];
    struct be32 user_count;
    struct be32 dynamic_super;
    struct be32 transaction_max;
    struct be32 transaction_data_max;
    uint8_t checksum_type;
    uint8_t padding[3];
    struct be32 fast_commit_blocks; /* at the end of the journal; 0: as many as usual */
    struct be32 head;
    struct be32 more_padding[40];
    struct be32 checksum; /* CRC-32C of these 1,024 bytes, with 0 here */
    uint8_t users[16 * 48];
};
_Static_assert(sizeof(struct jbd2_super) == 1024, "the journal's superblock");

#define JBD2_COMPAT_CHECKSUM 1u /* the commit block has a CRC-32 of all the transaction */

#define JBD2_INCOMPAT_REVOKE 1u
#define JBD2_INCOMPAT_64BIT 2u
#define JBD2_INCOMPAT_ASYNC_COMMIT 4u /* the commit block may arrive before what it commits */
#define JBD2_INCOMPAT_CSUM_V2 8u
#define JBD2_INCOMPAT_CSUM_V3 16u
#define JBD2_INCOMPAT_FAST_COMMIT 32u

#define JBD2_CRC32 1u /* checksum types: of a commit block */
#define JBD2_CRC32_SIZE 4u
#define JBD2_CRC32C 4u /* of a superblock */

#define JBD2_FAST_COMMIT_BLOCKS 256u /* where the superblock doesn't say */
#define JBD2_LENGTH_MIN 1024u        /* blocks that a journal has at least, to be written to */

/* What a tag says of its block. */
#define JBD2_TAG_ESCAPED 1u   /* it begins with JBD2_MAGIC, instead of which 0 is in the log */
#define JBD2_TAG_SAME_UUID 2u /* no UUID follows the tag */
#define JBD2_TAG_DELETED 4u
#define JBD2_TAG_LAST 8u

/*
 * A tag in a descriptor, and which of its bytes are there:
 *
 *     without checksums       block, checksum (unused), flags                 8 bytes
 *     and 64bit               and block_high                                 12
 *     csum_v2                 as these two, and 2 bytes of nothing       10 or 14
 *     csum_v3                 struct jbd2_tag_v3, with or without 64bit      16
 *
 * After a tag without JBD2_TAG_SAME_UUID come 16 bytes of UUID. Flags are at the same place in all of them.
 */
struct jbd2_tag_v2 {
    struct be32 block;
    struct be16 checksum; /* lower half of the CRC-32C */
    struct be16 flags;
    struct be32 block_high;
};
struct jbd2_tag_v3 {
    struct be32 block;
    struct be32 flags;
    struct be32 block_high;
    struct be32 checksum; /* CRC-32C of UUID, sequence number and the block as it is in the log */
};
#define JBD2_UUID_SIZE 16u

/* With csum_v2 and csum_v3: the last bytes of descriptors and revoke blocks. */
struct jbd2_tail {
    struct be32 checksum; /* CRC-32C of UUID and block, with 0 here */
};

struct jbd2_revoke_header {
    struct jbd2_header header;
    struct be32 size; /* bytes used, with this header. Block numbers follow, of 4 bytes, or with 64bit of 8 */
};

struct jbd2_commit {
    struct jbd2_header header;
    uint8_t checksum_type;
    uint8_t checksum_size;
    uint8_t padding[2];
    struct be32 checksum[8]; /* only the first is used: of the transaction (compat checksum), or as a tail's */
    struct be64 seconds;
    struct be32 nanoseconds;
};
_Static_assert(sizeof(struct jbd2_commit) == 60, "a commit block");

/* The beginning of the area for fast commits, whose numbers are little-endian, as they are ext4's. */
struct jbd2_fast_head {
    uint8_t tag[2]; /* JBD2_FAST_TAG_HEAD */
    uint8_t length[2];
    uint8_t features[4];
    uint8_t sequence[4];
};
#define JBD2_FAST_TAG_HEAD 0x0009u

#endif
