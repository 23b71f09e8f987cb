/* SPDX-License-Identifier: Apache-2.0 */
/* pid.c - the end of the process, its number, group and session, and what libraries register. */
#include "sys/syscall.h"

#include "sys/user.h"

/* ---- process, group and session: one process, which leads its group and session; its parent is outside the VM ---- */

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

int64_t sys_getpgrp(const uint64_t arg[6])
{
    (void)arg;
    return current_process()->pid;
}

int64_t sys_getpgid(const uint64_t arg[6])
{
    return process_is_current(arg[0]) ? current_process()->pid : -ESRCH;
}

int64_t sys_getsid(const uint64_t arg[6])
{
    return sys_getpgid(arg);
}

/* Both are refused to a session's leader (setpgid(2), setsid(2)). */
int64_t sys_setpgid(const uint64_t arg[6])
{
    if ((int)arg[1] < 0)
        return -EINVAL;
    return process_is_current(arg[0]) ? -EPERM : -ESRCH;
}

int64_t sys_setsid(const uint64_t arg[6])
{
    (void)arg;
    return -EPERM;
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
    return (uint32_t)arg[0] == PERSONALITY_QUERY || (uint32_t)arg[0] == 0 ? 0 : -EINVAL;
}

int64_t sys_umask(const uint64_t arg[6])
{
    struct fs_context *fs = current_thread()->fs;
    uint32_t old = fs->umask;

    fs->umask = (uint32_t)arg[0] & 0777;
    return old;
}
