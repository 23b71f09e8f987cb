/* SPDX-License-Identifier: Apache-2.0 */
/* cpuinfo.h - reads the CPU's flags from the text of /proc/cpuinfo. */
#ifndef LVMM_CPUINFO_H
#define LVMM_CPUINFO_H

#include <stdbool.h>
#include <stdio.h>

/* The first CPU's flags, apart by spaces, to be freed by the caller. NULL: there are none, as on most ISAs, or no
 * memory. */
char *cpuinfo_read_flags(FILE *file);
/* Whether the word is one of these flags. */
bool cpuinfo_has_flag(const char *flags, const char *word);

#endif
