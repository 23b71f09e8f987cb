/* SPDX-License-Identifier: Apache-2.0 */
/* rlimit.h - what a process's resource limits are (getrlimit(2)). Who may change them, and what they forbid, is
 * sys/limit.c's. */
#ifndef GK_CORE_RLIMIT_H
#define GK_CORE_RLIMIT_H

#include <stdint.h>

#include "abi/info.h" /* RLIMIT_* */

struct process;

#define FILES_AT_FIRST 1024 /* RLIMIT_NOFILE: what vfs/fdtable.h has too */
#define FILES_MAX 1048576

struct resource_limit {
    uint64_t soft, hard; /* RLIM_INFINITY: none */
};

extern const struct resource_limit rlimit_default[RLIMIT_COUNT];

/* One of them: RLIMIT_*. */
struct resource_limit rlimit_get(const struct process *process, unsigned resource);

#endif
