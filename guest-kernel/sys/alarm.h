/* SPDX-License-Identifier: Apache-2.0 */
/* alarm.h - the timers of a process go with it. */
#ifndef GK_SYS_ALARM_H
#define GK_SYS_ALARM_H

struct process;

/* The process ends: setitimer's are off. */
void alarms_end(struct process *process);
/* It ends, or runs another program: timer_create's are gone. */
void posix_timers_end(struct process *process);

#endif
