/* SPDX-License-Identifier: Apache-2.0 */
/* sigqueue.c - see sigqueue.h. */
#include "core/sigqueue.h"

#include "abi/errno.h"
#include "mm/kmalloc.h"

struct signal_entry {
    struct signal_entry *next;
    struct signal_info info;
};

/* ---- entries: one that was freed is kept, so that the usual signal costs no allocation ---- */

static struct signal_entry *entry_get(struct process *process, const struct signal_info *info)
{
    bool unbounded = info->signal < SIGRTMIN && info->code >= 0;
    struct signal_entry *entry = process->signal_spare;

    if (!unbounded && process->signals_queued >= process->signals_max)
        return NULL;
    process->signal_spare = NULL;
    if (entry == NULL)
        entry = kmalloc(sizeof(*entry));
    if (entry != NULL)
        process->signals_queued++;
    return entry;
}

static void entry_put(struct process *process, struct signal_entry *entry)
{
    process->signals_queued--;
    kfree(process->signal_spare);
    process->signal_spare = entry;
}

/* ---- queues ---- */

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
    entry->next = NULL;
    if (queue->last != NULL)
        queue->last->next = entry;
    else
        queue->first = entry;
    queue->last = entry;
    return 0;
}

/* Takes the oldest entry of a signal out. NULL: there is none. */
static struct signal_entry *entry_unlink(struct signal_queue *queue, int signal)
{
    struct signal_entry *before = NULL, *entry = queue->first;

    while (entry != NULL && entry->info.signal != signal) {
        before = entry;
        entry = entry->next;
    }
    if (entry == NULL)
        return NULL;
    if (before != NULL)
        before->next = entry->next;
    else
        queue->first = entry->next;
    if (queue->last == entry)
        queue->last = before;
    return entry;
}

static bool waits_again(const struct signal_entry *entry, int signal)
{
    while (entry != NULL && entry->info.signal != signal)
        entry = entry->next;
    return entry != NULL;
}

void sigqueue_take(struct process *process, struct signal_queue *queue, int signal, struct signal_info *info)
{
    struct signal_entry *entry = entry_unlink(queue, signal);

    if (entry == NULL || signal < SIGRTMIN || !waits_again(entry->next, signal))
        queue->pending &= ~SIGNAL_BIT(signal);
    if (entry == NULL) {
        *info = (struct signal_info){.signal = signal, .code = SI_USER};
        return;
    }
    *info = entry->info;
    entry_put(process, entry);
}

static void drop(struct process *process, struct signal_queue *queue, int signal)
{
    struct signal_entry *entry;

    while ((entry = entry_unlink(queue, signal)) != NULL)
        entry_put(process, entry);
    queue->pending &= ~SIGNAL_BIT(signal);
}

void sigqueue_drop_set(struct process *process, struct signal_queue *queue, uint64_t set)
{
    for (set &= queue->pending; set != 0; set &= set - 1)
        drop(process, queue, __builtin_ctzll(set) + 1);
}
