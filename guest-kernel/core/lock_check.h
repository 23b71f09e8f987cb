/* SPDX-License-Identifier: Apache-2.0 */
/* lock_check.h - which mutexes each thread has, and whether it may wait for one more: kernels with GK_CHECKS only, in
 * others all of this is nothing. */
#ifndef GK_CORE_LOCK_CHECK_H
#define GK_CORE_LOCK_CHECK_H

#include "core/lock_rank.h"

#ifdef GK_CHECKS

/* The current thread is about to wait for it: panics if it has one that comes behind. */
void lock_check_order(const struct mutex *mutex);
/* The current thread has it now; it is about to give it up. */
void lock_check_taken(struct mutex *mutex);
void lock_check_given(struct mutex *mutex);
/* The current thread is to have none. */
void lock_check_none(void);

#else

static inline void lock_check_order(const struct mutex *mutex)
{
    (void)mutex;
}
static inline void lock_check_taken(struct mutex *mutex)
{
    (void)mutex;
}
static inline void lock_check_given(struct mutex *mutex)
{
    (void)mutex;
}
static inline void lock_check_none(void)
{
}

#endif

#endif
