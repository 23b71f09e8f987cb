/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mqueue.h - POSIX message queues (mq_overview(7)): messages by priority, who waits, and who is to be told. Their names
 * are files of a file system, mqueue_fs.h.
 *
 * A message for which a receiver waits goes to him, past the queue; a sender that waits for room has his message put in
 * as soon as there is some. Who calls holds the queue's file.
 */
#ifndef GK_IPC_MQUEUE_H
#define GK_IPC_MQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/wait_queue.h"
#include "lib/list.h"

struct msg;
struct netlink_notice; /* net/netlink.h */
struct pid;

#define MQ_PRIORITIES 32768u
#define MQ_MESSAGES_MOST 65536u /* of a queue, whoever makes it; bytes of a message */
#define MQ_SIZE_MOST (16u << 20)

/* /proc/sys/fs/mqueue: what who has no CAP_SYS_RESOURCE may ask for, and what who asks for nothing gets. */
struct mqueue_limits {
    int queues_max, msg_max, msgsize_max, msg_default, msgsize_default;
};
extern struct mqueue_limits mqueue_limits;
extern unsigned mqueue_count;

struct mqueue {
    uint64_t messages_most, size_most; /* as it was made */
    uint64_t count, bytes;             /* that are in it */
    struct list messages;              /* msg.link, its type being its priority: the highest first, then the oldest */
    struct list senders, receivers;    /* who waits */
    struct wait_queue polled;
    struct pid *notify_owner; /* held: the process that is to be told of the next message; NULL: nobody */
    int notify, notify_signal;
    uint64_t notify_value;
    struct netlink_notice *notice; /* SIGEV_THREAD: what is sent then; NULL: nothing */
    uint32_t user;                 /* whom it counts for, and how much: RLIMIT_MSGQUEUE */
    uint64_t cost;
    struct list all;
};

/* Begins one of the current thread's: -EINVAL, -EOVERFLOW, -EMFILE (RLIMIT_MSGQUEUE), -ENOSPC (too many). messages 0:
 * as many as who asks for nothing gets. Doesn't wait. */
int mqueue_init(struct mqueue *queue, int64_t messages, int64_t size);
#define MQUEUE_DEFAULT INT64_MIN /* for both */
/* Its end, with its messages. Nobody waits in it or can find it: it may give way. */
void mqueue_fini(struct mqueue *queue);

/* mq_timedsend(2) and mq_timedreceive(2), of messages in kernel memory: a message that was sent is the queue's or the
 * receiver's, one that was received the caller's. 0, -EAGAIN (is_nonblock), -ETIMEDOUT, -ERESTARTSYS. May wait. */
int mqueue_send(struct mqueue *queue, struct msg *msg, bool is_nonblock, uint64_t deadline_ns);
int mqueue_receive(struct mqueue *queue, bool is_nonblock, uint64_t deadline_ns, struct msg **out);

/* mq_notify(2): the current process is told of the next message that finds the queue empty, and nobody waiting. notice:
 * of SIGEV_THREAD, is the queue's if that succeeds; else NULL. 0 or -EBUSY. */
int mqueue_notify(struct mqueue *queue, int notify, int signal, uint64_t value, struct netlink_notice *notice);
/* The current process isn't told, if it is who was to be: also when it closes a descriptor. */
void mqueue_notify_end(struct mqueue *queue);

#endif
