/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eventpoll.c - see eventpoll.h.
 *
 * To look at a file, or to hand out an event, may be to wait. Who does it has a reference to the item and looks
 * afterwards whether it is still there; the item is off the list meanwhile, so that no other thread hands it out and a
 * new event puts it back. All else is atomic.
 */
#include "vfs/eventpoll.h"

#include "abi/epoll.h"
#include "abi/errno.h"
#include "abi/poll.h"
#include "core/wait.h"
#include "lib/printf.h"
#include "mm/kmalloc.h"
#include "mm/page.h"
#include "vfs/anon.h"
#include "vfs/device.h"
#include "vfs/eventpoll_paths.h"

#define FLAGS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)
#define MEMORY_SHARE 25u /* so much of all memory may be items: Linux's default of max_user_watches */

static uint64_t item_count;

/* ---- the list of what may be ready ---- */

static void ready_add(struct eventpoll_item *item, bool first)
{
    struct eventpoll *eventpoll = item->eventpoll;

    if (item->is_ready || item->is_gone)
        return;
    item->is_ready = true;
    eventpoll->ready_count++;
    list_insert(first ? eventpoll->ready.next : &eventpoll->ready, &item->ready);
}

static void ready_remove(struct eventpoll_item *item)
{
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is on the list, the set has a reference to */
    if (!item->is_ready)
        return;
    item->is_ready = false;
    item->eventpoll->ready_count--;
    list_remove(&item->ready);
}

static struct eventpoll_item *ready_take(struct eventpoll *eventpoll)
{
    struct eventpoll_item *item = container_of(eventpoll->ready.next, struct eventpoll_item, ready);

    ready_remove(item);
    item->refs++;
    return item;
}

static void item_put(struct eventpoll_item *item)
{
    if (--item->refs == 0)
        kfree(item);
}

/* Something is on the list. True: somebody waited for it. */
static bool tell(struct eventpoll *eventpoll)
{
    bool somebody = !wait_is_empty(&eventpoll->waiters);

    if (somebody)
        (void)wait_wake(&eventpoll->waiters, POLLIN | POLLRDNORM, 1);
    wait_wake_all(&eventpoll->polled, POLLIN | POLLRDNORM);
    return somebody;
}

/* ---- hooks in the queues of an item's file ---- */

static bool hook_wake(struct waiter *waiter, uint32_t events)
{
    struct eventpoll_item *item = container_of(waiter, struct eventpoll_hook, waiter)->item;

    if (!(item->events & ~FLAGS) || (events != 0 && !(events & item->events)))
        return false;
    ready_add(item, false);
    return tell(item->eventpoll) || !(item->events & EPOLLEXCLUSIVE);
}

struct item_table {
    struct poll_table table;
    struct eventpoll_item *item;
    bool lacks_room;
};

static void hook_add(struct poll_table *table, struct wait_queue *queue)
{
    struct item_table *to = container_of(table, struct item_table, table);
    struct eventpoll_item *item = to->item;
    struct eventpoll_hook *hook = item->first.item == NULL ? &item->first : kmalloc(sizeof(*hook));

    if (hook == NULL) {
        to->lacks_room = true;
        return;
    }
    if (hook != &item->first) {
        hook->next = item->first.next;
        item->first.next = hook;
    }
    hook->item = item;
    hook->waiter.wake = hook_wake;
    hook->waiter.exclusive = item->events & EPOLLEXCLUSIVE;
    wait_add(queue, &hook->waiter);
}

static void hooks_remove(struct eventpoll_item *item)
{
    wait_remove(&item->first.waiter);
    while (item->first.next != NULL) {
        struct eventpoll_hook *hook = item->first.next;

        item->first.next = hook->next;
        wait_remove(&hook->waiter);
        kfree(hook);
    }
}

/* Which of the item's events hold. The caller has a reference to the item. */
static uint32_t item_look(struct eventpoll_item *item, struct poll_table *table)
{
    struct file *file = item->file;
    uint32_t events;

    file_get(file);
    events = file->ops->poll(file, table) & item->events;
    file_put(file);
    return item->is_gone ? 0 : events;
}

/* ---- the set: a tree by file and descriptor ---- */

static bool goes_before(const struct eventpoll_item *item, const struct file *file, int fd)
{
    return item->file != file ? (uintptr_t)item->file < (uintptr_t)file : item->fd < fd;
}

static struct eventpoll_item *item_find(struct eventpoll *eventpoll, const struct file *file, int fd)
{
    struct tree_node *node = eventpoll->items.root;

    while (node != NULL) {
        struct eventpoll_item *item = container_of(node, struct eventpoll_item, node);

        if (item->file == file && item->fd == fd)
            return item;
        node = node->child[goes_before(item, file, fd)];
    }
    return NULL;
}

static void item_insert(struct eventpoll *eventpoll, struct eventpoll_item *item)
{
    struct tree_node *parent = NULL, *node = eventpoll->items.root;
    unsigned side = 0;

    while (node != NULL) {
        parent = node;
        side = goes_before(container_of(node, struct eventpoll_item, node), item->file, item->fd);
        node = node->child[side];
    }
    tree_insert(&eventpoll->items, parent, side, &item->node, tree_no_bound);
}

static void item_remove(struct eventpoll_item *item)
{
    ready_remove(item);
    hooks_remove(item);
    tree_remove(&item->eventpoll->items, &item->node, tree_no_bound);
    file_unwatch(&item->watcher);
    list_remove(&item->nested);
    item->is_gone = true;
    item_count--;
    item_put(item);
}

static void file_goes(struct file_watcher *watcher)
{
    item_remove(container_of(watcher, struct eventpoll_item, watcher));
}

static struct eventpoll_item *item_create(struct eventpoll *eventpoll, struct file *file, int fd)
{
    struct eventpoll_item *item = kmalloc(sizeof(*item));

    if (item == NULL)
        return NULL;
    item->eventpoll = eventpoll;
    item->file = file;
    item->fd = fd;
    item->refs = 1;
    item->watcher.file_goes = file_goes;
    list_init(&item->ready);
    list_init(&item->nested);
    item_insert(eventpoll, item);
    file_watch(file, &item->watcher);
    if (file_is_eventpoll(file))
        list_insert(&eventpoll->nested, &item->nested);
    item_count++;
    return item;
}

/* Hooks the item, and puts it on the list if it is ready already. */
static int item_start(struct eventpoll_item *item)
{
    struct item_table table = {.table.hook = hook_add, .item = item};
    struct eventpoll *eventpoll = item->eventpoll;
    uint32_t events;
    int error = 0;

    item->refs++;
    events = item_look(item, &table.table);
    if (item->is_gone) { /* meanwhile: what was hooked after that goes here */
        hooks_remove(item);
    } else if (table.lacks_room) {
        item_remove(item);
        error = -ENOMEM;
    } else if (events != 0) {
        ready_add(item, false);
        (void)tell(eventpoll);
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the reference is our own */
    item_put(item);
    return error;
}

int eventpoll_add(struct file *file, struct file *target, int fd, uint32_t events, uint64_t data)
{
    struct eventpoll *eventpoll = file->owner;
    struct eventpoll_item *item;
    bool is_nested = file_is_eventpoll(target);

    if (item_find(eventpoll, target, fd) != NULL)
        return -EEXIST;
    if (is_nested && !eventpoll_may_nest(eventpoll, target->owner))
        return -ELOOP;
    if (item_count >= page_total_count() * PAGE_SIZE / MEMORY_SHARE / sizeof(*item))
        return -ENOSPC;
    item = item_create(eventpoll, target, fd);
    if (item == NULL)
        return -ENOMEM;
    if ((file->watchers != NULL || is_nested) && !eventpoll_paths_are_few(target, is_nested ? target->owner : NULL)) {
        item_remove(item);
        return -EINVAL;
    }
    item->events = events;
    item->data = data;
    return item_start(item);
}

int eventpoll_modify(struct file *file, struct file *target, int fd, uint32_t events, uint64_t data)
{
    struct eventpoll_item *item = item_find(file->owner, target, fd);

    if (item == NULL)
        return -ENOENT;
    if (item->events & EPOLLEXCLUSIVE)
        return -EINVAL;
    item->events = events;
    item->data = data;
    item->refs++;
    if (item_look(item, NULL) != 0) {
        ready_add(item, false);
        (void)tell(item->eventpoll);
    }
    item_put(item);
    return 0;
}

int eventpoll_remove(struct file *file, struct file *target, int fd)
{
    struct eventpoll_item *item = item_find(file->owner, target, fd);

    if (item == NULL)
        return -ENOENT;
    item_remove(item);
    return 0;
}

/* ---- waiting ---- */

struct emitter {
    bool (*emit)(void *arg, uint32_t events, uint64_t data);
    void *arg;
};

/* One that is off the list: false if its event could not be handed out; then it is back at the list's front. */
static bool item_emit(struct eventpoll_item *item, const struct emitter *emitter, int64_t *count)
{
    uint32_t events = item_look(item, NULL), was = item->events;

    if (events == 0)
        return true;
    if (was & EPOLLONESHOT) /* at once, as emit may wait */
        item->events &= FLAGS;
    if (!emitter->emit(emitter->arg, events, item->data)) {
        item->events |= was;
        ready_add(item, true);
        return false;
    }
    ++*count;
    if (!(was & (EPOLLONESHOT | EPOLLET)))
        ready_add(item, false);
    return true;
}

/* Goes once through those that are on the list now. */
static int64_t emit_ready(struct eventpoll *eventpoll, unsigned most, const struct emitter *emitter)
{
    int64_t count = 0;
    bool fits = true;

    for (unsigned left = eventpoll->ready_count; left != 0 && count < most && fits; left--) {
        struct eventpoll_item *item;

        if (list_is_empty(&eventpoll->ready))
            break;
        item = ready_take(eventpoll);
        fits = item_emit(item, emitter, &count);
        item_put(item);
    }
    if (!list_is_empty(&eventpoll->ready)) /* more for others, or the same */
        (void)wait_wake(&eventpoll->waiters, POLLIN | POLLRDNORM, 1);
    return count == 0 && !fits ? -EFAULT : count;
}

int64_t eventpoll_wait(struct file *file, unsigned most, uint64_t deadline_ns,
                       bool (*emit)(void *arg, uint32_t events, uint64_t data), void *arg)
{
    struct eventpoll *eventpoll = file->owner;
    const struct emitter emitter = {emit, arg};
    int error = deadline_ns == 0 ? -ETIMEDOUT : 0;

    for (;;) {
        int64_t count = emit_ready(eventpoll, most, &emitter);

        if (count != 0)
            return count;
        if (error != 0)
            return error == -ETIMEDOUT ? 0 : -EINTR;
        if (list_is_empty(&eventpoll->ready))
            error = wait_on(&eventpoll->waiters, deadline_ns, WAIT_INTERRUPTIBLE | WAIT_EXCLUSIVE);
    }
}

/* ---- the file ---- */

/* Is one on the list ready indeed? Those that aren't leave it. */
static uint32_t eventpoll_poll(struct file *file, struct poll_table *table)
{
    struct eventpoll *eventpoll = file->owner;

    poll_hook(table, &eventpoll->polled);
    for (unsigned left = eventpoll->ready_count; left != 0 && !list_is_empty(&eventpoll->ready); left--) {
        struct eventpoll_item *item = ready_take(eventpoll);
        bool is_ready = item_look(item, NULL) != 0;

        if (is_ready)
            ready_add(item, true);
        item_put(item);
        if (is_ready) {
            (void)wait_wake(&eventpoll->waiters, POLLIN | POLLRDNORM, 1); /* who looked while it was off the list */
            return POLLIN | POLLRDNORM;
        }
    }
    return 0;
}

static void eventpoll_release(struct file *file)
{
    struct eventpoll *eventpoll = file->owner;
    struct tree_node *node;

    while ((node = tree_first(&eventpoll->items)) != NULL)
        item_remove(container_of(node, struct eventpoll_item, node));
    kfree(eventpoll);
}

/* A line for each file, as Linux's ep_show_fdinfo. */
static int eventpoll_describe(struct file *file, char *buf, size_t size)
{
    const struct eventpoll *eventpoll = file->owner;
    size_t length = 0;

    for (struct tree_node *node = tree_first(&eventpoll->items); node != NULL; node = tree_next(node)) {
        const struct eventpoll_item *item = container_of(node, struct eventpoll_item, node);
        const struct inode *inode = item->file->inode;
        size_t at = length < size ? length : size;

        length += (size_t)snprintf(buf + at, size - at, "tfd: %8d events: %8x data: %16lx  pos:%ld ino:%lx sdev:%x\n",
                                   item->fd, item->events, (unsigned long)item->data, (long)item->file->pos,
                                   inode != NULL ? (unsigned long)inode->number : 0,
                                   inode != NULL && inode->fs != NULL ? device_internal(inode->fs->device) : 0);
    }
    return length < INT32_MAX ? (int)length : INT32_MAX;
}

static const struct file_ops eventpoll_ops = {.describe = eventpoll_describe,
                                              .name = "anon_inode:[eventpoll]",
                                              .poll = eventpoll_poll,
                                              .release = eventpoll_release};

bool file_is_eventpoll(const struct file *file)
{
    return file->ops == &eventpoll_ops;
}

int eventpoll_target(const struct file *file, int fd, uint32_t skip, const struct file **target)
{
    const struct eventpoll *eventpoll = file->owner;

    if (!file_is_eventpoll(file))
        return -EINVAL;
    for (struct tree_node *node = tree_first(&eventpoll->items); node != NULL; node = tree_next(node)) {
        const struct eventpoll_item *item = container_of(node, struct eventpoll_item, node);

        if (item->fd == fd && skip-- == 0) {
            *target = item->file;
            return 0;
        }
    }
    return -ENOENT;
}

int eventpoll_create(uint32_t flags, struct file **out)
{
    struct eventpoll *eventpoll = kmalloc(sizeof(*eventpoll));
    int error;

    if (eventpoll == NULL)
        return -ENOMEM;
    list_init(&eventpoll->ready);
    list_init(&eventpoll->nested);
    error = anon_file_new(&eventpoll_ops, O_RDWR | flags, eventpoll, out);
    if (error != 0) {
        kfree(eventpoll);
        return error;
    }
    eventpoll->file = *out;
    return 0;
}
