/* SPDX-License-Identifier: Apache-2.0 */
/* wait.h - Linux's numbers for waiting for children (include/uapi/linux/wait.h). */
#ifndef GK_ABI_WAIT_H
#define GK_ABI_WAIT_H

#include <stdint.h>

#define WNOHANG 0x1u
#define WUNTRACED 0x2u
#define WSTOPPED WUNTRACED
#define WEXITED 0x4u
#define WCONTINUED 0x8u
#define WNOWAIT 0x1000000u
#define WNOTHREAD 0x20000000u
#define WALL 0x40000000u
#define WCLONE 0x80000000u

enum { P_ALL = 0, P_PID = 1, P_PGID = 2, P_PIDFD = 3 };

/* What waitid fills of a siginfo_t: all but the padding between is written. */
struct waitid_answer {
    int32_t signo, error, code, padding;
    int32_t pid;
    uint32_t uid;
    int32_t status;
};
_Static_assert(sizeof(struct waitid_answer) == 28, "the fields of SIGCHLD's siginfo_t");

#endif
