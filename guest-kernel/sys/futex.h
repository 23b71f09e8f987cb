/* SPDX-License-Identifier: Apache-2.0 */
/* futex.h - what the end of a thread, or of its program, does with futexes. */
#ifndef GK_SYS_FUTEX_H
#define GK_SYS_FUTEX_H

struct thread;

/* The current thread is about to let its space go, by its end or for a new program: whoever waits for its end learns of
 * it (set_tid_address(2)). May wait. */
void futex_thread_exit(struct thread *thread);

#endif
