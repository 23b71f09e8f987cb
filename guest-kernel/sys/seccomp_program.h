/* SPDX-License-Identifier: Apache-2.0 */
/* seccomp_program.h - a filter of system calls from within: its program, what that is given and what it says. */
#ifndef GK_SYS_SECCOMP_PROGRAM_H
#define GK_SYS_SECCOMP_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/filter.h"
#include "lib/bpf.h"

/* What a filter says: an action, the strictest of which holds, and 16 bits for it. */
#define RET_KILL_PROCESS 0x80000000u
#define RET_KILL_THREAD 0x00000000u
#define RET_TRAP 0x00030000u
#define RET_ERRNO 0x00050000u
#define RET_USER_NOTIF 0x7fc00000u
#define RET_TRACE 0x7ff00000u
#define RET_LOG 0x7ffc0000u
#define RET_ALLOW 0x7fff0000u
#define RET_ACTION 0xffff0000u
#define RET_DATA 0x0000ffffu
#define ERRNO_MAX 4095u

struct seccomp_data { /* Linux's */
    int32_t number;
    uint32_t arch;
    uint64_t pc, arg[6];
};
_Static_assert(sizeof(struct seccomp_data) == 64, "struct seccomp_data");

struct listener;

struct program {
    struct filter filter; /* first */
    uint32_t length;
    bool logs;                 /* it was made with SECCOMP_FILTER_FLAG_LOG, which is all that is told of that */
    struct listener *listener; /* who is asked on RET_USER_NOTIF (seccomp_notify.h); NULL: nobody */
    struct bpf_instruction instruction[];
};

#endif
