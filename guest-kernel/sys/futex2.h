/* SPDX-License-Identifier: Apache-2.0 */
/* futex2.h - the calls that do each one thing of futex(2), with words described alike: futex_waitv(2) and its
 * neighbours. */
#ifndef GK_SYS_FUTEX2_H
#define GK_SYS_FUTEX2_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/types.h"

struct futex_word { /* struct futex_waitv */
    uint64_t value, address;
    uint32_t flags, reserved;
};

/* Whether a word may have these flags: of 32 bits (others there aren't on Linux either), private to the process or not.
 */
bool futex2_flags_are_good(uint32_t flags);
bool futex2_is_shared(uint32_t flags);
/* Reads `count` of them from the program: 0, -EFAULT or -EINVAL. */
int futex2_words_get(struct futex_word *words, unsigned count, uaddr_t address);
/* When a wait ends: at a time (0: never) of the realtime or the monotonic clock. 0, -EFAULT, -EINVAL. */
int futex2_deadline_get(uaddr_t timeout, int clock, uint64_t *deadline_ns);

#endif
