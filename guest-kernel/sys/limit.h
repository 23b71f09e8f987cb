/* SPDX-License-Identifier: Apache-2.0 */
/* limit.h - the current process's resource limits, for the calls that they bind. */
#ifndef GK_SYS_LIMIT_H
#define GK_SYS_LIMIT_H

#include <stdint.h>

/* The soft limit of an RLIMIT_* of abi/info.h; RLIM_INFINITY: none. */
uint64_t limit_soft(unsigned resource);

#endif
