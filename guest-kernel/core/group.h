/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - what a process group knows of its members by counting them: how many somebody outside looks after, without
 * whom it is orphaned (setpgid(2)), and how many have stopped. A group may have thousands of members, and many of them
 * may end in a row.
 */
#ifndef GK_CORE_GROUP_H
#define GK_CORE_GROUP_H

#include <stdbool.h>

struct pid;
struct process;

/* After each change of what the process counts for in its group: of its parent or session, of its parent's group or
 * session, or as it has stopped, goes on, or has ended. */
void group_recount(struct process *process);
/* The process counts for nothing: it is about to leave the group. */
void group_uncount(struct process *process);

/* No member that hasn't ended has a parent in another group of its session. */
bool group_is_orphaned(const struct pid *group);

#endif
