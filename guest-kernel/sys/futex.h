/* SPDX-License-Identifier: Apache-2.0 */
/* futex.h - futex operations for the rest of sys/, and what the end of a thread, or of its program, does with futexes.
 */
#ifndef GK_SYS_FUTEX_H
#define GK_SYS_FUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/types.h"

struct space;
struct thread;

/* FUTEX_WAKE_BITSET, of the current space's word. At least one is woken. How many there were, or -errno. */
int64_t futex_wake(uaddr_t address, bool shared, int most, uint32_t bitset);

/* The current thread is about to let its space go, by its end or for a new program: locks that it has are marked as
 * their owner's that died (get_robust_list(2)), and whoever waits for its end learns of it (set_tid_address(2)). May
 * wait. */
void futex_thread_exit(struct thread *thread);
/* The same for the space that the current thread, which has another already, leaves behind at exec. */
void futex_exec(struct thread *thread, struct space *old);

#endif
