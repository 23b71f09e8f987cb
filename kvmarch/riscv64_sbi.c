/* SPDX-License-Identifier: Apache-2.0 */
/* riscv64_sbi.c - see riscv64_sbi.h. */
#include "kvmarch/riscv64_sbi.h"

#include <stdbool.h>

/* Extensions and functions. */
enum { LEGACY_PUTCHAR = 1, LEGACY_GETCHAR = 2, DBCN = 0x4442434e };
enum { DBCN_WRITE, DBCN_READ, DBCN_WRITE_BYTE };

#define SBI_SUCCESS 0u /* table 1 */
#define SBI_ERR_NOT_SUPPORTED ((uint64_t)-2)
#define SBI_ERR_INVALID_PARAM ((uint64_t)-3)

/* Bytes that one call carries: the caller goes on from there, as with write(2). */
#define CALL_BYTES 1024u

/* The guest's buffer is a1 (and a2, its address's upper half), a0 bytes. False: not all of it is memory. */
static bool buffer_is_valid(const struct sbi_call *call, const struct mem *mem)
{
    return call->args[2] == 0 && mem_at(mem, call->args[1], call->args[0]) != NULL;
}

/* How many bytes were carried, or an error. */
static void answer(struct sbi_call *call, uint64_t error, uint64_t value)
{
    call->ret[0] = error;
    call->ret[1] = value;
}

static void dbcn_write(struct sbi_call *call, const struct mem *mem, const struct vm_console *console)
{
    char bytes[CALL_BYTES];
    size_t size = call->args[0] < sizeof(bytes) ? (size_t)call->args[0] : sizeof(bytes);

    if (!buffer_is_valid(call, mem) || mem_read(mem, call->args[1], bytes, size) != 0) {
        answer(call, SBI_ERR_INVALID_PARAM, 0);
        return;
    }
    console->write(console->owner, bytes, size);
    answer(call, SBI_SUCCESS, size);
}

static void dbcn_read(struct sbi_call *call, const struct mem *mem, const struct vm_console *console)
{
    char bytes[CALL_BYTES];
    size_t size = call->args[0] < sizeof(bytes) ? (size_t)call->args[0] : sizeof(bytes);

    if (!buffer_is_valid(call, mem)) { /* before anything is read that had nowhere to go */
        answer(call, SBI_ERR_INVALID_PARAM, 0);
        return;
    }
    size = console->read(console->owner, bytes, size);
    mem_write(mem, call->args[1], bytes, size);
    answer(call, SBI_SUCCESS, size);
}

static void write_byte(const struct sbi_call *call, const struct vm_console *console)
{
    const char byte = (char)call->args[0];

    console->write(console->owner, &byte, 1);
}

static void dbcn(struct sbi_call *call, const struct mem *mem, const struct vm_console *console)
{
    switch (call->function) {
    case DBCN_WRITE:
        dbcn_write(call, mem, console);
        break;
    case DBCN_READ:
        dbcn_read(call, mem, console);
        break;
    case DBCN_WRITE_BYTE:
        write_byte(call, console);
        answer(call, SBI_SUCCESS, 0);
        break;
    default:
        answer(call, SBI_ERR_NOT_SUPPORTED, 0);
        break;
    }
}

/* The byte, or -1. */
static uint64_t legacy_getchar(const struct vm_console *console)
{
    char byte;

    return console->read(console->owner, &byte, 1) == 1 ? (unsigned char)byte : UINT64_MAX;
}

void riscv64_sbi_serve(struct sbi_call *call, const struct mem *mem, const struct vm_console *console)
{
    answer(call, SBI_ERR_NOT_SUPPORTED, 0);
    if (console->write == NULL)
        return;
    switch (call->extension) {
    case LEGACY_PUTCHAR: /* a legacy call changes a0 alone */
        write_byte(call, console);
        answer(call, SBI_SUCCESS, call->args[1]);
        break;
    case LEGACY_GETCHAR:
        answer(call, legacy_getchar(console), call->args[1]);
        break;
    case DBCN:
        dbcn(call, mem, console);
        break;
    default:
        break;
    }
}
