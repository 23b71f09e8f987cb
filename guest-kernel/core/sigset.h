/* SPDX-License-Identifier: Apache-2.0 */
/* sigset.h - which signals wait for a thread, and which of them matter to it (signal(7)). Nothing here waits or wakes.
 */
#ifndef GK_CORE_SIGSET_H
#define GK_CORE_SIGSET_H

#include "core/thread.h"

#define SIGNALS_STOP (SIGNAL_BIT(SIGSTOP) | SIGNAL_BIT(SIGTSTP) | SIGNAL_BIT(SIGTTIN) | SIGNAL_BIT(SIGTTOU))

bool signal_is_pending(const struct thread *thread);    /* one that is not blocked or ignored, or is waited for */
bool signal_fatal_pending(const struct thread *thread); /* one that is about to end the process */
/* Whether siginfo_t.si_code from 1 on has meanings that are the signal's own. Any number is taken. */
static inline bool signal_has_codes(int signal)
{
    const uint64_t set = SIGNAL_BIT(SIGILL) | SIGNAL_BIT(SIGFPE) | SIGNAL_BIT(SIGSEGV) | SIGNAL_BIT(SIGBUS) |
                         SIGNAL_BIT(SIGTRAP) | SIGNAL_BIT(SIGCHLD) | SIGNAL_BIT(SIGIO) | SIGNAL_BIT(SIGSYS);

    return signal > 0 && signal <= SIGNALS && (set & SIGNAL_BIT(signal));
}
/* Whether an info tells of an open file: it has `poll` (Linux's siginfo_layout). */
static inline bool signal_tells_of_file(const struct signal_info *info)
{
    return info->code == SI_SIGIO || (info->code >= POLL_IN && info->code <= POLL_HUP &&
                                      (info->signal == SIGIO || !signal_has_codes(info->signal)));
}
/* All that wait, of the thread and of its process. */
uint64_t signal_pending_set(const struct thread *thread);
/* What the process's action for the signal is: to do nothing, or without a handler to stop or to end it. */
bool signal_is_ignored(const struct process *process, int signal);
bool signal_stops(const struct process *process, int signal);
bool signal_ends(const struct process *process, int signal);

#endif
