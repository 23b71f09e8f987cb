/* SPDX-License-Identifier: Apache-2.0 */
/* kill.h - signals that the caller sends to others, if it may (kill(2)). */
#ifndef GK_SYS_KILL_H
#define GK_SYS_KILL_H

#include <stdbool.h>

#include "lib/types.h"

struct pid;
struct process;
struct signal_info;
struct thread;

/* What a signal is to tell, as a program has made it up (siginfo_t, in the caller's form); `signal`: which it is,
 * whatever stands there, NULL: as it stands there. 0, -EFAULT, -E2BIG: it tells what nobody knows the layout of. */
int kill_info_get(struct signal_info *info, const int *signal, uaddr_t address);

/* 0; -EINVAL: no such signal; -EPERM; -EAGAIN: no room in the queue. Signal 0 only asks. `process` may have ended, and
 * be the kernel's. */
int kill_process(struct process *process, const struct signal_info *info);
int kill_thread(struct thread *thread, const struct signal_info *info);
/* To its members: 0 if one could be told; else what the last said. group NULL, or without members: -ESRCH. Where there
 * are many of them, others have turns meanwhile (wait_loop_ends): the caller's `group` may be gone afterwards. */
int kill_group(struct pid *group, const struct signal_info *info);
/* Whether a signal to the group's members lets others have turns. */
bool kill_is_to_many(const struct pid *group);

/* Signals that are on their way to many while others have their turns: those that `as` has still to come are sent to
 * `process` at once, and of all others it gets none. For a child that `as` has made, which has its first thread with
 * credentials and mask by now, and for who is about to change its group (as: itself). */
void kill_settle(struct process *process, const struct process *as);

#endif
