/* SPDX-License-Identifier: Apache-2.0 */
/* end.h - a process is told to end. */
#ifndef GK_CORE_END_H
#define GK_CORE_END_H

#include "core/thread.h"

/* Has a process end, the current one or another, unless it does so already: with `code` or by `signal` (0: none). Each
 * of its threads returns from process_run on its next way to user mode. */
void process_end(struct process *process, uint32_t code, uint32_t signal);
void process_exit(uint32_t code, uint32_t signal);

#endif
