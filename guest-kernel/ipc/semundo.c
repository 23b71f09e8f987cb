/* SPDX-License-Identifier: Apache-2.0 */
/* semundo.c - see semundo.h. */
#include "ipc/semundo.h"

#include "abi/errno.h"
#include "core/thread.h"
#include "ipc/semset.h"
#include "lib/string.h"
#include "mm/kmalloc.h"

struct sem_undo_list { /* thread->sem_undo */
    struct list undos; /* sem_undo.of_list */
    uint32_t refs;
};

struct sem_undo {
    struct list of_list, of_set;
    struct sem_set *set;
    int16_t adjust[]; /* for each semaphore */
};

static size_t undo_size(const struct sem_set *set)
{
    return sizeof(struct sem_undo) + set->count * sizeof(int16_t);
}

int16_t *semundo_values(struct sem_undo *undo)
{
    return undo->adjust;
}

/* ---- the list ---- */

static int list_make(struct thread *thread)
{
    struct sem_undo_list *list;

    if (thread->sem_undo != NULL)
        return 0;
    list = kmalloc(sizeof(*list));
    if (list == NULL)
        return -ENOMEM;
    list_init(&list->undos);
    list->refs = 1;
    thread->sem_undo = list; /* the thread's own: nobody else gives it one */
    return 0;
}

int semundo_clone(struct thread *child, struct thread *parent, bool shared)
{
    int error = shared ? list_make(parent) : 0;

    if (error != 0 || !shared)
        return error;
    child->sem_undo = parent->sem_undo;
    child->sem_undo->refs++;
    return 0;
}

void semundo_drop(struct sem_undo *undo)
{
    size_t size = undo_size(undo->set);

    list_remove(&undo->of_list);
    list_remove(&undo->of_set);
    ipc_free(undo, size);
}

struct sem_undo_list *semundo_list_leave(struct thread *thread)
{
    struct sem_undo_list *list = thread->sem_undo;

    thread->sem_undo = NULL;
    return list != NULL && --list->refs == 0 ? list : NULL;
}

struct sem_undo *semundo_first(const struct sem_undo_list *list)
{
    return list_is_empty(&list->undos) ? NULL : container_of(list->undos.next, struct sem_undo, of_list);
}

struct sem_set *semundo_set(const struct sem_undo *undo)
{
    return undo->set;
}

void semundo_list_free(struct sem_undo_list *list)
{
    kfree(list);
}

/* ---- a set's ---- */

static struct sem_undo *undo_find(const struct sem_undo_list *list, const struct sem_set *set)
{
    for (struct list *at = list->undos.next; at != &list->undos; at = at->next) {
        struct sem_undo *undo = container_of(at, struct sem_undo, of_list);
        if (undo->set == set)
            return undo;
    }
    return NULL;
}

int semundo_get(int id, struct sem_undo **out)
{
    struct thread *thread = current_thread();
    const struct sem_set *set = sem_find(id);
    struct sem_undo *undo;
    size_t size;
    int error = set != NULL ? list_make(thread) : -EINVAL;

    if (error != 0)
        return error;
    set = sem_find(id);
    if (set == NULL)
        return -EINVAL;
    *out = undo_find(thread->sem_undo, set);
    if (*out != NULL)
        return 0;
    size = undo_size(set);
    undo = ipc_alloc(size);
    if (undo == NULL)
        return -ENOMEM;
    struct sem_set *now = sem_find(id); /* the same number may be another set's by now: of another size, perhaps */
    *out = now != NULL ? undo_find(thread->sem_undo, now) : NULL;
    if (now == NULL || *out != NULL || undo_size(now) != size) {
        ipc_free(undo, size);
        return *out != NULL ? 0 : -EIDRM;
    }
    undo->set = now;
    list_insert(&thread->sem_undo->undos, &undo->of_list);
    list_insert(&now->undos, &undo->of_set);
    *out = undo;
    return 0;
}

void semundo_drop_set(struct sem_set *set)
{
    while (!list_is_empty(&set->undos))
        semundo_drop(container_of(set->undos.next, struct sem_undo, of_set));
}

void semundo_forget(struct sem_set *set, unsigned first, unsigned count)
{
    for (struct list *at = set->undos.next; at != &set->undos; at = at->next)
        memset(&container_of(at, struct sem_undo, of_set)->adjust[first], 0, count * sizeof(int16_t));
}
