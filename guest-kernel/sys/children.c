/* SPDX-License-Identifier: Apache-2.0 */
/* children.c - waiting for children, of which the one process has none. */
#include "sys/syscall.h"

#include "abi/errno.h"
#include "abi/wait.h"
#include "sys/user.h"

/* wait4(2): a process number that can't be negated is nobody's. */
int64_t sys_wait4(const uint64_t arg[6])
{
    const uint32_t known = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE;

    if ((uint32_t)arg[2] & ~known)
        return -EINVAL;
    return (int)arg[0] == INT32_MIN ? -ESRCH : -ECHILD;
}

static int64_t wait_id(uint32_t which, int id, uint32_t options)
{
    const uint32_t kinds = WEXITED | WSTOPPED | WCONTINUED;
    const uint32_t known = kinds | WNOHANG | WNOWAIT | WNOTHREAD | WALL | WCLONE;

    if ((options & ~known) || !(options & kinds))
        return -EINVAL;
    switch (which) {
    case P_ALL:
        return -ECHILD;
    case P_PID:
        return id > 0 ? -ECHILD : -EINVAL;
    case P_PGID:
        return id >= 0 ? -ECHILD : -EINVAL;
    case P_PIDFD: /* no descriptor is one */
        return id >= 0 ? -EBADF : -EINVAL;
    default:
        return -EINVAL;
    }
}

/* waitid(2): Linux writes an empty answer beside an error, too. */
int64_t sys_waitid(const uint64_t arg[6])
{
    const struct waitid_answer none = {0};
    int64_t error = wait_id((uint32_t)arg[0], (int)arg[1], (uint32_t)arg[3]);

    if (arg[2] == 0)
        return error;
    if (user_put(arg[2], none) != 0)
        return -EFAULT;
    return error;
}
