/* SPDX-License-Identifier: Apache-2.0 */
/* reach.h - whether the caller may reach into another process (ptrace(2), "Ptrace access mode checking"). */
#ifndef GK_SYS_REACH_H
#define GK_SYS_REACH_H

#include <stdbool.h>

struct thread;

/* As for PTRACE_MODE_ATTACH_REALCREDS and PTRACE_MODE_READ_REALCREDS, which differ in nothing here. */
bool reach_may_trace(const struct thread *other);

#endif
