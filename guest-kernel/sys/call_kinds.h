/* SPDX-License-Identifier: Apache-2.0 */
/* call_kinds.h - which kinds of arguments a system call has, by its number. */
#ifndef GK_SYS_CALL_KINDS_H
#define GK_SYS_CALL_KINDS_H

#include <stdbool.h>
#include <stdint.h>

/* KINDS_MAX of them (abi/kinds.h); KIND_none six times for a number that isn't there. i386: it came by int 0x80. */
const uint32_t *syscall_kinds(bool i386, uint64_t number);

#endif
