/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c - see timer.h: a tree by deadline, whose first one the CPU's timer is set to. */
#include "core/timer.h"

#include <stddef.h>

#include "arch/arch.h"
#include "lib/list.h"

static struct tree timers;
static struct timer *first;             /* the next one that is due */
static uint64_t armed_ns = TIMER_NEVER; /* what the CPU's timer is set to */

static struct timer *timer_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct timer, node) : NULL;
}

static uint64_t next_deadline(void)
{
    return first != NULL ? first->deadline_ns : TIMER_NEVER;
}

/* Only to an earlier time: an interrupt that comes too early costs less than to put it off each time. */
static void arm(void)
{
    if (next_deadline() >= armed_ns)
        return;
    armed_ns = next_deadline();
    arch_timer_set(armed_ns);
}

static void unlink(struct timer *timer)
{
    if (first == timer)
        first = timer_of(tree_next(&timer->node));
    tree_remove(&timers, &timer->node, tree_no_bound);
    timer->is_set = false;
}

static void link(struct timer *timer)
{
    struct tree_node *parent = NULL, *at = timers.root;
    unsigned side = 0;
    bool is_first = true;

    while (at != NULL) {
        parent = at;
        side = timer_of(at)->deadline_ns <= timer->deadline_ns;
        is_first = is_first && side == 0;
        at = at->child[side];
    }
    tree_insert(&timers, parent, side, &timer->node, tree_no_bound);
    timer->is_set = true;
    if (is_first)
        first = timer;
}

void timer_set(struct timer *timer, uint64_t deadline_ns)
{
    if (timer->is_set)
        unlink(timer);
    timer->deadline_ns = deadline_ns;
    if (deadline_ns != TIMER_NEVER)
        link(timer);
    arm();
}

void timer_cancel(struct timer *timer)
{
    if (timer->is_set)
        unlink(timer);
}

void timers_run(bool fired)
{
    uint64_t now_ns;

    if (armed_ns == TIMER_NEVER)
        return;
    now_ns = arch_clock_ns();
    while (first != NULL && first->deadline_ns <= now_ns) {
        struct timer *timer = first;
        unlink(timer);
        timer->expired(timer);
    }
    if (now_ns < armed_ns && !fired)
        return;
    armed_ns = next_deadline(); /* it fires until it is set anew */
    arch_timer_set(armed_ns);
}
