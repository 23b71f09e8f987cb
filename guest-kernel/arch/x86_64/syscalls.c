/* SPDX-License-Identifier: Apache-2.0 */
/* syscalls.c - the system calls that only x86_64 has. */
#include "abi/errno.h"
#include "core/process.h"
#include "mm/usercopy.h"
#include "sys/syscall.h"

#include "x86.h"

enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004 };

int64_t sys_arch_prctl(const uint64_t arg[6])
{
    struct thread *thread = current_thread();
    struct trap_frame *frame = &thread->frame;

    switch ((int)arg[0]) {
    case ARCH_SET_FS:
        if (arg[1] >= ISA_USER_TOP)
            return -EPERM;
        arch_set_tls(thread, arg[1]);
        return 0;
    case ARCH_SET_GS:
        if (arg[1] >= ISA_USER_TOP)
            return -EPERM;
        thread_set_gs(thread, arg[1]);
        return 0;
    case ARCH_GET_FS:
        frame_read_bases(frame);
        return copy_to_user(arg[1], &frame->fs_base, sizeof(frame->fs_base));
    case ARCH_GET_GS:
        frame_read_bases(frame);
        return copy_to_user(arg[1], &frame->gs_base, sizeof(frame->gs_base));
    default:
        return -EINVAL;
    }
}
