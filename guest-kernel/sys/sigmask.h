/* SPDX-License-Identifier: Apache-2.0 */
/* sigmask.h - the calls that wait under another signal mask (rt_sigsuspend, ppoll, pselect6). */
#ifndef GK_SYS_SIGMASK_H
#define GK_SYS_SIGMASK_H

#include <stdint.h>

#include "lib/types.h"

/* Puts the user's mask in force until sigmask_resume. 0, -EINVAL (size), -EFAULT. */
int sigmask_suspend(uaddr_t address, uint64_t size);
/* The call's wait is over with `result`. Without a suspended mask it does nothing. */
void sigmask_resume(int64_t result);

#endif
