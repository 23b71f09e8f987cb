/* SPDX-License-Identifier: Apache-2.0 */
/* mqueue.c - see mqueue.h. */
#include "ipc/mqueue.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/pid.h"
#include "core/rlimit.h"
#include "core/signal.h"
#include "core/wait.h"
#include "ipc/msg.h"
#include "net/netlink.h"

/* What a message, and a priority, cost beside the text: the sizes of Linux's structures, which programs reckon with. */
#define COST_MESSAGE 48u
#define COST_PRIORITY 48u
#define FREED_AT_ONCE 1024u /* messages: then others have a turn */

struct mq_waiter { /* of a thread that sends or receives, on its stack */
    struct list link;
    struct wait_queue woken;
    struct msg *msg; /* a sender's; or what a receiver was given */
    bool is_done;
};

struct mqueue_limits mqueue_limits = {256, 10, 8192, 10, 8192};
unsigned mqueue_count;

static struct list queues = {&queues, &queues};

/* ---- coming and going ---- */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Bytes that the user's queues count. */
static uint64_t cost_of(uint32_t user)
{
    uint64_t sum = 0;

    for (const struct list *at = queues.next; at != &queues; at = at->next) {
        const struct mqueue *queue = container_of((struct list *)(uintptr_t)at, const struct mqueue, all);
        sum += queue->user == user ? queue->cost : 0;
    }
    return sum;
}

static int sizes_check(int64_t messages, int64_t size)
{
    bool is_privileged = cred_has(&current_thread()->cred, CAP_SYS_RESOURCE);
    int64_t messages_most = is_privileged ? (int64_t)MQ_MESSAGES_MOST : mqueue_limits.msg_max;
    int64_t size_most = is_privileged ? (int64_t)MQ_SIZE_MOST : mqueue_limits.msgsize_max;

    return messages <= 0 || size <= 0 || messages > messages_most || size > size_most ? -EINVAL : 0;
}

int mqueue_init(struct mqueue *queue, int64_t messages, int64_t size)
{
    const struct cred *cred = &current_thread()->cred;
    uint64_t limit = rlimit_get(current_process(), RLIMIT_MSGQUEUE).soft;
    int error;

    if (mqueue_limits.queues_max <= (int64_t)mqueue_count && !cred_has(cred, CAP_SYS_RESOURCE))
        return -ENOSPC;
    if (messages == MQUEUE_DEFAULT)
        messages = least(mqueue_limits.msg_max, mqueue_limits.msg_default);
    if (size == MQUEUE_DEFAULT)
        size = least(mqueue_limits.msgsize_max, mqueue_limits.msgsize_default);
    error = sizes_check(messages, size);
    if (error != 0)
        return error;
    queue->user = cred->user.real;
    queue->cost =
        (uint64_t)messages * ((uint64_t)size + COST_MESSAGE) + (uint64_t)least(messages, MQ_PRIORITIES) * COST_PRIORITY;
    if (limit != RLIM_INFINITY && cost_of(queue->user) + queue->cost > limit)
        return -EMFILE;
    queue->messages_most = (uint64_t)messages;
    queue->size_most = (uint64_t)size;
    list_init(&queue->messages);
    list_init(&queue->senders);
    list_init(&queue->receivers);
    list_insert(&queues, &queue->all);
    mqueue_count++;
    return 0;
}

static struct msg *first_take(struct mqueue *queue)
{
    struct msg *msg = container_of(queue->messages.next, struct msg, link);

    list_remove(&msg->link);
    queue->count--;
    queue->bytes -= msg->size;
    return msg;
}

void mqueue_fini(struct mqueue *queue)
{
    pid_drop(queue->notify_owner);
    netlink_notice_drop(queue->notice);
    list_remove(&queue->all);
    mqueue_count--;
    while (queue->count != 0) {
        msg_free(first_take(queue));
        if (queue->count % FREED_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
}

/* ---- who is to be told ---- */

/* The last byte of a message of SIGEV_THREAD, by which a C library knows what has happened. */
enum { NOTICE_TOLD = 1, NOTICE_TAKEN_BACK = 2 };

static void notice_send(struct mqueue *queue, uint8_t what)
{
    struct netlink_notice *notice = queue->notice;

    queue->notice = NULL;
    if (notice != NULL)
        netlink_notice_send(notice, what);
}

static void notify_forget(struct mqueue *queue)
{
    pid_drop(queue->notify_owner);
    queue->notify_owner = NULL;
}

/* A message is in the queue, which was empty: once. */
static void notify_tell(struct mqueue *queue)
{
    struct process *process = queue->notify_owner->process;
    struct signal_info info = {.signal = queue->notify_signal, .code = SI_MESGQ};

    info.sender.pid = current_process()->pid;
    info.sender.uid = current_thread()->cred.user.real;
    info.sender.value = queue->notify_value;
    current_thread()->wants_no_wait++; /* the process might end meanwhile, and another be the one to be told */
    if (queue->notify == SIGEV_SIGNAL && queue->notify_signal != 0 && process != NULL)
        (void)signal_send_info(process, NULL, &info);
    current_thread()->wants_no_wait--;
    notice_send(queue, NOTICE_TOLD);
    notify_forget(queue);
}

int mqueue_notify(struct mqueue *queue, int notify, int signal, uint64_t value, struct netlink_notice *notice)
{
    if (queue->notify_owner != NULL)
        return -EBUSY;
    queue->notify_owner = current_process()->id;
    pid_hold(queue->notify_owner);
    queue->notify = notify;
    queue->notify_signal = signal;
    queue->notify_value = value;
    queue->notice = notice;
    return 0;
}

void mqueue_notify_end(struct mqueue *queue)
{
    if (queue->notify_owner != current_process()->id)
        return;
    notice_send(queue, NOTICE_TAKEN_BACK);
    notify_forget(queue);
}

/* ---- messages ---- */

/* Behind those of its priority. */
static void msg_put_in(struct mqueue *queue, struct msg *msg)
{
    struct list *at = queue->messages.prev;

    while (at != &queue->messages && container_of(at, struct msg, link)->type < msg->type)
        at = at->prev;
    list_insert(at->next, &msg->link);
    queue->count++;
    queue->bytes += msg->size;
}

static struct mq_waiter *first_waiter(const struct list *waiters)
{
    return list_is_empty(waiters) ? NULL : container_of(waiters->next, struct mq_waiter, link);
}

static void waiter_done(struct mq_waiter *waiter)
{
    list_remove(&waiter->link);
    waiter->is_done = true;
    wait_wake_all(&waiter->woken, 0);
}

/* Until another has done what it waits for. 0 or what wait_on gives. */
static int waiter_wait(struct mq_waiter *waiter, struct list *waiters, uint64_t deadline_ns)
{
    int error = 0;

    list_insert(waiters, &waiter->link);
    while (!waiter->is_done && error == 0)
        error = wait_on(&waiter->woken, deadline_ns, WAIT_INTERRUPTIBLE);
    if (waiter->is_done)
        return 0;
    list_remove(&waiter->link);
    return error;
}

int mqueue_send(struct mqueue *queue, struct msg *msg, bool is_nonblock, uint64_t deadline_ns)
{
    struct mq_waiter waiter = {.msg = msg}, *receiver;

    if (queue->count == queue->messages_most)
        return is_nonblock ? -EAGAIN : waiter_wait(&waiter, &queue->senders, deadline_ns);
    receiver = first_waiter(&queue->receivers);
    if (receiver != NULL) {
        receiver->msg = msg;
        waiter_done(receiver);
        return 0;
    }
    msg_put_in(queue, msg);
    if (queue->notify_owner != NULL && queue->count == 1)
        notify_tell(queue);
    wait_wake_all(&queue->polled, POLLIN | POLLRDNORM);
    return 0;
}

int mqueue_receive(struct mqueue *queue, bool is_nonblock, uint64_t deadline_ns, struct msg **out)
{
    struct mq_waiter waiter = {.msg = NULL}, *sender;

    if (queue->count == 0) {
        int error = is_nonblock ? -EAGAIN : waiter_wait(&waiter, &queue->receivers, deadline_ns);

        *out = waiter.msg;
        return error;
    }
    *out = first_take(queue);
    sender = first_waiter(&queue->senders);
    if (sender != NULL) {
        msg_put_in(queue, sender->msg);
        waiter_done(sender);
    } else {
        wait_wake_all(&queue->polled, POLLOUT | POLLWRNORM);
    }
    return 0;
}
