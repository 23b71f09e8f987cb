/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_names.c - see syscall_names.h. */
#include "vmm/syscall_names.h"

#include <string.h>

#define SYSCALL_RISCV64(number) (number) /* nobody else has another call there */

static const struct {
    const char *name;
    int x86_64, generic;
} rows[] = {
#define SYSCALL(name, x86_64, generic, i386, handler, kinds) {#name, x86_64, generic},
#include "guest-kernel/abi/syscalls.def"
#undef SYSCALL
};

const char *syscall_name(const char *isa, uint32_t number)
{
    int generic = strcmp(isa, "x86_64") != 0;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (number <= INT32_MAX && (generic != 0 ? rows[i].generic : rows[i].x86_64) == (int)number)
            return rows[i].name;
    return NULL;
}
