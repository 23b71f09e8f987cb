/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - process groups that lose those who look after them. */
#ifndef GK_SYS_SESSION_H
#define GK_SYS_SESSION_H

struct process;

/* The process has ended, or `parent`, who was its parent, has: if its group is looked after by nobody now (setpgid(2),
 * "orphaned process group") and has stopped processes, its members get SIGHUP and SIGCONT. A group with many is only
 * noted for that: the caller then calls session_tell_orphaned where it may wait. */
void session_group_left(const struct process *process, const struct process *parent);
/* Sends them to those that were noted, and lets others have turns meanwhile (wait_loop_ends). */
void session_tell_orphaned(void);

#endif
