/* SPDX-License-Identifier: Apache-2.0 */
/* itimer.h - the process's alarm (setitimer(2), ITIMER_REAL), and the CPU's timer, which it shares with who waits. */
#ifndef GK_CORE_ITIMER_H
#define GK_CORE_ITIMER_H

#include <stdint.h>

/* Has an interrupt come at `deadline_ns` (ITIMER_OFF: none is wanted) or when the alarm is due, whichever is first. */
void itimer_arm(uint64_t deadline_ns);

/* Sends SIGALRM if the alarm is due. After an interrupt of the timer, and while the kernel waits. */
void itimer_check(void);

#endif
