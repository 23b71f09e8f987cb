/* SPDX-License-Identifier: Apache-2.0 */
/* exit.h - how threads of programs run and end, and processes with them. */
#ifndef GK_SYS_EXIT_H
#define GK_SYS_EXIT_H

#include <stdint.h>

#include "core/wait.h"

struct fs_context;
struct inode;
struct process;
struct sighand;
struct thread;

/* A program's thread begins, and ends: what is to be done before its first instruction, and after its last. */
void user_thread_begin(void);
_Noreturn void user_thread_end(void);

/* Who has made a thread by vfork, and waits until that lets the space go. */
struct vfork {
    struct wait_queue queue;
    bool released;
};
/* The current thread has let its space go, by its end or a new program: whoever waits for that goes on. */
void vfork_release(struct thread *thread);

struct sighand *sighand_create(const struct sighand *from); /* a copy; NULL: all default. NULL: no memory */
void sighand_put(struct sighand *sighand);                  /* drops a reference; the last one frees it */
void sighand_reset(struct sighand *sighand); /* what is ignored stays so; handlers, flags and masks go (execve(2)) */

/* The process's program, if it has one, isn't its any more: its file may be written to again. */
void process_program_put(struct process *process);

/* Its tracer, which was told of its end first, has waited for it or lets it go: the parent learns of the end, or the
 * process is freed. */
void process_show_end(struct process *process);

/* Frees a process that has ended and was waited for, or that nobody is going to wait for. */
void process_reap(struct process *process);

/* The process ends: setitimer's timers are off. */
void alarms_end(struct process *process);
/* It ends, or runs another program: timer_create's are gone. */
void posix_timers_end(struct process *process);

/* The program ends, whoever asks for it, and with it the machine: its status is 0. */
void exit_end_program(void);

struct program_status {
    uint32_t code, signal; /* signal 0: none has ended it */
    char name[16];
    uint64_t system_calls, page_faults;
};
/* The boot's thread waits until the program has ended, and ends all others then. */
void exit_wait_for_program(struct process *program, struct program_status *status);

#endif
