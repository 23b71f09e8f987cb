/* SPDX-License-Identifier: Apache-2.0 */
/* end.h - a process is told to end. */
#ifndef GK_CORE_END_H
#define GK_CORE_END_H

#include "core/thread.h"

/* Has a process end, the current one or another, unless it does so already: with `code` or by `signal` (0: none). Each
 * of its threads returns from process_run on its next way to user mode. */
void process_end(struct process *process, uint32_t code, uint32_t signal);
/* There may be so many that wait that it is too long to wake all at once (core/hold.h): some are, and each that ends
 * wakes some more, by this. */
void process_end_go_on(struct process *process);
void process_exit(uint32_t code, uint32_t signal);

#endif
