/* SPDX-License-Identifier: Apache-2.0 */
/* call_arch.h - AUDIT_ARCH_* (linux/audit.h): which ABI a system call is of, as filters and tracers are told. */
#ifndef GK_SYS_CALL_ARCH_H
#define GK_SYS_CALL_ARCH_H

#include "arch/arch.h"

static inline uint32_t call_arch(enum trap_kind kind)
{
    return kind == TRAP_SYSCALL ? ISA_ELF_MACHINE | 0xc0000000u /* 64 bits, and the lower byte first */ : 0x40000003u;
}

#endif
