/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuse_port.h - the way to a server of files, as the file system (fs/fuse) sees it; a driver implements fuse_port_ops.
 *
 * A request is a message and room for its reply, as segments of memory. The server has that memory from
 * fuse_port_start until the request has ended, whatever becomes of who asked: so who waits no longer gives the request
 * away (fuse_request.done). Requests end in any order, within fuse_port_wait or in an interrupt.
 */
#ifndef GK_VFS_FUSE_PORT_H
#define GK_VFS_FUSE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "mm/page.h"

#define FUSE_TAG_MAX 36u      /* bytes of a tag; without a NUL if it has so many */
#define FUSE_SEGMENTS_MAX 68u /* of a request, both ways: message, reply and 64 pages of data */

struct filesystem;
struct fuse_port;

struct fuse_segment {
    paddr_t addr;
    uint32_t size;
};

struct fuse_request {
    unsigned read_count, write_count;               /* segments that the server reads, and then those that it writes */
    struct fuse_segment segment[FUSE_SEGMENTS_MAX]; /* one after the other */
    bool first;                                     /* it goes by the queue for what must not wait behind others */
    /* Once it has ended: */
    bool ended;
    int result;       /* 0; -EIO: the server is gone */
    uint32_t written; /* bytes of the reply, as the server says, and never more than there is room for */
    /* Called when it ends; may start others, must not wait, may free it. NULL: somebody waits for it. */
    void (*done)(struct fuse_request *request);
    struct fuse_request *next;                                         /* the driver's: those that stand in line */
    uint64_t room[2 * FUSE_SEGMENTS_MAX] __attribute__((aligned(16))); /* the same: what describes it to the device */
};

/* Where the server shows pages of files (virtio 1.2, section 5.11: the DAX window; boot/abi_dax.h), in two parts, one
 * behind the other. */
struct fuse_shown {
    paddr_t base;
    uint64_t size;      /* of both; 0: there is none */
    uint64_t read_from; /* what lies from there on can be read alone */
    /* What is shown in these bytes isn't any more: programs are to have it no longer when this returns. Called where an
     * interrupt is; it must not wait. NULL: nobody minds. */
    void (*gone)(struct fuse_port *port, uint64_t start, uint64_t size);
};

struct fuse_port {
    char tag[FUSE_TAG_MAX + 1];
    unsigned segments_max; /* that a request can have; at least FUSE_SEGMENTS_LEAST */
    const struct fuse_port_ops *ops;
    struct fuse_shown shown;
    struct filesystem *fs; /* that is on it; NULL: none */
    bool busy;             /* there is one, or it begins or ends */
    bool hears;            /* fuse_port_hear's */
    bool gone;             /* the server has ended, or broke the protocol: all requests fail */
    uint64_t silent_ns; /* 0, or so long somebody has waited for a server that said nothing, and still says nothing */
    struct fuse_port *next;
};
#define FUSE_NO_END UINT64_MAX
#define FUSE_SEGMENTS_LEAST 18u /* message, reply and the 64 KiB that an extended attribute may have */

struct fuse_port_ops {
    void (*start)(struct fuse_port *port, struct fuse_request *request);
    void (*kick)(struct fuse_port *port);
    int (*wait)(struct fuse_port *port, const struct fuse_request *request, unsigned how, uint64_t patience_ns);
    void (*settle)(struct fuse_port *port);
    void (*hear)(struct fuse_port *port);
};

/* A server is there, by that tag. It stays. */
void fuse_port_add(struct fuse_port *port);
/* NULL: there is none of that tag. */
struct fuse_port *fuse_port_find(const char *tag);

/* Hands the request over, which the server sees with the next kick. */
static inline void fuse_port_start(struct fuse_port *port, struct fuse_request *request)
{
    port->ops->start(port, request);
}
static inline void fuse_port_kick(struct fuse_port *port)
{
    port->ops->kick(port);
}
/* Waits until the request has ended: 0; or, as `how` has it (WAIT_*, core/wait_queue.h), a signal has come (-EINTR), or
 * the server has said nothing to anybody for patience_ns (FUSE_NO_END: it may take as long as it wants), which counts
 * from the beginning, unless it is silent for that long already: -ETIMEDOUT. Then the server still has it. */
static inline int fuse_port_wait(struct fuse_port *port, const struct fuse_request *request, unsigned how,
                                 uint64_t patience_ns)
{
    return port->ops->wait(port, request, how, patience_ns);
}
/* From now on what the server says is taken in as soon as it says it, also when nobody waits for it. */
static inline void fuse_port_hear(struct fuse_port *port)
{
    port->ops->hear(port);
}
/* Takes in what the server has done by now, without waiting. */
static inline void fuse_port_settle(struct fuse_port *port)
{
    port->ops->settle(port);
}

#endif
