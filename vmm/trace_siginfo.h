/* SPDX-License-Identifier: Apache-2.0 */
/* trace_siginfo.h - what a signal comes with (siginfo_t of a 64-bit ISA) as text. Pure. */
#ifndef LVMM_TRACE_SIGINFO_H
#define LVMM_TRACE_SIGINFO_H

#include "vmm/trace_line.h"

#define TRACE_SIGINFO_BYTES 48u /* so many of them are looked at */

/* "{si_signo=SIGUSR1, si_code=SI_USER, si_pid=2, si_uid=0}" */
void trace_put_siginfo(struct trace_line *line, const char *isa, const uint8_t at[TRACE_SIGINFO_BYTES]);

#endif
