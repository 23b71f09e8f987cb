/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - from a system call's number to its handler. The tables come from abi/syscalls.def.
 *
 * A number that stands in the file twice initializes the same element twice, which is an error here. A row without a
 * number on this ISA (-1) gets an element of its own behind all numbers (its line makes it unique), which is empty and
 * never looked at.
 */
#include "sys/syscall.h"
#include "sys/trace.h"

#include "core/process.h"
#include "drv/virtio_console.h"
#include "lib/string.h"

#pragma GCC diagnostic error "-Winitializer-overrides"

/* And a slot for each line; given, since the last rows may leave the table shorter. */
#define SLOTS (SYSCALL_NUMBERS + 512)
#define ROW_IS_ABSENT(number) ((number) < 0)
#define ROW_INDEX(number) (ROW_IS_ABSENT(number) ? SYSCALL_NUMBERS + __LINE__ : (number))

#define SYSCALL(name, x86_64, generic, i386, handler, kinds) \
    _Static_assert((x86_64) < SYSCALL_NUMBERS && (generic) < SYSCALL_NUMBERS && (i386) < SYSCALL_NUMBERS, #name);
#include "abi/syscalls.def"
#undef SYSCALL

static syscall_handler *const handlers[SLOTS] = {
#define SYSCALL(name, x86_64, generic, i386, handler, kinds) \
    [ROW_INDEX(ISA_SYSCALL_NUMBER(x86_64, generic))] =       \
        ROW_IS_ABSENT(ISA_SYSCALL_NUMBER(x86_64, generic)) ? NULL : handler,
#include "abi/syscalls.def"
#undef SYSCALL
};

static syscall_handler *handler_native(uint64_t number)
{
    syscall_handler *handler = NULL;

    if (__builtin_expect(number < SYSCALL_NUMBERS, true) != 0)
        handler = handlers[number];
    return __builtin_expect(handler != NULL, true) != 0 ? handler : sys_ni_syscall;
}

#ifdef ISA_HAS_I386

static const struct {
    syscall_handler *handler;
    const char *kinds;
} calls_i386[SLOTS] = {
#define SYSCALL(name, x86_64, generic, i386, function, letters) \
    [ROW_INDEX(i386)] = {ROW_IS_ABSENT(i386) ? NULL : function, ROW_IS_ABSENT(i386) ? NULL : letters},
#include "abi/syscalls.def"
#undef SYSCALL
};

/* A call whose arguments 32-bit programs lay out in another way than its handler reads them is refused, rather than fed
 * with rubbish. */
static syscall_handler *handler_i386(uint64_t number)
{
    syscall_handler *handler = number < SYSCALL_NUMBERS ? calls_i386[number].handler : NULL;

    if (handler == NULL || strchr(calls_i386[number].kinds, 'P') != NULL ||
        strchr(calls_i386[number].kinds, 'l') != NULL)
        return sys_ni_syscall;
    return handler;
}

static __attribute__((noinline)) void carry_out_i386(void)
{
    struct thread *thread = current_thread();
    uint64_t room[6];

    thread->call_is_32bit = true;
    int64_t result =
        handler_i386(arch_syscall_number(&thread->frame))(arch_syscall_args(&thread->frame, TRAP_SYSCALL_I386, room));
    thread->call_is_32bit = false;
    arch_syscall_return(&thread->frame, result);
}

#else

static void carry_out_i386(void)
{
}

#endif

static inline __attribute__((always_inline)) void carry_out(enum trap_kind kind)
{
    struct trap_frame *frame = &current_thread()->frame;

    if (kind != TRAP_SYSCALL) {
        carry_out_i386();
        return;
    }
    syscall_handler *handler = handler_native(arch_syscall_number(frame));
    arch_syscall_return(frame, handler(arch_syscall_args(frame, kind, NULL)));
}

void syscall_dispatch(enum trap_kind kind)
{
    if (__builtin_expect(console_bell_rings(), false) != 0)
        trace_call(kind, carry_out);
    else
        carry_out(kind);
}
