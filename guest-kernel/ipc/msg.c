/* SPDX-License-Identifier: Apache-2.0 */
/* msg.c - see msg.h. */
#include "ipc/msg.h"

#include "abi/errno.h"
#include "abi/ipc.h"
#include "core/thread.h"
#include "core/wait.h"
#include "lib/string.h"

#define COUNT_MOST 65536u   /* messages of a queue, however much msg_qbytes allows: a receiver looks through all */
#define FREED_AT_ONCE 1024u /* of them: then others have a turn */

struct msg_waiter { /* of a thread that sends or receives, on its stack */
    struct list link;
    struct wait_queue woken;
    bool is_done; /* it is in no list any more, and the queue may be gone */
    int error;    /* what came of it */
    /* Of a receiver. */
    const struct msg_select *select;
    uint64_t size; /* it takes a longer one not */
    int pid;
    struct msg *msg;
};

int msg_max = 8192, msg_mnb = 16384, msg_mni = 32000;
struct ipc_ids msg_ids = {.next_id = -1};
uint64_t msg_total, msg_total_bytes;

struct msg_queue *msg_find(int id)
{
    struct ipc_perm *perm = ipc_find(&msg_ids, id);

    return perm != NULL ? container_of(perm, struct msg_queue, perm) : NULL;
}

/* ---- messages ---- */

struct msg *msg_create(int64_t type, uint32_t size)
{
    struct msg *msg = ipc_alloc(sizeof(*msg) + size);

    if (msg == NULL)
        return NULL;
    msg->type = type;
    msg->size = msg->room = size;
    return msg;
}

void msg_free(struct msg *msg)
{
    if (msg != NULL)
        ipc_free(msg, sizeof(*msg) + msg->room);
}

static void msg_put_in(struct msg_queue *queue, struct msg *msg)
{
    list_insert(&queue->messages, &msg->link);
    queue->bytes += msg->size;
    queue->count++;
    msg_total_bytes += msg->size;
    msg_total++;
}

static void msg_take_out(struct msg_queue *queue, struct msg *msg)
{
    list_remove(&msg->link);
    queue->bytes -= msg->size;
    queue->count--;
    msg_total_bytes -= msg->size;
    msg_total--;
}

/* ---- coming ---- */

/* One that is there already: its number or -errno. */
static int queue_reuse(const struct ipc_perm *perm, uint32_t flags)
{
    int error = ipc_wants_new(flags) ? -EEXIST : ipc_may(perm, flags & IPC_RIGHTS);

    return error != 0 ? error : perm->id;
}

static int queue_add(struct msg_queue *queue, int key, uint32_t flags)
{
    int error = ipc_add(&msg_ids, &queue->perm, key, flags, msg_mni);

    if (error != 0)
        return error;
    list_init(&queue->messages);
    list_init(&queue->senders);
    list_init(&queue->receivers);
    queue->ctime = ipc_now();
    queue->bytes_most = (uint64_t)msg_mnb;
    return queue->perm.id;
}

int msg_get(int key, uint32_t flags)
{
    const struct ipc_perm *there = key != IPC_PRIVATE ? ipc_find_key(&msg_ids, key) : NULL;
    struct msg_queue *queue;
    int result;

    if (there != NULL)
        return queue_reuse(there, flags);
    if (key != IPC_PRIVATE && !(flags & IPC_CREAT))
        return -ENOENT;
    queue = ipc_alloc(sizeof(*queue));
    if (queue == NULL)
        return -ENOMEM;
    result = ipc_reserve(&msg_ids);
    there = result == 0 && key != IPC_PRIVATE ? ipc_find_key(&msg_ids, key) : NULL; /* it has waited */
    if (result == 0 && there != NULL)
        result = queue_reuse(there, flags);
    else if (result == 0)
        result = queue_add(queue, key, flags);
    if (result < 0 || there != NULL)
        ipc_free(queue, sizeof(*queue));
    return result;
}

/* ---- who waits ---- */

static struct msg_waiter *waiter_of(struct list *link)
{
    return container_of(link, struct msg_waiter, link);
}

static void waiter_tell(struct msg_waiter *waiter, int error)
{
    list_remove(&waiter->link);
    waiter->error = error;
    waiter->is_done = true;
    wait_wake_all(&waiter->woken, 0);
}

static void waiters_tell(struct list *waiters, int error)
{
    while (!list_is_empty(waiters))
        waiter_tell(waiter_of(waiters->next), error);
}

/* What it is told, or -ERESTARTNOHAND: a signal has come. */
static int waiter_wait(struct msg_waiter *waiter, struct list *waiters)
{
    int error = 0;

    waiter->is_done = false;
    list_insert(waiters, &waiter->link);
    while (!waiter->is_done && error == 0)
        error = wait_on(&waiter->woken, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
    if (waiter->is_done)
        return waiter->error;
    list_remove(&waiter->link);
    return -ERESTARTNOHAND;
}

static bool has_room(const struct msg_queue *queue, uint64_t size)
{
    return size <= queue->bytes_most && queue->bytes <= queue->bytes_most - size && queue->count < queue->bytes_most &&
           queue->count < COUNT_MOST;
}

/* There is more room than there was: each sender looks whether it is enough. */
static void senders_wake(struct msg_queue *queue)
{
    waiters_tell(&queue->senders, 0);
}

/* ---- sending ---- */

/* To who waits for such a one; one whose buffer is too small gets an error, and the next is looked for. */
static bool msg_hand_over(struct msg_queue *queue, struct msg *msg)
{
    for (struct list *at = queue->receivers.next, *next; at != &queue->receivers; at = next) {
        struct msg_waiter *receiver = waiter_of(at);

        next = at->next;
        if (!msg_select_fits(receiver->select, msg))
            continue;
        if (receiver->size < msg->size) {
            waiter_tell(receiver, -E2BIG);
            continue;
        }
        queue->lrpid = receiver->pid;
        queue->rtime = ipc_now();
        receiver->msg = msg;
        waiter_tell(receiver, 0);
        return true;
    }
    return false;
}

int msg_send(int id, struct msg *msg, uint32_t flags)
{
    struct msg_queue *queue = msg_find(id);
    int error = queue != NULL ? 0 : -EINVAL;

    while (error == 0) {
        struct msg_waiter waiter = {.is_done = false};

        error = ipc_may(&queue->perm, IPC_WRITE);
        if (error != 0 || has_room(queue, msg->size))
            break;
        error = flags & IPC_NOWAIT ? -EAGAIN : waiter_wait(&waiter, &queue->senders);
        queue = msg_find(id); /* before it has run who woke it may have removed the queue */
        if (error == 0 && queue == NULL)
            error = -EIDRM;
    }
    if (error != 0)
        return error;
    queue->lspid = current_process()->pid;
    queue->stime = ipc_now();
    if (!msg_hand_over(queue, msg))
        msg_put_in(queue, msg);
    return 0;
}

/* ---- receiving ---- */

/* What the queue has: the message, which is the caller's now, or (MSG_COPY) its copy. */
static int msg_take(struct msg_queue *queue, struct msg *found, uint64_t size, uint32_t flags, struct msg **out)
{
    if (size < found->size && !(flags & MSG_NOERROR))
        return -E2BIG;
    if (flags & MSG_COPY) {
        if (found->size > (*out)->room)
            return -EINVAL;
        (*out)->type = found->type;
        (*out)->size = found->size;
        memcpy((*out)->text, found->text, found->size);
        return 0;
    }
    msg_take_out(queue, found);
    queue->rtime = ipc_now();
    queue->lrpid = current_process()->pid;
    senders_wake(queue);
    *out = found;
    return 0;
}

int msg_receive(int id, const struct msg_select *select, uint64_t size, uint32_t flags, struct msg **out)
{
    struct msg_queue *queue = msg_find(id);
    int error = queue != NULL ? 0 : -EINVAL;

    while (error == 0) {
        struct msg_waiter waiter = {
            .select = select, .size = flags & MSG_NOERROR ? UINT64_MAX : size, .pid = current_process()->pid};
        struct msg *found;

        error = ipc_may(&queue->perm, IPC_READ);
        found = error == 0 ? msg_select_find(select, &queue->messages) : NULL;
        if (found != NULL)
            return msg_take(queue, found, size, flags, out);
        if (error == 0)
            error = flags & IPC_NOWAIT ? -ENOMSG : waiter_wait(&waiter, &queue->receivers);
        if (waiter.msg != NULL) {
            *out = waiter.msg;
            return 0;
        }
        queue = msg_find(id);
        if (error == 0 && queue == NULL)
            error = -EIDRM;
    }
    return error;
}

/* ---- changing and going ---- */

int msg_change(struct msg_queue *queue, const struct ipc_change *change, uint64_t bytes_most)
{
    int error;

    if (bytes_most > (uint64_t)msg_mnb && !cred_has(&current_thread()->cred, CAP_SYS_RESOURCE))
        return -EPERM;
    error = ipc_change(&queue->perm, change);
    if (error != 0)
        return error;
    queue->bytes_most = bytes_most;
    queue->ctime = ipc_now();
    waiters_tell(&queue->receivers, 0); /* to look again whether they may */
    senders_wake(queue);
    return 0;
}

void msg_remove(struct msg_queue *queue)
{
    waiters_tell(&queue->receivers, -EIDRM);
    waiters_tell(&queue->senders, -EIDRM);
    ipc_remove(&msg_ids, &queue->perm); /* from here on nobody finds it */
    while (!list_is_empty(&queue->messages)) {
        struct msg *msg = container_of(queue->messages.next, struct msg, link);

        msg_take_out(queue, msg);
        msg_free(msg);
        if (queue->count % FREED_AT_ONCE == 0)
            (void)wait_loop_ends(true);
    }
    ipc_free(queue, sizeof(*queue));
}
