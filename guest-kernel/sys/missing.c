/* SPDX-License-Identifier: Apache-2.0 */
/* missing.c - system calls that are not there: each is named once. */
#include "sys/syscall.h"

#include "abi/errno.h"
#include "core/log.h"
#include "core/process.h"

static const struct {
    const char *name;
    int16_t native, i386;
} rows[] = {
#define SYSCALL(name, x86_64, generic, i386, handler, kinds) {#name, ISA_SYSCALL_NUMBER(x86_64, generic), i386},
#include "abi/syscalls.def"
#undef SYSCALL
};

static const char *name_of(uint64_t number, bool is_32bit)
{
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]) && number < SYSCALL_NUMBERS; i++)
        if ((is_32bit ? rows[i].i386 : rows[i].native) == (int)number)
            return rows[i].name;
    return "unknown";
}

/* Those beyond the table are named together. */
static void missing(uint64_t number, bool is_32bit)
{
    static uint64_t reported[2][SYSCALL_NUMBERS / 64 + 1];
    uint64_t slot = number < SYSCALL_NUMBERS ? number : SYSCALL_NUMBERS;
    uint64_t *words = reported[is_32bit];

    if (words[slot / 64] & (1ull << slot % 64))
        return;
    words[slot / 64] |= 1ull << slot % 64;
    log_info("%ssystem call %lu (%s) is not there", is_32bit ? "i386 " : "", (unsigned long)number,
             name_of(number, is_32bit));
}

int64_t sys_ni_syscall(const uint64_t arg[6])
{
    uint64_t number = arch_syscall_number(&current_thread()->frame);

    (void)arg;
    missing(call_is_32bit() ? (uint32_t)number : number, call_is_32bit());
    return -ENOSYS;
}
