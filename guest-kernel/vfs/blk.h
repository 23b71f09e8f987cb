/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blk.h - block devices, as file systems see them; drivers implement blk_ops.
 *
 * Many requests can be under way at a time. They end in any order, each with a result of its own, within a call of
 * blk_poll or blk_wait, or in an interrupt, which comes only while somebody is in blk_wait. Who waits lets other
 * threads run.
 */
#ifndef GK_VFS_BLK_H
#define GK_VFS_BLK_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/page.h"

struct filesystem;

#define SECTOR_SIZE 512u
#define BLK_SEGMENTS_MAX 64u /* that fit in one request to a device; more make several */

/* What programs are told of disks. */
#define BLK_AHEAD_SECTORS 256u                       /* that Linux reads ahead */
#define BLK_TRANSFER_SECTORS 2560u                   /* in a request */
#define BLK_CLEAR_SECTORS ((1u << 30) / SECTOR_SIZE) /* that are discarded, or made zeroes, at once */

struct blk_segment { /* a stretch of physical memory, a multiple of a sector long */
    paddr_t addr;
    uint32_t size;
};

struct blk_extent { /* a stretch of a disk */
    struct blk_device *dev;
    uint64_t sector, size; /* size in bytes */
};

/* Requests that have ended, whatever came of them; as Linux counts them. */
enum blk_stat_kind { BLK_STAT_READ, BLK_STAT_WRITE, BLK_STAT_DISCARD, BLK_STAT_FLUSH, BLK_STAT_KINDS };
struct blk_stats {
    struct {
        uint64_t requests, sectors, ns; /* ns: as long as they took together, since somebody wants to know */
    } of[BLK_STAT_KINDS];
    uint64_t busy_ns, busy_since_ns; /* some were under way */
    uint32_t under_way;
};

struct blk_device {
    const char *name; /* "vda" */
    uint32_t rdev;    /* its device number (st_rdev); 0: it isn't registered */
    uint64_t sectors;
    bool read_only;
    bool takes_discards, takes_zeroes; /* blk_discard and blk_zero may work */
    const struct blk_ops *ops;
    struct filesystem *fs; /* that is on it, as long as that is known: vfs/mount.c. NULL: none */
    uint32_t writers;      /* open nodes of it that can be written to: while there are some it isn't mounted */
    bool mounting;         /* it is being mounted or unmounted, and isn't opened for writing meanwhile */
    struct blk_stats stats;
};

enum blk_op { BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD, BLK_ZERO };

struct blk_request {
    enum blk_op op;
    unsigned count; /* segments; of reads and writes alone */
    uint64_t sector;
    uint64_t sectors;                          /* of a discard, and of zeroes that aren't sent */
    const struct blk_segment *segments;        /* the caller's, until the request has ended */
    void (*done)(struct blk_request *request); /* it has ended. May start others, must not wait. May be NULL */
    int result;                                /* 0 or -errno */
    bool ended;
    uint64_t moves, begun_ns; /* blk.c's, for the statistics: sectors, as it was asked; when it began */
    /* The driver's: how far it has come. */
    unsigned parts;  /* of it that the device has */
    uint32_t offset; /* into segments[0]; those before are with the device */
    struct blk_request *next;
};

/* Either the first three, or the others. */
struct blk_ops {
    int (*transfer)(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                    unsigned count);
    int (*flush)(struct blk_device *dev);
    /* A discard or, `zero`, zeroes; where the device takes such. */
    int (*clear)(struct blk_device *dev, bool zero, uint64_t sector, uint64_t sectors);
    void (*start)(struct blk_device *dev, struct blk_request *request); /* which it ends by blk_end */
    void (*kick)(struct blk_device *dev);
    void (*poll)(struct blk_device *dev);
    int (*wait)(struct blk_device *dev, bool (*done)(void *arg), void *arg, unsigned want, uint64_t deadline_ns,
                bool interruptible);
};

/* A disk is there, with that device number (st_rdev). It stays. */
void blk_register(struct blk_device *dev, uint64_t rdev);
/* The one with this number; NULL: there is none. */
struct blk_device *blk_find(uint64_t rdev);
/* The n-th of them; NULL: there are fewer. */
const struct blk_device *blk_nth(unsigned n, uint64_t *rdev);

/* Starts a request; op, sector, segments and count (or sectors), and done are filled in. The device may not see it
 * before blk_kick. An impossible one ends at once: -EINVAL beyond the device's end, -EROFS, -EOPNOTSUPP. */
void blk_start(struct blk_device *dev, struct blk_request *request);
/* For drivers: the request has ended, with its result. */
void blk_end(struct blk_device *dev, struct blk_request *request);
/* Has the device begin with what was started: once for many. */
void blk_kick(struct blk_device *dev);
/* Ends requests that the device is ready with; done may be called for anybody's. */
void blk_poll(struct blk_device *dev);
/* Waits until done(arg), which is looked at whenever requests have ended. want: a guess at how many have to.
 * 0, or -ETIMEDOUT and -ERESTARTSYS as wait_until. */
int blk_wait(struct blk_device *dev, bool (*done)(void *arg), void *arg, unsigned want, uint64_t deadline_ns,
             bool interruptible);
/* Kicks, and waits for one request. Its result. */
int blk_finish(struct blk_device *dev, struct blk_request *request);

/* Reads or writes, and waits. 0; -EIO; -EINVAL beyond the device's end; -EROFS. */
int blk_transfer(struct blk_device *dev, bool write, uint64_t sector, const struct blk_segment *segments,
                 unsigned count);
/* Sectors in a row that go in one request: dev and write are filled in, and count is 0. */
struct blk_batch {
    struct blk_device *dev;
    bool write;
    uint64_t sector, next; /* the first one; and the one behind the last */
    unsigned count;        /* of segments */
    struct blk_segment segment[BLK_SEGMENTS_MAX];
};
/* Adds `size` bytes of memory for what begins at `sector`. Where that doesn't go on in a row, or there are too many
 * pieces, what was added before is transferred first. As blk_transfer. */
int blk_batch_add(struct blk_batch *batch, uint64_t sector, paddr_t addr, uint32_t size);
/* Transfers what was added, if there is something. */
int blk_batch_submit(struct blk_batch *batch);
/* What the current thread has read, or made to be written, as /proc/PID/io tells it. Reads are counted when they start;
 * a write is counted where it is first asked for. */
void blk_count(const struct blk_request *request);
void blk_count_bytes(bool write, uint64_t size);
/* What /proc/diskstats and /sys/block/NAME/stat tell of a disk, in their order (Linux's iostats.rst). Times are counted
 * from the first call on, as boot has none to spare for that. */
#define BLK_STAT_NUMBERS 17u
void blk_stats_tell(const struct blk_device *dev, uint64_t out[BLK_STAT_NUMBERS]);
/* What was written so far is on stable storage. */
int blk_flush(struct blk_device *dev);
/* Nobody needs these sectors any more, and what they read as is open; blk_zero: they read as zeroes. Waits. 0;
 * -EOPNOTSUPP: the device has no such thing; -EIO; -EINVAL: there are none, or not so many; -EROFS. */
int blk_discard(struct blk_device *dev, uint64_t sector, uint64_t count);
int blk_zero(struct blk_device *dev, uint64_t sector, uint64_t count);

#endif
