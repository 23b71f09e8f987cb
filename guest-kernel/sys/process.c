/* SPDX-License-Identifier: Apache-2.0 */
/* process.c - the end of the process, its names and identities. */
#include "sys/syscall.h"

#include "lib/string.h"
#include "sys/user.h"

int64_t sys_exit_group(const uint64_t arg[6])
{
    process_exit((uint32_t)arg[0] & 0xff, 0);
    return 0;
}

/* With one thread its end is the process's. */
int64_t sys_exit(const uint64_t arg[6])
{
    return sys_exit_group(arg);
}

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
    return 0;
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

/* ---- users and groups: root, and no other is known (as in a user namespace that maps 0 alone: EINVAL) ---- */

int64_t sys_getuid(const uint64_t arg[6])
{
    (void)arg;
    return 0;
}

int64_t sys_geteuid(const uint64_t arg[6])
{
    (void)arg;
    return 0;
}

int64_t sys_getgid(const uint64_t arg[6])
{
    (void)arg;
    return 0;
}

int64_t sys_getegid(const uint64_t arg[6])
{
    (void)arg;
    return 0;
}

static int64_t set_ids(const uint64_t *id, unsigned count, bool may_keep)
{
    for (unsigned i = 0; i < count; i++)
        if ((uint32_t)id[i] != 0 && !(may_keep && (uint32_t)id[i] == UINT32_MAX))
            return -EINVAL;
    return 0;
}

int64_t sys_setuid(const uint64_t arg[6])
{
    return set_ids(arg, 1, false);
}

int64_t sys_setgid(const uint64_t arg[6])
{
    return set_ids(arg, 1, false);
}

int64_t sys_setreuid(const uint64_t arg[6])
{
    return set_ids(arg, 2, true);
}

int64_t sys_setregid(const uint64_t arg[6])
{
    return set_ids(arg, 2, true);
}

int64_t sys_setresuid(const uint64_t arg[6])
{
    return set_ids(arg, 3, true);
}

int64_t sys_setresgid(const uint64_t arg[6])
{
    return set_ids(arg, 3, true);
}

int64_t sys_getresuid(const uint64_t arg[6])
{
    uint32_t root = 0;

    for (int i = 0; i < 3; i++)
        if (user_put(arg[i], root))
            return -EFAULT;
    return 0;
}

int64_t sys_getresgid(const uint64_t arg[6])
{
    return sys_getresuid(arg);
}

/* No supplementary groups. */
int64_t sys_getgroups(const uint64_t arg[6])
{
    return (int)arg[0] < 0 ? -EINVAL : 0;
}

int64_t sys_setgroups(const uint64_t arg[6])
{
    return (int)arg[0] == 0 ? 0 : -EINVAL;
}

/* ---- what libraries register ---- */

int64_t sys_set_tid_address(const uint64_t arg[6])
{
    struct thread *thread = current_thread();

    thread->clear_child_tid = arg[0];
    return thread->tid;
}

#define ROBUST_LIST_HEAD_SIZE 24u

int64_t sys_set_robust_list(const uint64_t arg[6])
{
    struct thread *thread = current_thread();

    if (arg[1] != ROBUST_LIST_HEAD_SIZE)
        return -EINVAL;
    thread->robust_list = arg[0];
    thread->robust_list_size = arg[1];
    return 0;
}

int64_t sys_get_robust_list(const uint64_t arg[6])
{
    const struct thread *thread = current_thread();
    uint64_t size = ROBUST_LIST_HEAD_SIZE;

    if ((int)arg[0] != 0 && (int)arg[0] != thread->tid)
        return -ESRCH;
    return user_put(arg[2], size) || user_put(arg[1], thread->robust_list) ? -EFAULT : 0;
}

/* ---- prctl, personality, umask ---- */

enum { PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4, PR_SET_NAME = 15, PR_GET_NAME = 16 };

static int64_t set_name(uaddr_t address)
{
    char name[sizeof(((struct process *)0)->name)] = {0};
    int64_t length = string_from_user(name, address, sizeof(name));

    if (length == -EFAULT)
        return length;
    name[sizeof(name) - 1] = 0; /* too long a name is cut */
    memcpy(current_process()->name, name, sizeof(name));
    return 0;
}

int64_t sys_prctl(const uint64_t arg[6])
{
    switch ((int)arg[0]) {
    case PR_SET_NAME:
        return set_name(arg[1]);
    case PR_GET_NAME:
        return user_put(arg[1], current_process()->name);
    case PR_GET_DUMPABLE:
        return 1;
    case PR_SET_DUMPABLE:
        return arg[1] > 1 ? -EINVAL : 0; /* there are no core dumps */
    default:
        return -EINVAL;
    }
}

#define PERSONALITY_QUERY 0xffffffffu

/* PER_LINUX is the only one. */
int64_t sys_personality(const uint64_t arg[6])
{
    return (uint32_t)arg[0] == PERSONALITY_QUERY || (uint32_t)arg[0] == 0 ? 0 : -EINVAL;
}

int64_t sys_umask(const uint64_t arg[6])
{
    struct process *process = current_process();
    uint32_t old = process->umask;

    process->umask = (uint32_t)arg[0] & 0777;
    return old;
}
