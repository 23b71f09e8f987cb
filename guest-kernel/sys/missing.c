/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c - system calls that are not there: lvmm names each once, but those that programs expect to miss. */
#include "sys/syscall.h"
#include "sys/trace.h"

#include "abi/errno.h"

int64_t sys_ni_syscall(const uint64_t arg[6])
{
    (void)arg;
    trace_unknown();
    return -ENOSYS;
}

int64_t sys_ni_quiet(const uint64_t arg[6])
{
    (void)arg;
    return -ENOSYS;
}
