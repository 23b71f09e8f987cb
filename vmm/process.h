/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - what lvmm makes of the process that it was started as: its descriptors and limits. */
#ifndef LVMM_PROCESS_H
#define LVMM_PROCESS_H

#include <pthread.h>

#include "vmm/sandbox/lists.h"

#define PROCESS_NAMED_MAX 32 /* how many descriptors the command line can name, more than anybody does */

/* Descriptors that were inherited and are named on the command line. */
struct process_named {
    int fd[PROCESS_NAMED_MAX]; /* in order */
    unsigned count;
};

/*
 * To be called first. Descriptors that were inherited are closed, but the three standard ones (streams.h) and those
 * that a word of the command line names (/dev/fd/N, /proc/self/fd/N, as a shell's <(...) does). Limits of the stack and
 * of descriptors that are too low are raised as far as the system allows. named: filled. 0, or -errno after a message.
 */
int process_prepare(int argc, char *const *argv, struct process_named *named);

/* Closes them: who wanted one of them has opened it by its name, as a descriptor of its own. */
void process_close_named(struct process_named *named);

/* A thread with a stack of its own size: the system's default follows RLIMIT_STACK, which may be next to nothing. list:
 * the system calls that are left to it, of those of its maker; NULL: the same. 0 or -errno. */
int process_thread(pthread_t *thread, const struct sandbox_list *list, void *(*run)(void *owner), void *owner);
/* What was printed for the user has to have arrived, else it is no success: false after a message. */
bool process_finish_stdout(void);

#endif
