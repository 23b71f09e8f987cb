/* SPDX-License-Identifier: Apache-2.0 */
/* commit.c - see commit.h. As Linux's __vm_enough_memory. */
#include "mm/commit.h"

#include "core/thread.h"
#include "mm/mapping.h"
#include "mm/page.h"

#define ADMIN_RESERVE (8ull << 20) /* for root to mend things: a 32nd of the memory, at most so much */
#define USER_RESERVE (128ull << 20)
#define RESERVE_PART 32u

int commit_policy, commit_ratio = 50;
uint64_t commit_bytes;

static uint64_t total(void)
{
    return page_total_count() << PAGE_SHIFT;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t commit_limit(void)
{
    uint64_t pages = page_total_count() * (unsigned)commit_ratio / 100;

    return smaller(pages, INT64_MAX >> PAGE_SHIFT) << PAGE_SHIFT;
}

/* What is kept back: from everybody but root, and from a process the more the larger it is. */
static uint64_t reserve(const struct thread *thread)
{
    uint64_t part = total() / RESERVE_PART, kept = 0;

    if (!cred_has(&thread->cred, CAP_SYS_ADMIN))
        kept += smaller(part, ADMIN_RESERVE);
    if (thread->process->space != NULL)
        kept += smaller(thread->process->space->mapped_bytes / RESERVE_PART, smaller(part, USER_RESERVE));
    return kept;
}

bool commit_exceeds(uint64_t bytes)
{
    uint64_t limit, kept;

    if (commit_policy != OVERCOMMIT_NEVER)
        return commit_policy == OVERCOMMIT_GUESS && bytes > total();
    limit = commit_limit();
    kept = reserve(current_thread());
    return limit <= kept || commit_bytes >= limit - kept || bytes >= limit - kept - commit_bytes;
}
