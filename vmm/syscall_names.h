/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_names.h - Linux's names of system calls, from the guest kernel's own table. */
#ifndef LVMM_SYSCALL_NAMES_H
#define LVMM_SYSCALL_NAMES_H

#include <stdint.h>

/* A constant string, or NULL: the table doesn't have that number for this ISA ("x86_64"). */
const char *syscall_name(const char *isa, uint32_t number);

#endif
