/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - what lvmm makes of the process that it was started as: its descriptors and limits. */
#ifndef LVMM_PROCESS_H
#define LVMM_PROCESS_H

#include <pthread.h>

/*
 * To be called first. stdin, stdout and stderr are open afterwards, those that were closed as /dev/null, so that no
 * image takes the number of one and has messages written over it. Other descriptors that were inherited are closed, but
 * those that a word of the command line names (/dev/fd/N, /proc/self/fd/N, as a shell's <(...) does). Limits of the
 * stack and of descriptors that are too low are raised as far as the system allows. 0, or -errno after a message, which
 * gets nowhere if it is stderr that can't be opened.
 */
int process_prepare(int argc, char *const *argv);

/* A thread with a stack of its own size: the system's default follows RLIMIT_STACK, which may be next to nothing. 0 or
 * -errno. */
int process_thread(pthread_t *thread, void *(*run)(void *owner), void *owner);

#endif
