/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.h - ancillary data (cmsg(3), unix(7)): what a program sends with a message, copied and checked once, and room
 * for what it gets with one.
 */
#ifndef GK_NET_CONTROL_H
#define GK_NET_CONTROL_H

#include "net/socket.h"

struct control_message; /* net/control_list.h */
struct file;
struct pid;

/* Open files on their way (SCM_RIGHTS), with a reference to each. */
struct control_files {
    struct control_files *next; /* of lists of their owner's */
    uint32_t user;              /* who sent them: real user ID */
    uint32_t count, room;
    struct file *file[];
};

struct control {
    /* Sent, or to be sent. */
    struct control_files *files;     /* NULL: none. Who takes them sets NULL */
    struct socket_identity identity; /* SCM_CREDENTIALS; valid if has_identity */
    bool has_identity;
    uint8_t *bytes; /* all of it, in the form of 64-bit programs: control_next */
    uint32_t size;
    /* For what is received. */
    uint64_t address, room; /* the next place in the program's memory, and how much there is; 0: none */
    bool is_32bit;
};

/* Copies and checks what is at a user's address, and gets the files: 0; -EINVAL, -EBADF, -EPERM, -ESRCH, -ENOBUFS (more
 * than optmem_max), -EFAULT, -ENOMEM, and then there is nothing to put. takes_files: SCM_RIGHTS is of use to the
 * socket's family. size 0: there is none. */
int control_get(struct control *control, uint64_t address, uint64_t size, bool takes_files);
/* Gives back what is left. */
void control_put(struct control *control);
/* The next message of levels other than SOL_SOCKET; *at is 0 at first. False: there is none. */
bool control_next(const struct control *control, uint32_t *at, struct control_message *out);

/* ---- what is received ---- */

/* Room at a user's address. */
void control_receive(struct control *control, uint64_t address, uint64_t size);
/* One more message to the program; cut, with MSG_CTRUNC in *out_flags, as there is room. It may wait; an address that
 * isn't the program's is no error, as on Linux. control NULL: there is no room. */
void control_add(struct control *control, unsigned *out_flags, int level, int type, const void *data, uint32_t size);
/* Gives the program descriptors of these files, as many as there is room for; its own references stay the caller's. */
void control_add_files(struct control *control, unsigned *out_flags, const struct control_files *files, bool cloexec);

/* Gives it a descriptor for who has sent (SCM_PIDFD), or what prevents that as a negative number, as Linux does. pid:
 * the caller's reference; NULL: it isn't known. */
void control_add_pidfd(struct control *control, unsigned *out_flags, struct pid *pid);

/* ---- files on their way ---- */

/* Drops the references and the list; NULL: nothing. However deep sockets are in one another's queues, it takes little
 * stack: what a file's end calls meanwhile in the same thread leaves the rest to it. It may wait. */
void control_files_put(struct control_files *files);
/* Another list of the same files, with references of its own; NULL: no memory. */
struct control_files *control_files_copy(const struct control_files *files);

extern int control_most; /* bytes that go with one message at most: /proc/sys/net/core/optmem_max */

#endif
