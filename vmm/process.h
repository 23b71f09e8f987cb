/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - what lvmm makes of the process that it was started as: its descriptors and limits. */
#ifndef LVMM_PROCESS_H
#define LVMM_PROCESS_H

#include <pthread.h>

#include "vmm/sandbox/sandbox.h"

/*
 * To be called first. Descriptors that were inherited are closed, but the three standard ones (streams.h) and those
 * that a word of the command line names (/dev/fd/N, /proc/self/fd/N, as a shell's <(...) does). Limits of the stack and
 * of descriptors that are too low are raised as far as the system allows. 0, or -errno after a message.
 */
int process_prepare(int argc, char *const *argv);

/* A thread with a stack of its own size: the system's default follows RLIMIT_STACK, which may be next to nothing. list:
 * the system calls that are left to it, of those of its maker; NULL: the same. 0 or -errno. */
int process_thread(pthread_t *thread, const struct sandbox_list *list, void *(*run)(void *owner), void *owner);

#endif
