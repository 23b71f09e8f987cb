/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jbd2_disk.h - a disk in memory with a file system of mke2fs, whose journal is read and written through struct
 * jbd2_ops. It counts requests, fails where it is told, and keeps a record from which a disk after a power cut is made.
 */
#ifndef TESTS_JBD2_DISK_H
#define TESTS_JBD2_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../stubs.h"
#include "fs/ext4/jbd2.h"

struct jbd2_super;

#define JDISK_FREE_MAX 256u

struct jdisk_event { /* a request */
    enum { JDISK_WRITE, JDISK_FLUSH, JDISK_MARK } kind;
    bool fua;
    uint64_t block; /* of the file system */
    unsigned count;
    uint32_t mark;
    uint8_t *data;
};

struct jdisk {
    struct stub_disk image;
    uint32_t block_size, log_blocks;
    uint64_t blocks;
    uint64_t *log_map;                /* of each block of the journal: where it is */
    uint64_t free_at[JDISK_FREE_MAX]; /* blocks that nobody uses */
    unsigned free_count;

    unsigned reads, writes, flushes, fuas;   /* requests */
    unsigned fail_after;                     /* that many transfers and flushes from now on fail; 0: none does */
    void (*on_write)(enum jbd2_space space); /* before each but reads; others run then. May be NULL */
    bool is_recording;
    struct jdisk_event *events;
    size_t event_count, event_room;

    struct jbd2_ops ops; /* the first three, and now, wait, wake; a test may add others */
};

/* By mke2fs with these options, this many KiB; `more`: what a shell runs then, with the image as $IMAGE. */
#define JDISK_NO_MORE "true"
#define JDISK_NEEDS_RECOVERY "debugfs -w -R 'feature needs_recovery' $IMAGE" /* else e2fsck doesn't replay */
void jdisk_make(struct jdisk *disk, unsigned size_kib, const char *options, const char *more);
/* The same bytes, with no record. */
void jdisk_copy(struct jdisk *to, const struct jdisk *from);
void jdisk_free(struct jdisk *disk);
struct jbd2_setup jdisk_setup(struct jdisk *disk);

uint8_t *jdisk_at(const struct jdisk *disk, uint64_t block);
bool jdisk_is_log(const struct jdisk *disk, uint64_t block);
/* What differs first, but for the journal and ext4's superblock; disk->blocks: nothing. */
uint64_t jdisk_difference(const struct jdisk *a, const struct jdisk *b);
/* The journal's superblock. */
struct jbd2_super *jdisk_super(const struct jdisk *disk);
/* This code's replay; result may be NULL. */
int jdisk_replay(struct jdisk *disk, struct jbd2_recovery *result);
/* e2fsck's replay. Its status. */
int jdisk_e2fsck(struct jdisk *disk);

/* Notes in the record that something has happened. */
void jdisk_mark(struct jdisk *disk, uint32_t mark);
void jdisk_record_clear(struct jdisk *disk);

/* What a power cut leaves of a request. */
enum jdisk_cut {
    JDISK_ALL,  /* all that was written */
    JDISK_NONE, /* nothing since the last flush */
    JDISK_SOME, /* of that some sectors, by chance */
};
/* `to` becomes a disk after the first `count` events of the record of `from` and a cut. `durable`: is as the disk was
 * when the record began, and follows; *done: how far (0 at first). */
void jdisk_cut(struct jdisk *to, struct jdisk *durable, size_t *done, const struct jdisk *from, size_t count,
               enum jdisk_cut how, uint64_t *seed);

/* Numbers by chance, from a seed that isn't 0. */
uint32_t jdisk_random(uint64_t *seed);

#endif
