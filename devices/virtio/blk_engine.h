/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blk_engine.h - how a disk's I/O reaches the host: at once (blk_sync.c), through io_uring (blk_uring.c), or by another
 * process where the host may never answer (blk_process.c).
 *
 * One system call of the synchronous engine moves BLK_STEP_BYTES at most, so that the end of the VM is noticed.
 *
 * Not thread-safe: the disk's lock guards its engine. `done` is called with it, from start, reap or drain.
 */
#ifndef LVMM_DEVICES_VIRTIO_BLK_ENGINE_H
#define LVMM_DEVICES_VIRTIO_BLK_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "vmm/disk/clear.h"
#include "vmm/disk/image.h"
#include "vmm/sandbox/level.h"

#define BLK_STEP_BYTES (1u << 20)

/* The last three move no data: vmm/disk/clear.h. */
enum blk_op { BLK_OP_READ, BLK_OP_WRITE, BLK_OP_FLUSH, BLK_OP_DISCARD, BLK_OP_ZERO, BLK_OP_UNMAP };

/* One I/O. Belongs to the engine from start to done, which uses up the list of buffers. */
struct blk_io {
    enum blk_op op;
    struct iovec *iov;
    unsigned iov_count;
    uint64_t offset;  /* bytes */
    uint64_t missing; /* bytes not transferred yet; 0 for a flush */
    int rw_flags;     /* RWF_DSYNC: a write, or zeroes, are on the disk when it is done; or 0 */

    /* The engine's own. */
    struct blk_io *next;
    ssize_t result;
    struct iovec *cut; /* the buffer that is shorter for this step, by cut_bytes; NULL: none */
    size_t cut_bytes;
    struct disk_clear_step step; /* of what moves no data */
    bool by_writing;             /* zeroes are written, as the host can't do better there; false at the start */
    struct iovec zeroes;
};

/* Does the disk's data change to what the driver says? */
static inline bool blk_op_writes(enum blk_op op)
{
    return op == BLK_OP_WRITE || op == BLK_OP_ZERO || op == BLK_OP_UNMAP;
}

/* Counts what it moves or makes zeroes. False: more than may be written. */
static inline bool blk_op_count(const struct disk_image *image, enum blk_op op, uint64_t size)
{
    return (op != BLK_OP_READ && !blk_op_writes(op)) || disk_image_count(image, op != BLK_OP_READ, size);
}

static inline bool blk_op_clears(enum blk_op op)
{
    return op >= BLK_OP_DISCARD;
}

static inline enum disk_clear blk_op_clear(enum blk_op op)
{
    return op == BLK_OP_DISCARD ? DISK_DISCARD : op == BLK_OP_ZERO ? DISK_ZERO : DISK_UNMAP;
}

struct blk_engine {
    const struct blk_engine_ops *ops;
    struct disk_image *image; /* the disk's */
    int event_fd;             /* readable when reap has something to do; -1: all is done in start */
    void (*done)(void *owner, struct blk_io *io, int error); /* error: 0 or -errno */
    /* The VM has ended: what isn't with the host yet need not get there. */
    bool (*has_ended)(void *owner);
    void *owner;
};

struct blk_engine_ops {
    void (*start)(struct blk_engine *engine, struct blk_io *io);
    /* Hands what was started to the host, in one go. False: the host takes no more now, try again later. */
    bool (*submit)(struct blk_engine *engine);
    void (*reap)(struct blk_engine *engine);    /* takes in what is complete */
    void (*drain)(struct blk_engine *engine);   /* waits until nothing is in flight */
    int (*sync)(struct blk_engine *engine);     /* nothing is in flight: what was written is on the disk. 0 or -errno */
    void (*destroy)(struct blk_engine *engine); /* nothing is in flight */
};

/* Both engines: takes in what one system call did, bytes or -errno. 1: complete; 0: there is more to do; -errno. */
int blk_io_progress(struct blk_io *io, ssize_t result);

/* .sync where the image is our own process's. */
int blk_image_sync(struct blk_engine *engine);

/* image, done, has_ended and owner are filled in by the caller afterwards. 0 or -errno. */
int blk_sync_create(struct blk_engine **out);
/* Of what a ring can do, its own can do that alone. */
int blk_uring_create(unsigned depth, struct blk_engine **out);
/* One that was never used. NULL: nothing. */
void blk_uring_drop(struct blk_engine *engine);
/* One I/O at a time. The image and the calling thread: as file_process_create wants them. The first start or reap gives
 * up its descriptors, as file_process_give_up_fd does. */
int blk_process_create(const struct disk_image *image, enum sandbox_level level, struct blk_engine **out);

#endif
