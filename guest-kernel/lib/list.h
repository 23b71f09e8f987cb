/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - a circular doubly linked list, embedded in its members. */
#ifndef GK_LIB_LIST_H
#define GK_LIB_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr) - offsetof(type, member)))

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

/* A kernel with checks stops where a list's links don't fit each other. */
static inline void list_check(const struct list *node)
{
#ifdef GK_CHECKS
    if (node->next->prev != node || node->prev->next != node)
        __builtin_trap();
#else
    (void)node;
#endif
}

/* Inserts `node` before `where`; with the head as `where`, at the end. */
static inline void list_insert(struct list *where, struct list *node)
{
    list_check(where);
    node->next = where;
    node->prev = where->prev;
    where->prev->next = node;
    where->prev = node;
}

static inline void list_remove(struct list *node)
{
    list_check(node);
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

#endif
