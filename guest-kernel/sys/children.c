/* SPDX-License-Identifier: Apache-2.0 */
/* children.c - waiting for children: wait4, waitid. */
#include "sys/syscall.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "abi/wait.h"
#include "core/pid.h"
#include "core/process.h"
#include "core/wait.h"
#include "sys/exit.h"
#include "sys/user.h"

/* Which children are waited for, and what was found. */
struct wanted {
    uint32_t which, options;
    int id;
};

struct found {
    int pid;
    uint32_t uid;
    uint32_t exit_code, exit_signal;
};

static bool is_wanted(const struct wanted *wanted, const struct process *child)
{
    bool is_clone = child->end_signal != SIGCHLD;

    if (!(wanted->options & WALL) && is_clone != ((wanted->options & WCLONE) != 0))
        return false;
    switch (wanted->which) {
    case P_PID:
        return child->pid == wanted->id;
    case P_PGID:
        return child->group->number == wanted->id;
    default:
        return true;
    }
}

static void child_take(struct process *child, const struct wanted *wanted, struct found *found)
{
    *found = (struct found){
        .pid = child->pid,
        .exit_code = child->exit_code,
        .exit_signal = child->exit_signal,
    };
    if (!(wanted->options & WNOWAIT))
        process_reap(child);
}

/* 1: one was found; 0: none yet; -ECHILD. */
static int children_look(const struct wanted *wanted, struct found *found)
{
    const struct process *process = current_process();
    bool any = false;

    for (struct list *at = process->children.next; at != &process->children; at = at->next) {
        struct process *child = container_of(at, struct process, sibling);

        if (!is_wanted(wanted, child))
            continue;
        any = true;
        if (child->ended && (wanted->options & WEXITED)) {
            child_take(child, wanted, found);
            return 1;
        }
    }
    return any ? 0 : -ECHILD;
}

/* As children_look, but waits. */
static int children_wait(const struct wanted *wanted, struct found *found)
{
    struct wait_queue *queue = &current_process()->children_changed;
    int result;

    while ((result = children_look(wanted, found)) == 0 && !(wanted->options & WNOHANG)) {
        int error = wait_on(queue, WAIT_FOREVER, WAIT_INTERRUPTIBLE);
        if (error != 0)
            return error;
    }
    return result;
}

/* wait4(2): a process number that can't be negated is nobody's. */
int64_t sys_wait4(const uint64_t arg[6])
{
    const uint32_t known = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE;
    struct wanted wanted = {.which = P_PID, .options = (uint32_t)arg[2] | WEXITED, .id = (int)arg[0]};
    struct found found;
    int result;

    if ((uint32_t)arg[2] & ~known)
        return -EINVAL;
    if (wanted.id == INT32_MIN)
        return -ESRCH;
    if (wanted.id == -1)
        wanted.which = P_ALL;
    else if (wanted.id <= 0)
        wanted =
            (struct wanted){P_PGID, wanted.options, wanted.id != 0 ? -wanted.id : current_process()->group->number};
    result = children_wait(&wanted, &found);
    if (result <= 0)
        return result;
    uint32_t status = found.exit_signal != 0 ? found.exit_signal : found.exit_code << 8;
    return arg[1] != 0 && user_put(arg[1], status) ? -EFAULT : found.pid;
}

static int wanted_check(uint32_t which, int id, uint32_t options)
{
    const uint32_t kinds = WEXITED | WSTOPPED | WCONTINUED;
    const uint32_t known = kinds | WNOHANG | WNOWAIT | WNOTHREAD | WALL | WCLONE;

    if ((options & ~known) || !(options & kinds))
        return -EINVAL;
    switch (which) {
    case P_ALL:
        return 0;
    case P_PID:
        return id > 0 ? 0 : -EINVAL;
    case P_PGID:
        return id >= 0 ? 0 : -EINVAL;
    case P_PIDFD: /* no descriptor is one */
        return id >= 0 ? -EBADF : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* waitid(2): Linux writes an empty answer beside an error, too. */
int64_t sys_waitid(const uint64_t arg[6])
{
    struct wanted wanted = {.which = (uint32_t)arg[0], .id = (int)arg[1], .options = (uint32_t)arg[3]};
    struct waitid_answer answer = {0};
    struct found found;
    int result = wanted_check(wanted.which, wanted.id, wanted.options);

    if (wanted.which == P_PGID && wanted.id == 0)
        wanted.id = current_process()->group->number;
    if (result == 0)
        result = children_wait(&wanted, &found);
    if (result > 0)
        answer = (struct waitid_answer){
            .signo = SIGCHLD,
            .code = found.exit_signal != 0 ? CLD_KILLED : CLD_EXITED,
            .pid = found.pid,
            .uid = found.uid,
            .status = (int)(found.exit_signal != 0 ? found.exit_signal : found.exit_code),
        };
    if (arg[2] != 0 && user_put(arg[2], answer) != 0)
        return -EFAULT;
    return result < 0 ? result : 0;
}
