/* SPDX-License-Identifier: Apache-2.0 */
/* filter.h - what looks at a thread's system calls before they are carried out, as far as others know of it:
 * seccomp(2), which sys/seccomp.c is. */
#ifndef GK_CORE_FILTER_H
#define GK_CORE_FILTER_H

#include <stddef.h>
#include <stdint.h>

enum { FILTER_NONE = 0, FILTER_STRICT = 1, FILTER_PROGRAMS = 2 }; /* SECCOMP_MODE_* */

struct filter {           /* isn't changed once a thread has it, but for refs and mark */
    uint32_t refs;        /* threads and newer filters */
    uint32_t mode;        /* FILTER_STRICT, FILTER_PROGRAMS */
    uint32_t count;       /* this one and all older ones */
    uint32_t cost;        /* of all of them: instructions, and some for each filter */
    uint64_t mark;        /* of who looks through many threads' */
    struct filter *older; /* one reference; NULL: none */
};

static inline uint32_t filter_mode(const struct filter *filter)
{
    return filter != NULL ? filter->mode : FILTER_NONE;
}
static inline uint32_t filter_count(const struct filter *filter)
{
    return filter != NULL ? filter->count : 0;
}

#endif
