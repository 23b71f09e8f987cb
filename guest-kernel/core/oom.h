/* SPDX-License-Identifier: Apache-2.0 */
/* oom.h - what becomes of a page fault when all memory is used up. */
#ifndef GK_CORE_OOM_H
#define GK_CORE_OOM_H

#include <stdbool.h>

#include "mm/space.h"

/* space_fault for the current process; but if there is no memory left, the process that has most of it is killed,
 * unless one is about to end already, and its end waited for; then the fault is tried again. The log names it. May
 * wait. -ENOMEM: it is the current process that is to end. */
int oom_fault(struct space *space, uaddr_t address, unsigned access);

/* Forgets who was killed last, whose number is kept until then: when there is nobody any more to be killed. */
void oom_end(void);

/* Tried before a program is killed: whether memory can be had by now (what was only in memory is on a disk). NULL:
 * there is nothing to try. It may wait. */
extern bool (*oom_store)(void);

#endif
