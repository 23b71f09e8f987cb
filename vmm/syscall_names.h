/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_names.h - Linux's names of system calls, from the guest kernel's own table. */
#ifndef LVMM_SYSCALL_NAMES_H
#define LVMM_SYSCALL_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSCALL_NUMBERS 512u /* all that the table has are below */

/* A constant string, or NULL: the table doesn't have that number for this ISA ("x86_64"), or for i386. */
const char *syscall_name(const char *isa, bool i386, uint32_t number);

/* The kinds of its arguments, KINDS_MAX of them (guest-kernel/abi/kinds.h), or NULL likewise. */
const uint32_t *syscall_kinds(const char *isa, bool i386, uint32_t number);

/* The rows of the table, from 0 on: their names and kinds; and the row of a call's number, or -1. */
unsigned syscall_rows(void);
const char *syscall_row_name(unsigned row);
const uint32_t *syscall_row_kinds(unsigned row);
int syscall_row(const char *isa, bool i386, uint32_t number);

/* The name, or "syscall_999" where there is none. Returns `text`. */
#define SYSCALL_NAME_SIZE 40u
const char *syscall_text(const char *isa, bool i386, uint32_t number, char text[SYSCALL_NAME_SIZE]);

#endif
