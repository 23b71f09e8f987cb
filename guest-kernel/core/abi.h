/* SPDX-License-Identifier: Apache-2.0 */
/* abi.h - the kinds of programs that the kernel runs: the ISA's own, and on some ISAs an older one of 32 bits (isa.h).
 */
#ifndef GK_CORE_ABI_H
#define GK_CORE_ABI_H

#include "arch/arch.h"
#include "lib/elf.h"

struct abi {
    const char *name;     /* as elf_machine_name calls its machine */
    const char *platform; /* AT_PLATFORM; NULL: there is none */
    struct elf_kind elf;
    uaddr_t user_top;   /* its address space ends there */
    unsigned word_size; /* bytes of a pointer, and of a word on the first stack */
    bool has_vdso;
};

extern const struct abi abis[]; /* the ISA's own is the first */
extern const unsigned abi_count;

#endif
