/* SPDX-License-Identifier: Apache-2.0 */
/* call_kinds.c - see call_kinds.h. The kinds of a row are found by its line in abi/syscalls.def. */
#include "sys/call_kinds.h"

#include "abi/kinds.h"
#include "sys/syscall.h"

/* A row without a number has an index of its own behind all numbers, which is never looked at (dispatch.c). */
#define ROW_INDEX(number) ((number) < 0 ? SYSCALL_NUMBERS + __LINE__ : (number))

static const uint32_t kinds[][KINDS_MAX] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...) [__LINE__] = KINDS(__VA_ARGS__),
#include "abi/syscalls.def"
#undef SYSCALL
};

static const uint16_t lines[] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...) [ROW_INDEX(ISA_SYSCALL_NUMBER(x86_64, generic))] = __LINE__,
#include "abi/syscalls.def"
#undef SYSCALL
};

#ifdef ISA_HAS_I386
static const uint16_t lines_i386[] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...) [ROW_INDEX(i386)] = __LINE__,
#include "abi/syscalls.def"
#undef SYSCALL
};
#else
#define lines_i386 lines
#endif

const uint32_t *syscall_kinds(bool i386, uint64_t number)
{
    if (number >= SYSCALL_NUMBERS)
        return kinds[0];
    return kinds[i386 ? lines_i386[number] : lines[number]];
}
