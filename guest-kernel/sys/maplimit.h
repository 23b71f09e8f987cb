/* SPDX-License-Identifier: Apache-2.0 */
/* maplimit.h - what the process's limits let it map and lock: RLIMIT_AS, RLIMIT_DATA and RLIMIT_MEMLOCK. */
#ifndef GK_SYS_MAPLIMIT_H
#define GK_SYS_MAPLIMIT_H

#include "mm/space.h"

/* May the program have `more` bytes of mappings, in place of what is in [replaced, replaced + replaced_length)? data:
 * of private memory that it can write. */
bool maplimit_allows(uint64_t more, bool data, uaddr_t replaced, uint64_t replaced_length);

/* Whether it may lock memory at all: it has the right, or a limit that isn't 0. */
bool maplimit_may_lock(void);
/* May it have `more` bytes locked than now? */
bool maplimit_lock_fits(uint64_t more);
/* May what is mapped in [start, start + length) be locked, some of which may be already? */
bool maplimit_may_lock_range(uaddr_t start, uint64_t length);
/* May all that is mapped? */
bool maplimit_may_lock_all(void);

/* For struct space. */
bool maplimit_may_grow(const struct space *space, const struct area *area, uint64_t bytes);

#endif
