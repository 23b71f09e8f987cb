/* SPDX-License-Identifier: Apache-2.0 */
/* riscv64_sbi_print.c - see riscv64_sbi_print.h. */
#include "kvmarch/riscv64_sbi_print.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "vmm/log.h"

enum { LEGACY_PUTCHAR = 1, DBCN = 0x4442434e, DBCN_WRITE_BYTE = 2 };

static bool prints_character(const struct sbi_call *call)
{
    bool prints = call->extension == LEGACY_PUTCHAR || (call->extension == DBCN && call->function == DBCN_WRITE_BYTE);

    return prints && call->args[0] >= ' ' && call->args[0] <= '~';
}

void riscv64_sbi_print(const struct sbi_call *call)
{
    char character[8] = "";

    if (!log_is_verbose())
        return;
    if (prints_character(call))
        snprintf(character, sizeof(character), " ('%c')", (char)call->args[0]);
    log_detail("SBI call: eid=0x%" PRIx64 ", fid=0x%" PRIx64 ", a0=0x%" PRIx64 "%s", call->extension, call->function,
               call->args[0], character);
}
