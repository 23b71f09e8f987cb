/* SPDX-License-Identifier: Apache-2.0 */
/* wait.h - the current thread waits. The only place where the kernel takes interrupts. */
#ifndef GK_CORE_WAIT_H
#define GK_CORE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#define WAIT_FOREVER UINT64_MAX

/* Waits until done(arg) is true (checked after each interrupt), the monotonic clock reaches deadline_ns, or - only if
 * `interruptible` - a signal is pending. 0, -ETIMEDOUT or -ERESTARTSYS: the call is made again
 * once the signal is delivered, or gives EINTR; one that has another way returns another of -ERESTART*, or -EINTR. */
int wait_until(bool (*done)(void *arg), void *arg, uint64_t deadline_ns, bool interruptible);

/* Called before the current thread sleeps, each time. True: time has passed in it, so whoever waits looks again first.
 * One, set at boot; it may wait itself. NULL: none. */
extern bool (*wait_before_sleep)(void);

/* For a wait that only its deadline or a signal ends. */
bool wait_never(void *arg);
/* For loops in a system call that take long: called after each WAIT_LOOP_BYTES that were moved, or as often. Takes the
 * interrupts that have come, if that wasn't done lately. True: a signal is pending (fatal: one that ends the process,
 * as Linux looks at for regular files), so the loop should end with what it has, or -EINTR. */
#define WAIT_LOOP_BYTES (256u << 10)
bool wait_loop_ends(bool fatal);

#endif
