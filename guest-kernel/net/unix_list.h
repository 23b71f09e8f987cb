/* SPDX-License-Identifier: Apache-2.0 */
/* unix_list.h - all local sockets, for who shows them. */
#ifndef GK_NET_UNIX_LIST_H
#define GK_NET_UNIX_LIST_H

#include <stdbool.h>
#include <stdint.h>

struct unix_entry { /* as /proc/net/unix has it */
    uint32_t refs, flags, type, state;
    uint64_t inode, peer_inode; /* 0: it has no file, or no peer */
    uint64_t cookie;            /* SO_COOKIE */
    uint32_t unread, unsent;    /* bytes; who listens: callers to be accepted, and how many may be */
    bool has_peer, read_shut, write_shut;
    const char *name; /* of name_size bytes: a path, or an abstract name with a NUL before it */
    uint32_t name_size;
};

/* Calls `tell` for each of those that there are, which may wait; so others may come and go meanwhile. */
void unix_list(void (*tell)(void *arg, const struct unix_entry *entry), void *arg);

#endif
