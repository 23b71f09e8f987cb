/* SPDX-License-Identifier: Apache-2.0 */
/* clone.h - Linux's flags and structure for making threads and processes (include/uapi/linux/sched.h). */
#ifndef GK_ABI_CLONE_H
#define GK_ABI_CLONE_H

#include <stdint.h>

#define CLONE_END_SIGNAL 0xffull /* of clone's flags: CSIGNAL */
#define CLONE_NEWTIME 0x80ull    /* of clone3's, whose end signal stands elsewhere */
#define CLONE_VM 0x100ull
#define CLONE_FS 0x200ull
#define CLONE_FILES 0x400ull
#define CLONE_SIGHAND 0x800ull
#define CLONE_PIDFD 0x1000ull
#define CLONE_PTRACE 0x2000ull
#define CLONE_VFORK 0x4000ull
#define CLONE_PARENT 0x8000ull
#define CLONE_THREAD 0x10000ull
#define CLONE_NEWNS 0x20000ull
#define CLONE_SYSVSEM 0x40000ull
#define CLONE_SETTLS 0x80000ull
#define CLONE_PARENT_SETTID 0x100000ull
#define CLONE_CHILD_CLEARTID 0x200000ull
#define CLONE_DETACHED 0x400000ull
#define CLONE_UNTRACED 0x800000ull
#define CLONE_CHILD_SETTID 0x1000000ull
#define CLONE_NEWCGROUP 0x2000000ull
#define CLONE_NEWUTS 0x4000000ull
#define CLONE_NEWIPC 0x8000000ull
#define CLONE_NEWUSER 0x10000000ull
#define CLONE_NEWPID 0x20000000ull
#define CLONE_NEWNET 0x40000000ull
#define CLONE_IO 0x80000000ull
#define CLONE_CLEAR_SIGHAND 0x100000000ull /* clone3 alone, and what follows */
#define CLONE_INTO_CGROUP 0x200000000ull

#define CLONE_CLONE3_ALONE (CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP)

#define CLONE_NAMESPACES \
    (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)

struct clone_args {
    uint64_t flags;
    uint64_t pidfd, child_tid, parent_tid; /* addresses */
    uint64_t exit_signal;
    uint64_t stack, stack_size, tls;
    uint64_t set_tid, set_tid_size, cgroup;
};
#define CLONE_ARGS_SIZE_0 64u  /* of its first version, up to tls */
#define CLONE_ARGS_SIZE_2 88u  /* of that with `cgroup` */
#define CLONE_SET_TIDS_MAX 32u /* namespaces within each other */
_Static_assert(sizeof(struct clone_args) == 88, "struct clone_args");

#endif
