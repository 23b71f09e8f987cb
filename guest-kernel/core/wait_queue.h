/* SPDX-License-Identifier: Apache-2.0 */
/* wait_queue.h - the types of queues of waiters; what is done with them: wait.h. */
#ifndef GK_CORE_WAIT_QUEUE_H
#define GK_CORE_WAIT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct thread;
struct waiter;

struct wait_queue {
    struct waiter *first, *last;
};

struct waiter {
    struct waiter *next, *previous;
    struct wait_queue *queue; /* that it is in; NULL: none */
    struct thread *thread;    /* to be woken */
    /* NULL: takes the waiter out and wakes its thread. Else called instead, with the events that the waker names (of
     * abi/poll.h; 0: unknown); the waiter stays where it is, unless the function takes it out. It must not wait, and
     * may free the waiter's own object only. True: this counts as a wake-up (of `exclusive` ones). */
    bool (*wake)(struct waiter *waiter, uint32_t events);
    bool exclusive; /* woken one at a time, the longest waiting first, behind all that aren't */
};

#define WAIT_FOREVER UINT64_MAX
enum {
    WAIT_INTERRUPTIBLE = 1, /* a signal ends it */
    WAIT_KILLABLE = 2,      /* one that ends the process does */
    WAIT_EXCLUSIVE = 4,
};

#endif
