/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c - see timer.h: for each CPU a tree by deadline, to whose first one its timer is set. */
#include "core/timer.h"

#include <stddef.h>

#include "arch/arch.h"
#include "lib/list.h"

static struct timer *timer_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct timer, node) : NULL;
}

static uint64_t next_deadline(const struct timers *timers)
{
    return timers->first != NULL ? timers->first->deadline_ns : TIMER_NEVER;
}

/* Only to an earlier time: an interrupt that comes too early costs less than to put it off each time. */
static void arm(struct timers *timers)
{
    if (next_deadline(timers) >= timers->armed_ns)
        return;
    timers->armed_ns = next_deadline(timers);
    arch_timer_set(timers->armed_ns);
}

static void unlink(struct timer *timer)
{
    struct timers *timers = timer->of;

    if (timers->first == timer)
        timers->first = timer_of(tree_next(&timer->node));
    tree_remove(&timers->tree, &timer->node, tree_no_bound);
    timer->is_set = false;
}

static void link(struct timers *timers, struct timer *timer)
{
    struct tree_node *parent = NULL, *at = timers->tree.root;
    unsigned side = 0;
    bool is_first = true;

    while (at != NULL) {
        parent = at;
        side = timer_of(at)->deadline_ns <= timer->deadline_ns;
        is_first = is_first && side == 0;
        at = at->child[side];
    }
    tree_insert(&timers->tree, parent, side, &timer->node, tree_no_bound);
    timer->of = timers;
    timer->is_set = true;
    if (is_first)
        timers->first = timer;
}

void timer_set(struct timer *timer, uint64_t deadline_ns)
{
    struct timers *timers = timers_here();

    if (timer->is_set)
        unlink(timer);
    timer->deadline_ns = deadline_ns;
    if (deadline_ns != TIMER_NEVER)
        link(timers, timer);
    arm(timers);
}

/* Another CPU's timer may fire for nothing then. */
void timer_cancel(struct timer *timer)
{
    if (timer->is_set)
        unlink(timer);
}

bool timers_run(bool fired)
{
    struct timers *timers = timers_here();
    uint64_t now_ns;
    bool was_due;

    if (timers->armed_ns == TIMER_NEVER)
        return false;
    now_ns = arch_clock_ns();
    was_due = now_ns >= timers->armed_ns;
    while (timers->first != NULL && timers->first->deadline_ns <= now_ns) {
        struct timer *timer = timers->first;
        unlink(timer);
        timer->expired(timer);
    }
    if (now_ns < timers->armed_ns && !fired)
        return was_due;
    timers->armed_ns = next_deadline(timers); /* it fires until it is set anew */
    arch_timer_set(timers->armed_ns);
    return was_due;
}
