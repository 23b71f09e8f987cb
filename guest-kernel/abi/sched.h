/* SPDX-License-Identifier: Apache-2.0 */
/* sched.h - Linux's structures and numbers of scheduling (linux/sched/types.h, linux/sched.h, linux/ioprio.h). */
#ifndef GK_ABI_SCHED_H
#define GK_ABI_SCHED_H

#include <stdint.h>

struct sched_attr_user {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max; /* not in the first version */
};
_Static_assert(sizeof(struct sched_attr_user) == 56, "struct sched_attr");
#define SCHED_ATTR_SIZE_FIRST 48u

enum {
    SCHED_FLAG_RESET_ON_FORK = 0x01,
    SCHED_FLAG_RECLAIM = 0x02,
    SCHED_FLAG_DL_OVERRUN = 0x04,
    SCHED_FLAG_KEEP_POLICY = 0x08,
    SCHED_FLAG_KEEP_PARAMS = 0x10,
    SCHED_FLAG_UTIL_CLAMP = 0x60,
};
#define SCHED_FLAG_ALL 0x7full

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

/* ioprio_set(2): the class above 13 bits of data, whose lowest three are the level. */
enum { IOPRIO_WHO_PROCESS = 1, IOPRIO_WHO_PGRP, IOPRIO_WHO_USER };
enum { IOPRIO_CLASS_NONE, IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, IOPRIO_CLASS_IDLE };
#define IOPRIO_CLASS_SHIFT 13
#define IOPRIO_CLASS_MASK 7
#define IOPRIO_LEVEL_MASK 7

#endif
