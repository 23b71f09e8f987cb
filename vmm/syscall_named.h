/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_named.h - the form of the tables of names: syscall_sets.c has those of arguments, syscall_struct_sets.c those
 * of what is in structures. */
#ifndef LVMM_SYSCALL_NAMED_H
#define LVMM_SYSCALL_NAMED_H

#include <stdint.h>

#include "guest-kernel/abi/kinds.h"

#define ALL UINT32_MAX

/* A name for what the bits of `mask` are. */
struct named {
    uint32_t mask, value;
    const char *name;
};

struct set {
    const struct named *names;
    unsigned count;
};

/* Where the other table has nothing. */
extern const struct set syscall_struct_sets[KIND_SET_COUNT];

#endif
