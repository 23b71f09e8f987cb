/* SPDX-License-Identifier: Apache-2.0 */
/* session.h - process groups that lose those who look after them. */
#ifndef GK_SYS_SESSION_H
#define GK_SYS_SESSION_H

#include <stdbool.h>

struct process;

/* The process ends, or `parent` has ended, who was its parent: if its group is looked after by nobody now (setpgid(2),
 * "orphaned process group") and has stopped processes, they get SIGHUP and SIGCONT. */
void session_group_left(const struct process *process, const struct process *parent, bool ends);

#endif
