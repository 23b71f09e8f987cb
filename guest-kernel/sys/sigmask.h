/* SPDX-License-Identifier: Apache-2.0 */
/* sigmask.h - actions and masks of signals as the calls set them, and the calls that wait under another mask
 * (rt_sigsuspend, ppoll, pselect6). */
#ifndef GK_SYS_SIGMASK_H
#define GK_SYS_SIGMASK_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/signal.h"
#include "lib/types.h"

struct signal_action;

static inline bool signal_is_number(int signal)
{
    return signal >= 1 && signal <= SIGNALS;
}

/* What the current process does about a signal, one that may be changed. */
void sigaction_set(int signal, const struct signal_action *action);
/* SIG_BLOCK, SIG_UNBLOCK and SIG_SETMASK of the current thread's mask. 0 or -EINVAL. */
int sigmask_change(int how, uint64_t set);

/* Puts the user's mask in force until sigmask_resume. 0, -EINVAL (size), -EFAULT. */
int sigmask_suspend(uaddr_t address, uint64_t size);
/* The same with a mask that is here, and waits for a signal whose handler runs: sigsuspend(2). -ERESTARTNOHAND. */
int64_t sigmask_wait(uint64_t mask);
/* Where that mask is, and its size, as pselect6 and io_pgetevents are given them together, in words of the program's.
 */
struct sigmask_place {
    uaddr_t mask; /* 0: none */
    uint64_t size;
};
/* Reads them; address 0: none. 0 or -EFAULT. */
int sigmask_place_get(struct sigmask_place *place, uaddr_t address);
/* The call's wait is over with `result`. Without a suspended mask it does nothing. */
void sigmask_resume(int64_t result);

#endif
