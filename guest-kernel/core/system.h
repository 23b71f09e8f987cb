/* SPDX-License-Identifier: Apache-2.0 */
/* system.h - what the system as a whole is called, and what it has done since boot. */
#ifndef GK_CORE_SYSTEM_H
#define GK_CORE_SYSTEM_H

#include "abi/info.h"
#include "core/thread.h"

/* uname(2): the two names of the network may be changed. */
extern struct utsname_user system_name;

extern const char *system_command_line; /* of the kernel (/proc/cmdline) */

/* How a CPU's time since boot was spent: by programs, by the kernel for them, and idle. In ns. */
struct system_time {
    struct cpu_split busy;
    uint64_t idle_ns;
};
void system_time_get(struct cpu *cpu, struct system_time *out);
/* All CPUs' together. */
void system_time_sum(struct system_time *out);

#endif
