/* SPDX-License-Identifier: Apache-2.0 */
/* trace_memory.h - what the arguments of a system call lead to, for lvmm to show. */
#ifndef GK_SYS_TRACE_MEMORY_H
#define GK_SYS_TRACE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "boot/abi.h"

/* Puts pieces (struct lvmm_piece) into `room`: of what the current thread's call reads, or, when it has ended, of what
 * it has written. Returns their bytes. May wait for pages of the program. */
size_t trace_memory_collect(const struct lvmm_syscall *call, bool ended, uint8_t *room, size_t size);

#endif
