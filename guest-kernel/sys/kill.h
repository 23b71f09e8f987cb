/* SPDX-License-Identifier: Apache-2.0 */
/* kill.h - signals that the caller sends to others, if it may (kill(2)). */
#ifndef GK_SYS_KILL_H
#define GK_SYS_KILL_H

struct pid;
struct process;
struct signal_info;
struct thread;

/* 0; -EINVAL: no such signal; -EPERM; -EAGAIN: no room in the queue. Signal 0 only asks. `process` may have ended, and
 * be the kernel's. */
int kill_process(struct process *process, const struct signal_info *info);
int kill_thread(struct thread *thread, const struct signal_info *info);
/* To its members: 0 if one could be told; else what the last said. group NULL, or without members: -ESRCH. */
int kill_group(struct pid *group, const struct signal_info *info);

#endif
