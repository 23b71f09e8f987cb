/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext4_fc_setup.h - a file system that a crash left with fast commits, as Linux writes them: its journal has one
 * transaction, and behind the log lie the records that a test puts there.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_FC_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_FS_EXT4_EXT4_FC_SETUP_H

#include "ext4_journal_setup.h"
#include "fs/ext4/ext4_extent.h"
#include "fs/ext4/ext4_fc.h"
#include "lib/crc.h"

#define BLOCK 1024u

static struct {
    uint64_t place; /* of the area, in bytes of the disk */
    uint32_t blocks, tid;
    uint32_t at;    /* in it: where the next record comes */
    uint32_t start; /* of the fast commit that isn't complete yet */
    uint32_t table; /* bytes of the disk: the inode table of the first group */
    uint32_t inode_size, group_inodes;
    uint64_t free_block; /* some in a row that nobody has */
} area;

static inline uint8_t *area_bytes(uint32_t at)
{
    return disk.bytes + area.place + at;
}

/* An image, mounted, to which one change was made. Ends with area_end. */
static inline void area_begin(const char *options, const char *after)
{
    ext4_image_make(&disk, "24M", options, after);
    mount();
    uint64_t block = mounted()->journal->runs[0].disk;
    unmount();
    struct jbd2_super *super = (struct jbd2_super *)(void *)(disk.bytes + block * BLOCK);
    be32_put(&super->incompat, be32_get(&super->incompat) | JBD2_INCOMPAT_FAST_COMMIT); /* as Linux does */
    mount();
    change(1, 1);
}

/* What was changed is committed to the journal, and that is all. Until then somebody has `user`, whose reference it
 * takes; NULL: nobody. */
static inline void area_end_with(struct inode *user)
{
    ck_assert_int_eq(ext4_commit_all(mounted()), 0);
    const struct ext4_fs *e4 = mounted();
    const struct ext4_journal *journal = e4->journal;
    const struct ext4_journal_run *run = &journal->runs[journal->run_count - 1];
    struct ext4_desc desc;
    ck_assert_int_eq(ext4_group_read(mounted(), 0, &desc), 0);
    ck_assert_uint_lt(journal->jbd2.fast_first, journal->jbd2.length);
    ck_assert_uint_ge(journal->jbd2.fast_first, run->start);
    area.place = (run->disk + (journal->jbd2.fast_first - run->start)) * BLOCK;
    area.blocks = journal->jbd2.length - journal->jbd2.fast_first;
    area.tid = journal->jbd2.next_tid;
    area.table = desc.inode_table_lo * BLOCK;
    area.inode_size = e4->inode_size;
    area.group_inodes = e4->group_inodes;
    area.free_block = ext4_group_first(e4, 1) + e4->group_blocks - 1000;
    area.at = area.start = 0;
    uint8_t *then = malloc(disk.size);
    memcpy(then, disk.bytes, disk.size);
    inode_put(user);
    crash();
    memcpy(disk.bytes, then, disk.size);
    free(then);
}

static inline void area_end(void)
{
    area_end_with(NULL);
}

static inline void area_make(const char *options, const char *after)
{
    area_begin(options, after);
    area_end();
}

/* ---- records ---- */

static inline void put(uint16_t tag, const void *value, size_t length, const void *more, size_t more_length)
{
    struct ext4_fc_tl tl = {tag, (uint16_t)(length + more_length)};
    uint32_t left = BLOCK - area.at % BLOCK;

    if (left < sizeof(tl) + length + more_length) { /* the rest of the block is padding */
        struct ext4_fc_tl pad = {EXT4_FC_PAD, (uint16_t)(left - sizeof(tl))};
        if (left >= sizeof(pad))
            memcpy(area_bytes(area.at), &pad, sizeof(pad));
        area.at += left;
    }
    memcpy(area_bytes(area.at), &tl, sizeof(tl));
    memcpy(area_bytes(area.at) + sizeof(tl), value, length);
    if (more_length != 0)
        memcpy(area_bytes(area.at) + sizeof(tl) + length, more, more_length);
    area.at += (uint32_t)(sizeof(tl) + length + more_length);
}

static inline void put_head(uint32_t tid)
{
    struct ext4_fc_head head = {0, tid};

    put(EXT4_FC_HEAD, &head, sizeof(head), NULL, 0);
}

/* Over all records from `start` on: what is left over at the end of a block isn't one. */
static inline uint32_t sum_of(uint32_t start, uint32_t end)
{
    uint32_t crc = 0;

    for (uint32_t at = start; at < end;) {
        struct ext4_fc_tl tl;
        if (BLOCK - at % BLOCK < sizeof(tl)) {
            at += BLOCK - at % BLOCK;
            continue;
        }
        memcpy(&tl, area_bytes(at), sizeof(tl));
        uint32_t length = (uint32_t)sizeof(tl) + tl.length;
        crc = crc32c(crc, area_bytes(at), at + length < end ? length : end - at);
        at += length;
    }
    return crc;
}

/* The end of a fast commit. */
static inline void put_tail(uint32_t tid)
{
    struct ext4_fc_tail tail = {tid, 0};
    uint32_t left;

    put(EXT4_FC_TAIL, &tail, sizeof(tail), NULL, 0);
    left = (BLOCK - area.at % BLOCK) % BLOCK;
    uint16_t length = (uint16_t)(sizeof(tail) + left);
    memcpy(area_bytes(area.at - (uint32_t)sizeof(tail) - 2), &length, sizeof(length));
    tail.crc = sum_of(area.start, area.at - 4);
    memcpy(area_bytes(area.at - 4), &tail.crc, sizeof(tail.crc));
    area.at += left;
    area.start = area.at;
}

static inline void put_name(uint16_t tag, uint32_t parent, uint32_t number, const char *name)
{
    struct ext4_fc_name who = {parent, number};

    put(tag, &who, sizeof(who), name, strlen(name));
}

static inline void put_range(uint32_t number, uint32_t block, uint64_t disk_block, uint32_t count, bool unwritten)
{
    struct ext4_fc_add_range range = {number, ext4_extent_of(block, disk_block, count, unwritten)};

    put(EXT4_FC_ADD_RANGE, &range, sizeof(range), NULL, 0);
}

static inline void put_hole(uint32_t number, uint32_t block, uint32_t count)
{
    struct ext4_fc_del_range range = {number, block, count};

    put(EXT4_FC_DEL_RANGE, &range, sizeof(range), NULL, 0);
}

/* ---- inodes ---- */

static inline struct ext4_raw_inode inode_on_disk(uint32_t number)
{
    struct ext4_raw_inode raw;

    memcpy(&raw, disk.bytes + area.table + (size_t)(number - 1) * area.inode_size, sizeof(raw));
    return raw;
}

static inline void put_inode(uint32_t number, const struct ext4_raw_inode *raw)
{
    put(EXT4_FC_INODE, &number, sizeof(number), raw, area.inode_size < sizeof(*raw) ? 128 : sizeof(*raw));
}

static inline struct ext4_raw_inode new_inode(uint16_t mode, uint16_t links, uint32_t size)
{
    struct ext4_raw_inode raw = {.mode = mode,
                                 .links_count = links,
                                 .size_lo = size,
                                 .mtime = 1000000000,
                                 .ctime = 1000000000,
                                 .atime = 1000000000,
                                 .crtime = 1000000000,
                                 .generation = 77,
                                 .extra_isize = sizeof(raw) - EXT4_OLD_INODE_SIZE,
                                 .flags = S_ISREG(mode) || S_ISDIR(mode) ? EXT4_EXTENTS_FL : 0};
    return raw;
}

/* ---- what suites have in common ---- */

#define OPTIONS "-t ext4 -b 1024 -I 256 -O fast_commit"
enum { FIRST_FREE = 40 }; /* numbers of inodes from there on are free */

static inline uint32_t number_of(const char *path)
{
    struct inode *inode = inode_at(path);
    uint32_t number = (uint32_t)inode->number;

    inode_put(inode);
    return number;
}

static inline bool exists(const char *path)
{
    struct inode *inode = NULL;
    bool is_there = vfs_lookup(vfs_root(), path, LOOKUP_NOFOLLOW, &inode) == 0;

    inode_put(inode);
    return is_there;
}

static inline void make(void)
{
    area_make(OPTIONS, "");
}

/* Numbers of files 1 .. 3, and what is free, are the same in all images. */
static uint32_t file_number[4];

static inline void numbers_find(void)
{
    ext4_image_make(&disk, "24M", OPTIONS, "");
    mount();
    for (unsigned n = 1; n < 4; n++) {
        char path[32];
        snprintf(path, sizeof(path), "/file-%u", n);
        file_number[n] = number_of(path);
        ck_assert_uint_lt(file_number[n], FIRST_FREE);
    }
    unmount();
    teardown();
}

#endif
