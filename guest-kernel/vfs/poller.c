/* SPDX-License-Identifier: Apache-2.0 */
/*
 * poller.c - see poller.h.
 *
 * Queues are hooked when the files are looked at for the first time, and only as long as none is ready: then there is
 * no sleep. A file that takes the place of another in the descriptor table later is looked at, but wakes nobody.
 */
#include "vfs/poller.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/clock.h"
#include "core/sched.h"
#include "core/sigset.h"
#include "mm/kmalloc.h"

#define READY_ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)
#define HOOKS_IN_BLOCK ((unsigned)((PAGE_SIZE - sizeof(struct poller_block)) / sizeof(struct poller_hook)))

static bool hook_wake(struct waiter *waiter, uint32_t events)
{
    struct poller_hook *hook = container_of(waiter, struct poller_hook, waiter);

    if (events != 0 && !(events & hook->wanted))
        return false;
    hook->poller->is_woken = true;
    (void)sched_wake(hook->poller->thread);
    return true;
}

static struct poller_hook *hook_new(struct poller *poller)
{
    if (poller->blocks == NULL && poller->count < POLLER_HOOKS_INLINE)
        return &poller->first[poller->count++];
    if (poller->blocks == NULL || poller->count == HOOKS_IN_BLOCK) {
        struct poller_block *block = kmalloc(PAGE_SIZE);

        if (block == NULL)
            return NULL;
        block->next = poller->blocks;
        poller->blocks = block;
        poller->count = 0;
    }
    return &poller->blocks->hook[poller->count++];
}

static void hook_add(struct poll_table *table, struct wait_queue *queue)
{
    struct poller *poller = container_of(table, struct poller, table);
    struct poller_hook *hook = hook_new(poller);

    if (hook == NULL) {
        poller->lacks_room = true;
        return;
    }
    *hook = (struct poller_hook){.poller = poller, .file = poller->file, .wanted = poller->wanted};
    hook->waiter.wake = hook_wake;
    file_get(hook->file);
    wait_add(queue, &hook->waiter);
}

void poller_begin(struct poller *poller, uint64_t deadline_ns)
{
    poller->table.hook = hook_add;
    poller->thread = arch_current();
    poller->deadline_ns = deadline_ns;
    poller->hooks = deadline_ns == WAIT_FOREVER || deadline_ns > clock_monotonic_ns();
    poller->is_woken = poller->lacks_room = false;
    poller->count = 0;
    poller->blocks = NULL;
}

uint32_t poller_look(struct poller *poller, struct file *file, uint32_t wanted)
{
    uint32_t events;

    if (file->ops->poll == NULL) {
        events = READY_ALWAYS & wanted;
    } else {
        file_get(file);
        poller->file = file;
        poller->wanted = wanted;
        events = file->ops->poll(file, poller->hooks ? &poller->table : NULL) & wanted;
        file_put(file);
    }
    if (events != 0)
        poller->hooks = false;
    return events;
}

int poller_sleep(struct poller *poller)
{
    int error = poller->lacks_room ? -ENOMEM : 0;

    poller->hooks = false;
    /* A signal ends it even if something has changed each time that the files were looked at. */
    while (error == 0 && (!poller->is_woken || signal_is_pending(current_thread())))
        error = sched_sleep(poller->deadline_ns, WAIT_INTERRUPTIBLE);
    poller->is_woken = false;
    return error;
}

static void hooks_end(struct poller_hook *hook, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        wait_remove(&hook[i].waiter);
        file_put(hook[i].file);
    }
}

void poller_end(struct poller *poller)
{
    unsigned count = poller->count;

    while (poller->blocks != NULL) {
        struct poller_block *block = poller->blocks;

        hooks_end(block->hook, count);
        count = HOOKS_IN_BLOCK;
        poller->blocks = block->next;
        kfree(block);
        if (poller->blocks == NULL)
            count = POLLER_HOOKS_INLINE;
    }
    hooks_end(poller->first, count);
}
