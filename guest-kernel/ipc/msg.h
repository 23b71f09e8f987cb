/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msg.h - message queues (sysvipc(7)): what there is, and who waits. Which message a receiver gets is msgselect.h's.
 *
 * A message that somebody waits for goes to him, the longest waiting first, past the queue. A pointer to a queue is
 * good until the thread waits.
 */
#ifndef GK_IPC_MSG_H
#define GK_IPC_MSG_H

#include "ipc/ids.h"
#include "ipc/msgselect.h"

struct msg_queue {
    struct ipc_perm perm;
    int64_t stime, rtime, ctime; /* s */
    uint64_t bytes, count, bytes_most;
    int lspid, lrpid;
    struct list messages;           /* msg.link, oldest first */
    struct list senders, receivers; /* who waits */
};

extern int msg_max, msg_mnb, msg_mni; /* /proc/sys/kernel/msgmax, msgmnb, msgmni */
extern struct ipc_ids msg_ids;
extern uint64_t msg_total, msg_total_bytes; /* messages of all queues, and their bytes */

/* msgget(2): a number or -errno. May wait for memory. */
int msg_get(int key, uint32_t flags);
/* The queue of that number; NULL: there is none. */
struct msg_queue *msg_find(int id);

/* A message to be filled; NULL: no memory. May wait. */
struct msg *msg_create(int64_t type, uint32_t size);
void msg_free(struct msg *msg); /* NULL is allowed */

/* msgsnd(2): the message becomes the queue's, or the receiver's; with an error it stays the caller's. May wait. */
int msg_send(int id, struct msg *msg, uint32_t flags);
/* msgrcv(2) with room for `size` bytes: *out becomes the caller's. With MSG_COPY it must be a message of the caller's
 * that has this room, and gets what is in the queue's. May wait. */
int msg_receive(int id, const struct msg_select *select, uint64_t size, uint32_t flags, struct msg **out);

/* IPC_SET: owner and rights as ipc_change, and how many bytes may be in the queue. */
int msg_change(struct msg_queue *queue, const struct ipc_change *change, uint64_t bytes_most);
/* The queue goes, with its messages; who waits gets EIDRM. May give way. */
void msg_remove(struct msg_queue *queue);

#endif
