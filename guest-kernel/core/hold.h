/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h - for how long a CPU has the kernel at a time: from where it came in, or last gave way, to where it goes back
 * to a program, idles, or gives way again (wait_loop_ends). So long others, and interrupts, may have to wait.
 *
 * Kernels with GK_CHECKS count it in steps, which no clock and no other machine's speed has a part in: a step is a way
 * from one block of code to the next, at which the compiler puts a call (-fsanitize-coverage=trace-pc), but for arch/
 * and what the lock itself does. The longest is told with --verbose; one beyond HOLD_STEPS_MAX is a panic.
 */
#ifndef GK_CORE_HOLD_H
#define GK_CORE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef GK_CHECKS
/* Holds count from now on, and none may be longer than so many steps (0: HOLD_STEPS_MAX). Once, before there are
 * programs: how long the boot takes is its own affair. */
void hold_watch(uint64_t steps_max);
/* Of this CPU, which has come into the kernel out of user mode, or (goes_on) goes on with what it had begun. */
void hold_begin(bool goes_on);
/* It is about to leave, or to give way. */
void hold_end(void);
/* On the log: the longest so far. From here on none is too long: the machine ends. */
void hold_tell(void);
#else
static inline void hold_watch(uint64_t steps_max)
{
    (void)steps_max;
}
static inline void hold_begin(bool goes_on)
{
    (void)goes_on;
}
static inline void hold_end(void)
{
}
static inline void hold_tell(void)
{
}
#endif

#endif
