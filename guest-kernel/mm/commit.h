/* SPDX-License-Identifier: Apache-2.0 */
/*
 * commit.h - how much memory programs were promised, and whether they are promised more (proc_sys_vm(5),
 * overcommit_memory): private memory that can be written, shared memory of its own, and what files in memory have.
 */
#ifndef GK_MM_COMMIT_H
#define GK_MM_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

enum { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

extern int commit_policy, commit_ratio; /* vm.overcommit_memory; vm.overcommit_ratio, in % */
extern uint64_t commit_bytes;           /* Committed_AS: changed by who gives it and takes it back */

uint64_t commit_limit(void); /* CommitLimit, in bytes */
/* Whether so many bytes more are too much: as much as there is memory at all; never; or, with OVERCOMMIT_NEVER, what
 * isn't left of the limit for the current process. */
bool commit_exceeds(uint64_t bytes);
/* The same with OVERCOMMIT_NEVER alone. */
static inline bool commit_is_refused(uint64_t bytes)
{
    return commit_policy == OVERCOMMIT_NEVER && commit_exceeds(bytes);
}

#endif
