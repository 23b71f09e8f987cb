/* SPDX-License-Identifier: Apache-2.0 */
/* i386_siginfo.h - what a signal tells, as 32-bit programs on x86 have it. */
#ifndef GK_SYS_I386_SIGINFO_H
#define GK_SYS_I386_SIGINFO_H

#include "abi/i386.h"

struct signal_info;

/* Fills all of *out. Numbers that have no room there are cut. */
void i386_siginfo_fill(const struct signal_info *info, struct i386_siginfo *out);
/* The other way: what in `given` belongs to its signal and code, and no more. */
void i386_siginfo_read(const struct i386_siginfo *given, struct signal_info *out);

#endif
