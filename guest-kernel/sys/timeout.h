/* SPDX-License-Identifier: Apache-2.0 */
/* timeout.h - user timeouts as deadlines of the monotonic clock. */
#ifndef GK_SYS_TIMEOUT_H
#define GK_SYS_TIMEOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/time.h"
#include "lib/types.h"

#define TIMEOUT_LONGEST ((uint64_t)INT64_MAX) /* 292 years */

/* `count` of struct timespec of the caller's, who may be a 32-bit program (call_is_32bit). 0 or -EFAULT. */
int timespecs_from_user(struct timespec_user *times, unsigned count, uaddr_t address);
/* One, to there; `count` of them. 0 or -EFAULT. */
int timespec_to_user(uaddr_t address, const struct timespec_user *time);
int timespecs_to_user(uaddr_t address, const struct timespec_user *times, unsigned count);
/* `count` of struct timeval of the caller's. 0 or -EFAULT. */
int timevals_from_user(struct timeval_user *times, unsigned count, uaddr_t address);

/* Whether it is one, and not negative; its nanoseconds, too long a time being cut. */
bool timespec_is_valid(const struct timespec_user *time);
uint64_t timeout_ns_of(const struct timespec_user *time);
static inline struct timespec_user timespec_of(uint64_t ns)
{
    return (struct timespec_user){.sec = (int64_t)(ns / NS_PER_SEC), .nsec = (int64_t)(ns % NS_PER_SEC)};
}
/* Reads a struct timespec: 0, -EFAULT or -EINVAL. Too long a time is cut. */
int timeout_read(uaddr_t address, uint64_t *ns);
/* The deadline that a struct timespec in user memory sets from now on; none (0): WAIT_FOREVER. As timeout_read. */
int timeout_deadline(uaddr_t address, uint64_t *deadline_ns);
/* The deadline `ns` from now; when the given clock (which must be a valid one) shows `ns`. */
uint64_t deadline_after(uint64_t ns);
uint64_t deadline_at(int clock, uint64_t ns);

#endif
