/* SPDX-License-Identifier: Apache-2.0 */
/* pid.h - the numbers that name threads, processes, process groups and sessions. A number isn't given anew while one of
 * those has it; who only looks (a pidfd, an inode of /proc) holds what it named, and finds that empty afterwards. */
#ifndef GK_CORE_PID_H
#define GK_CORE_PID_H

#include "core/thread.h"

struct pid {
    int number;
    uint32_t users; /* of the number: threads, processes, groups, sessions. 0: it is free, or another's by now */
    uint32_t refs;  /* of this structure: all users together have one */
    struct tree_node node;
    struct thread *thread;   /* the thread that it names; NULL: it has ended */
    struct process *process; /* the process that it names, ended or not; NULL: none (a thread that isn't its
                                process's first), or it was waited for */
    struct tracee *tracee;   /* the thread that it names, or named, is traced: core/tracing.h; or NULL */
    struct list members;     /* process.group_link of the group that it names */
    unsigned looked_after;   /* members that somebody outside looks after; that have stopped: core/group.h */
    unsigned stopped;
    struct pid *next_to_tell;  /* sys/session.c: of the orphaned groups that are still to be told; itself: the last */
    struct wait_queue changed; /* the process or the thread has ended: who polls a pidfd */
    uint64_t serial;           /* never given twice, as the number may be: a pidfd's st_ino */
};

#define PID_MAX 4194304   /* pid_max is at most this, as on a 64-bit Linux */
#define PID_MAX_LEAST 301 /* and at least this */
extern int pid_max;       /* numbers are below it (/proc/sys/kernel/pid_max) */

struct pid *pid_create(void); /* with the next number and one user. NULL: no memory, or no number is free */
/* The same with a number of choice, from 1 on. 0, -EEXIST, -ENOMEM. */
int pid_create_number(int number, struct pid **out);
struct pid *pid_find(int number); /* borrowed, until the caller waits; NULL: nothing has it */
int pid_last(void);               /* the number given last */
void pid_get(struct pid *pid);    /* one more user, of a number that has some */
void pid_put(struct pid *pid);    /* NULL: nothing */
/* A reference that keeps the structure, and not the number. */
void pid_hold(struct pid *pid);
void pid_drop(struct pid *pid); /* NULL: nothing */
/* All there are, by number: the first from `number` on, or NULL. For walks in which things may end meanwhile. */
struct pid *pid_from(int number);

/* The thread or the process that a number names; NULL: there is none. A process that has ended is there until it was
 * waited for. */
struct thread *thread_find(int tid);
struct process *process_find(int number);

#endif
