/* SPDX-License-Identifier: Apache-2.0 */
/* pid.c - see pid.h: a tree by number. */
#include "core/pid.h"

#include "abi/errno.h"
#include "mm/kmalloc.h"

#define PID_RESERVED 300 /* when numbers begin again they begin here, as on Linux */

int pid_max = 32768;

static struct tree pids;
static int last; /* the number given last */
static unsigned count;

static struct pid *pid_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct pid, node) : NULL;
}

struct pid *pid_from(int number)
{
    struct tree_node *node = pids.root;
    struct pid *found = NULL;

    while (node != NULL) {
        struct pid *pid = pid_of(node);
        bool before = pid->number < number;
        if (!before)
            found = pid;
        node = node->child[before];
    }
    return found;
}

struct pid *pid_find(int number)
{
    struct pid *pid = pid_from(number);

    return pid != NULL && pid->number == number ? pid : NULL;
}

/* The next number that nothing has; there is one. */
static int number_choose(void)
{
    int number = last + 1;

    for (const struct pid *pid;; number++) {
        if (number >= pid_max)
            number = PID_RESERVED;
        pid = pid_from(number);
        if (pid == NULL || pid->number != number)
            return number;
    }
}

static struct pid *pid_make(int number)
{
    static uint64_t last_serial;
    struct pid *pid = kmalloc(sizeof(*pid));
    struct tree_node *parent = NULL, *at = pids.root;
    unsigned side = 0;

    if (pid == NULL)
        return NULL;
    pid->number = number;
    pid->serial = ++last_serial;
    pid->users = pid->refs = 1;
    list_init(&pid->members);
    while (at != NULL) {
        parent = at;
        side = pid_of(at)->number < pid->number;
        at = at->child[side];
    }
    tree_insert(&pids, parent, side, &pid->node, tree_no_bound);
    count++;
    return pid;
}

int pid_last(void)
{
    return last;
}

struct pid *pid_create(void)
{
    /* So many that one of those that are given again and again must be free. */
    bool is_any_free = (int)count < pid_max - PID_RESERVED;
    struct pid *pid = is_any_free ? pid_make(number_choose()) : NULL;

    if (pid != NULL)
        last = pid->number;
    return pid;
}

int pid_create_number(int number, struct pid **out)
{
    *out = NULL;
    if (pid_find(number) != NULL)
        return -EEXIST;
    *out = pid_make(number);
    return *out != NULL ? 0 : -ENOMEM;
}

void pid_get(struct pid *pid)
{
    pid->users++;
}

void pid_put(struct pid *pid)
{
    if (pid == NULL || --pid->users != 0)
        return;
    tree_remove(&pids, &pid->node, tree_no_bound);
    count--;
    pid_drop(pid);
}

void pid_hold(struct pid *pid)
{
    pid->refs++;
}

void pid_drop(struct pid *pid)
{
    if (pid != NULL && --pid->refs == 0)
        kfree(pid);
}

struct thread *thread_find(int tid)
{
    const struct pid *pid = pid_find(tid);

    return pid != NULL ? pid->thread : NULL;
}

struct process *process_find(int number)
{
    const struct pid *pid = pid_find(number);

    return pid != NULL ? pid->process : NULL;
}
