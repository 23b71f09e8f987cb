/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outside.h - whether anything has come from outside the VM since a certain moment: input, a packet, or simply time
 * that somebody slept for. Who caches what others change trusts the cache for as long as nothing has: nobody in here
 * can know yet that there was a change (fs/fuse). Answers of the server of files don't count. With the kernel lock.
 */
#ifndef GK_CORE_OUTSIDE_H
#define GK_CORE_OUTSIDE_H

#include <stdint.h>

extern uint64_t outside_count;

/* Something has. */
static inline void outside_heard(void)
{
    outside_count++;
}

#endif
