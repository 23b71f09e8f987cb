/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_names.c - see syscall_names.h. */
#include "vmm/syscall_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "guest-kernel/abi/kinds.h"

#define SYSCALL_RISCV64(number) (number) /* nobody else has another call there */

struct row {
    const char *name;
    int x86_64, generic, i386;
    uint32_t kinds[KINDS_MAX];
};

static const struct row rows[] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...) {#name, x86_64, generic, i386, KINDS(__VA_ARGS__)},
#include "guest-kernel/abi/syscalls.def"
#undef SYSCALL
};

static int row_number(const struct row *row, bool is_x86_64, bool i386)
{
    if (i386)
        return row->i386;
    return is_x86_64 ? row->x86_64 : row->generic;
}

/* NULL: none. */
static const struct row *row_of(const char *isa, bool i386, uint32_t number)
{
    bool is_x86_64 = strcmp(isa, "x86_64") == 0;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (number < SYSCALL_NUMBERS && row_number(&rows[i], is_x86_64, i386) == (int)number)
            return &rows[i];
    return NULL;
}

unsigned syscall_rows(void)
{
    return sizeof(rows) / sizeof(rows[0]);
}

const char *syscall_row_name(unsigned row)
{
    return rows[row].name;
}

const uint32_t *syscall_row_kinds(unsigned row)
{
    return rows[row].kinds;
}

int syscall_row(const char *isa, bool i386, uint32_t number)
{
    const struct row *row = row_of(isa, i386, number);

    return row != NULL ? (int)(row - rows) : -1;
}

const char *syscall_name(const char *isa, bool i386, uint32_t number)
{
    const struct row *row = row_of(isa, i386, number);

    return row != NULL ? row->name : NULL;
}

const uint32_t *syscall_kinds(const char *isa, bool i386, uint32_t number)
{
    const struct row *row = row_of(isa, i386, number);

    return row != NULL ? row->kinds : NULL;
}

const char *syscall_text(const char *isa, bool i386, uint32_t number, char text[SYSCALL_NAME_SIZE])
{
    const char *name = syscall_name(isa, i386, number);

    if (name != NULL)
        snprintf(text, SYSCALL_NAME_SIZE, "%s", name);
    else
        snprintf(text, SYSCALL_NAME_SIZE, "syscall_%" PRIu32, number);
    return text;
}
