/* SPDX-License-Identifier: Apache-2.0 */
/* numbers.c - the numbers of the process and its parent, and what libraries register. */
#include "sys/syscall.h"

#include "sys/user.h"

int64_t sys_getpid(const uint64_t arg[6])
{
    (void)arg;
    return current_process()->pid;
}

int64_t sys_gettid(const uint64_t arg[6])
{
    (void)arg;
    return current_thread()->tid;
}

int64_t sys_getppid(const uint64_t arg[6])
{
    (void)arg;
    return current_process()->parent->pid;
}

/* ---- what libraries register ---- */

int64_t sys_set_tid_address(const uint64_t arg[6])
{
    struct thread *thread = current_thread();

    thread->clear_child_tid = arg[0];
    return thread->tid;
}

/* ---- personality, umask ---- */

#define PERSONALITY_QUERY 0xffffffffu

/* PER_LINUX is the only one. */
int64_t sys_personality(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    uint32_t old = thread->personality, personality = (uint32_t)arg[0];

    if (personality == PERSONALITY_QUERY)
        return old;
    if (personality & ~PERSONALITY_NO_CHANCE)
        return -EINVAL;
    thread->personality = personality;
    return old;
}

int64_t sys_umask(const uint64_t arg[6])
{
    struct fs_context *fs = current_thread()->fs;
    uint32_t old = fs->umask;

    fs->umask = (uint32_t)arg[0] & 0777;
    return old;
}
