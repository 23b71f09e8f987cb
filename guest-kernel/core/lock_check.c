/* SPDX-License-Identifier: Apache-2.0 */
/* lock_check.c - see lock_check.h. */
#include "core/lock_check.h"

#include "core/log.h"
#include "core/thread.h"

#ifdef GK_CHECKS

static const char *name_of(const struct mutex *mutex)
{
    static const char *const names[] = {
        [RANK_NONE] = "a lock without a rank",
        [RANK_POSITION] = "a file's position",
        [RANK_TEXT] = "an open text",
        [RANK_READING] = "a terminal's or stream's readers",
        [RANK_WRITING] = "a terminal's or stream's writers",
        [RANK_REMOUNT] = "a file system's remounting",
        [RANK_MOVING] = "the shape of the tree",
        [RANK_DIRECTORY] = "a directory",
        [RANK_INODE] = "an inode",
        [RANK_VOLUME] = "a volume",
    };

    return names[mutex->rank];
}

static bool may_follow(const struct mutex *held, const struct mutex *mutex)
{
    return held->rank < mutex->rank || (held->rank == RANK_DIRECTORY && mutex->rank == RANK_DIRECTORY);
}

void lock_check_order(const struct mutex *mutex)
{
    const struct thread *thread = arch_current();

    if (mutex->rank == RANK_NONE)
        panic("%s is taken", name_of(mutex));
    for (const struct mutex *held = thread->held; held != NULL; held = held->next_held)
        if (held == mutex || !may_follow(held, mutex))
            panic("%s is waited for by who has %s", name_of(mutex), held == mutex ? "that one" : name_of(held));
    if (thread->wants_no_wait != 0)
        panic("%s is waited for by who has a volume or a page", name_of(mutex));
}

void lock_check_taken(struct mutex *mutex)
{
    struct thread *thread = arch_current();

    mutex->next_held = thread->held;
    thread->held = mutex;
}

void lock_check_given(struct mutex *mutex)
{
    struct thread *thread = arch_current();
    struct mutex **at = &thread->held;

    while (*at != NULL && *at != mutex)
        at = &(*at)->next_held;
    if (*at == NULL)
        panic("%s is given up by who hasn't got it", name_of(mutex));
    *at = mutex->next_held;
}

void lock_check_none(void)
{
    const struct thread *thread = arch_current();

    if (thread->held != NULL)
        panic("%s is kept by who leaves the kernel", name_of(thread->held));
}

#endif
