/* SPDX-License-Identifier: Apache-2.0 */
/* sigqueue.c - see sigqueue.h. */
#include "core/sigqueue.h"

#include "abi/errno.h"
#include "core/pid.h"
#include "mm/kmalloc.h"

/* ---- how many: RLIMIT_SIGPENDING, of all processes of a user (signal(7)) ---- */

static uint64_t queued; /* of all */

void sigqueue_count(struct process *process, int more)
{
    process->signals_queued += (uint64_t)(int64_t)more;
    queued += (uint64_t)(int64_t)more;
}

bool sigqueue_is_full(const struct process *process)
{
    uint64_t of_user = process->signals_queued;

    if (queued < process->signals_max)
        return false;
    /* No further than needed: a signal to hundreds asks for each of them. */
    for (const struct pid *pid = pid_from(0); pid != NULL && of_user < process->signals_max;
         pid = pid_from(pid->number + 1)) {
        const struct process *other = pid->process;

        if (other != NULL && other != process && process_uid(other) == process_uid(process))
            of_user += other->signals_queued;
    }
    return of_user >= process->signals_max;
}

/* ---- entries: one that was freed is kept, so that the usual signal costs no allocation ---- */

static struct signal_entry *entry_get(struct process *process, const struct signal_info *info)
{
    bool unbounded = info->signal < SIGRTMIN && info->code >= 0;
    struct signal_entry *entry = process->signal_spare;

    if (!unbounded && sigqueue_is_full(process))
        return NULL;
    process->signal_spare = NULL;
    if (entry == NULL)
        entry = kmalloc(sizeof(*entry));
    if (entry != NULL)
        sigqueue_count(process, 1);
    return entry;
}

static void entry_put(struct process *process, struct signal_entry *entry, struct signal_info *info)
{
    if (entry->left != NULL) {
        entry->left(entry, info);
        return;
    }
    sigqueue_count(process, -1);
    kfree(process->signal_spare);
    process->signal_spare = entry;
}

/* ---- queues ---- */

void sigqueue_add_entry(struct signal_queue *queue, struct signal_entry *entry)
{
    queue->pending |= SIGNAL_BIT(entry->info.signal);
    entry->queue = queue;
    entry->next = NULL;
    if (queue->last != NULL)
        queue->last->next = entry;
    else
        queue->first = entry;
    queue->last = entry;
}

int sigqueue_add(struct process *process, struct signal_queue *queue, const struct signal_info *info)
{
    uint64_t bit = SIGNAL_BIT(info->signal);
    struct signal_entry *entry;

    if (info->signal < SIGRTMIN && (queue->pending & bit))
        return 0;
    entry = entry_get(process, info);
    if (entry == NULL && info->signal >= SIGRTMIN && info->code != SI_USER && info->code != SI_KERNEL)
        return -EAGAIN;
    queue->pending |= bit;
    if (entry == NULL)
        return 0;
    entry->info = *info;
    entry->left = NULL;
    sigqueue_add_entry(queue, entry);
    return 0;
}

static void unlink(struct signal_queue *queue, struct signal_entry *before, struct signal_entry *entry)
{
    if (before != NULL)
        before->next = entry->next;
    else
        queue->first = entry->next;
    if (queue->last == entry)
        queue->last = before;
    entry->queue = NULL;
}

/* Takes the oldest entry of a signal out. NULL: there is none. */
static struct signal_entry *entry_unlink(struct signal_queue *queue, int signal)
{
    struct signal_entry *before = NULL, *entry = queue->first;

    while (entry != NULL && entry->info.signal != signal) {
        before = entry;
        entry = entry->next;
    }
    if (entry != NULL)
        unlink(queue, before, entry);
    return entry;
}

static bool waits_again(const struct signal_entry *entry, int signal)
{
    while (entry != NULL && entry->info.signal != signal)
        entry = entry->next;
    return entry != NULL;
}

void sigqueue_remove_entry(struct signal_entry *entry)
{
    struct signal_queue *queue = entry->queue;
    struct signal_entry *before = NULL;

    if (queue == NULL)
        return;
    if (queue->first != entry)
        for (before = queue->first; before->next != entry; before = before->next)
            ;
    unlink(queue, before, entry);
    if (!waits_again(queue->first, entry->info.signal))
        queue->pending &= ~SIGNAL_BIT(entry->info.signal);
}

void sigqueue_take(struct process *process, struct signal_queue *queue, int signal, struct signal_info *info)
{
    struct signal_entry *entry = entry_unlink(queue, signal);

    if (entry == NULL || !waits_again(entry->next, signal))
        queue->pending &= ~SIGNAL_BIT(signal);
    if (entry == NULL) {
        *info = (struct signal_info){.signal = signal, .code = SI_USER};
        return;
    }
    *info = entry->info;
    entry_put(process, entry, info);
}

const struct signal_info *sigqueue_at(const struct signal_queue *queue, uint64_t index)
{
    const struct signal_entry *entry = queue->first;

    for (; entry != NULL && index != 0; index--)
        entry = entry->next;
    return entry != NULL ? &entry->info : NULL;
}

/* Once through the queue, however many there are. */
void sigqueue_drop_set(struct process *process, struct signal_queue *queue, uint64_t set)
{
    struct signal_entry *before = NULL, *next;

    if (!(queue->pending & set))
        return;
    queue->pending &= ~set;
    for (struct signal_entry *entry = queue->first; entry != NULL; entry = next) {
        next = entry->next;
        if (!(set & SIGNAL_BIT(entry->info.signal))) {
            before = entry;
            continue;
        }
        unlink(queue, before, entry);
        entry_put(process, entry, NULL);
    }
}
