/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reply.h - what of a server's replies can be used. All of it is hostile, and may change for as long as the server can
 * write to it: these look at copies that it can't.
 */
#ifndef GK_FS_FUSE_REPLY_H
#define GK_FS_FUSE_REPLY_H

#include <stddef.h>

#include "fs/fuse/protocol.h"

/* Bytes behind the head of a reply to the message `unique`, of which the server says that it wrote `written` in all:
 * `least` to `most` of them. -errno: the server's, or -EIO: that is no such reply. */
int64_t fuse_reply_size(const struct fuse_out *out, uint32_t written, uint64_t unique, size_t least, size_t most);
/* 0, or -EIO: no file can be so. What is only odd (parts of a second) is put right. */
int fuse_attr_check(struct fuse_attr *attr);
/* The same of a node; -ENOENT: it says that there is none. */
int fuse_entry_check(struct fuse_entry *entry);
/* A time in ns since 1970, as far as that can hold it. */
int64_t fuse_time(uint64_t seconds, uint32_t ns);
/* Until when that holds, on the monotonic clock, which is at `now`; `now`: it doesn't. */
uint64_t fuse_valid_until(uint64_t now, uint64_t seconds, uint32_t ns);

struct fuse_name { /* of a directory, within the listing */
    const char *name;
    size_t length;
    uint64_t ino, next;
    unsigned type; /* DT_* */
};
/* The entry at *at of a listing of `size` bytes; *at becomes the next one's. 1; 0: there is none; -EIO: names can't be
 * so. */
int fuse_name_next(const void *listing, size_t size, size_t *at, struct fuse_name *out);
/* The same of FUSE_READDIRPLUS's, where a node comes before each name, which is as the server gave it. */
int fuse_plus_next(const void *listing, size_t size, size_t *at, struct fuse_name *out, struct fuse_entry *entry);

#endif
