/* SPDX-License-Identifier: Apache-2.0 */
/* fuse_request.h - a FUSE request as its handler sees it, and the handlers, by family. For vmm/share/fuse*.c alone. */
#ifndef LVMM_SHARE_FUSE_REQUEST_H
#define LVMM_SHARE_FUSE_REQUEST_H

#include <linux/limits.h>

#include "vmm/share/fuse.h"

/* Of a request, all but the data of a write: SETXATTR has a name and the largest value. */
#define FUSE_IN_MAX (XATTR_SIZE_MAX + 512u)

/* Of FUSE 7.38, which <linux/fuse.h> may be older than. FUSE_INIT's flags2: who makes a file may be in the directory's
 * group by one of its supplementary groups. A request that ends with extensions has their size, in units of 8 bytes, in
 * its header behind `pid`; each begins with its own size in bytes and its type. */
#define FUSE_FLAGS2_SUPP_GROUP (1u << 2)
#define FUSE_EXTENSION_GROUPS 32u
struct fuse_group_extension {
    uint32_t size, type;
    uint32_t count, group; /* one, of those that there may be */
};
/* Of an answer, all but the data of a read. */
#define FUSE_OUT_MAX (1u << 18)
/* Pages of the guest's in one read or write: with the headers they fill a chain. */
#define FUSE_PAGES_MAX (QUEUE_CHAIN_MAX - 4u)
/* The most that one request reads, writes or copies: pages may have 64 KiB. */
#define FUSE_DATA_MAX (FUSE_PAGES_MAX * 65536u)

/* A lock that isn't free. */
struct fuse_wait {
    uint64_t unique;
    unsigned queue;
    uint16_t head;
    void *answer; /* in the chain's first writable buffer: room for a fuse_out_header */
    struct fuse_lk_in lock;
};

/* Of what is told at once (boot/abi_share.h). */
#define FUSE_EVENTS_MAX 16384u

/* The guest's request for that. */
struct fuse_events_wait {
    bool is_there;
    uint64_t unique;
    unsigned queue, iov_count;
    uint16_t head;
    uint32_t room; /* for events */
    struct iovec iov[QUEUE_CHAIN_MAX];
};

struct share_fuse {
    struct share_tree *tree;
    struct share_window *window; /* NULL: there is none */
    share_fuse_done *done;
    void *owner;
    struct noted_denials *denials; /* NULL: they aren't noted */
    bool started;                  /* FUSE_INIT came */
    bool locks_change;             /* the present request may have made a lock free */
    unsigned wait_count;
    struct fuse_wait wait[SHARE_FUSE_WAITS_MAX]; /* in the order in which they came */
    struct fuse_events_wait events;
    uint64_t told[FUSE_EVENTS_MAX / 8];
    uint64_t in[FUSE_IN_MAX / 8];
    uint64_t out[FUSE_OUT_MAX / 8];
};

struct fuse_request {
    struct share_fuse *fuse;
    struct share_tree *tree;
    struct fuse_in_header header; /* len is at most what the chain has */
    struct share_caller caller;   /* from that, and from the request's extensions */
    const void *in;               /* a copy of what is behind the header, at least as long as the handler's row says */
    uint32_t in_size;
    const char *name, *name2; /* as the row says: checked */
    const void *value;        /* what is behind the names */
    uint32_t value_size;
    void *out;     /* FUSE_OUT_MAX bytes, for the answer behind its header */
    uint32_t room; /* bytes that the guest has for that, at least as many as the row says */
    bool direct;   /* the answer is in the chain already */
    bool waits;    /* there will be one later */
    unsigned queue;
    const struct queue_chain *chain;
};

/* Handlers do a request, and return how many bytes of an answer there are behind its header, or -errno. */
typedef ssize_t fuse_handler(struct fuse_request *request);

/* ---- fuse_session.c ---- */
fuse_handler fuse_init, fuse_destroy, fuse_forget, fuse_batch_forget;

/* ---- fuse_names.c ---- */
fuse_handler fuse_lookup, fuse_symlink, fuse_mknod, fuse_mkdir, fuse_unlink, fuse_rmdir, fuse_rename, fuse_rename2,
    fuse_link, fuse_create, fuse_tmpfile;

/* ---- fuse_attributes.c ---- */
fuse_handler fuse_getattr, fuse_setattr, fuse_readlink, fuse_statfs, fuse_setxattr, fuse_getxattr, fuse_listxattr,
    fuse_removexattr;

/* ---- fuse_files.c ---- */
fuse_handler fuse_open, fuse_opendir, fuse_read, fuse_write, fuse_release, fuse_releasedir, fuse_flush, fuse_fsync,
    fuse_readdir, fuse_readdirplus, fuse_fallocate, fuse_lseek, fuse_copy_file_range;

/* ---- fuse_window.c ---- */
fuse_handler fuse_setupmapping, fuse_removemapping;
/* What FUSE_INIT's answer says of the window; nothing is in it when a guest begins and when it ends. */
void fuse_window_begin(const struct share_fuse *fuse, const struct fuse_init_in *in, struct fuse_init_out *out);
void fuse_window_end(const struct share_fuse *fuse);

/* ---- fuse_locks.c ---- */
fuse_handler fuse_getlk, fuse_setlk, fuse_setlkw, fuse_interrupt;

/* ---- fuse_events.c ---- */
fuse_handler fuse_events, fuse_watch;
/* The request has been done, and before events are looked at: what it has changed is the guest's own doing. Nothing is
 * promised of attributes that were changed just now, as another's change of the same may have been taken for that. */
void fuse_events_own(const struct fuse_request *request);
/* The guest's request for events goes back to it. */
void fuse_events_stop(struct share_fuse *fuse);

#endif
