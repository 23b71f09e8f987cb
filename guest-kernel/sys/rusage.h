/* SPDX-License-Identifier: Apache-2.0 */
/* rusage.h - what processes have used, as programs are told (getrusage(2)). */
#ifndef GK_SYS_RUSAGE_H
#define GK_SYS_RUSAGE_H

#include "core/accounting.h"

/* As struct rusage, in the form that the current call's program has it. 0 or -EFAULT. */
int usage_put(const struct usage *usage, uaddr_t address);

#endif
