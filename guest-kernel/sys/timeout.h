/* SPDX-License-Identifier: Apache-2.0 */
/* timeout.h - user timeouts as deadlines of the monotonic clock. */
#ifndef GK_SYS_TIMEOUT_H
#define GK_SYS_TIMEOUT_H

#include <stdint.h>

#include "lib/types.h"

#define TIMEOUT_LONGEST ((uint64_t)INT64_MAX) /* 292 years */

/* Reads a struct timespec: 0, -EFAULT or -EINVAL. Too long a time is cut. */
int timeout_read(uaddr_t address, uint64_t *ns);
/* The deadline that a struct timespec in user memory sets from now on; none (0): WAIT_FOREVER. As timeout_read. */
int timeout_deadline(uaddr_t address, uint64_t *deadline_ns);
/* The deadline `ns` from now; when the given clock (which must be a valid one) shows `ns`. */
uint64_t deadline_after(uint64_t ns);
uint64_t deadline_at(int clock, uint64_t ns);

#endif
