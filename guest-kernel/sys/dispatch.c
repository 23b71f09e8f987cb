/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch.c - from a system call's number to its handler. The tables come from abi/syscalls.def.
 *
 * A number that stands in the file twice initializes the same element twice, which is an error here. A row without a
 * number on this ISA (-1) gets an element of its own behind all numbers (its line makes it unique), which is empty and
 * never looked at.
 */
#include "sys/call_kinds.h"
#include "sys/look_again.h"
#include "sys/sharing.h"
#include "sys/syscall.h"
#include "sys/trace.h"

#include "abi/errno.h"
#include "abi/kinds.h"
#include "core/klock.h"
#include "core/process.h"
#include "drv/virtio_console.h"

#pragma GCC diagnostic error "-Winitializer-overrides"

/* And a slot for each line; given, since the last rows may leave the table shorter. */
#define SLOTS (SYSCALL_NUMBERS + 576)
#define ROW_IS_ABSENT(number) ((number) < 0)
#define ROW_INDEX(number) (ROW_IS_ABSENT(number) ? SYSCALL_NUMBERS + __LINE__ : (number))

#define SYSCALL(name, x86_64, generic, i386, handler, ...) \
    _Static_assert((x86_64) < SYSCALL_NUMBERS && (generic) < SYSCALL_NUMBERS && (i386) < SYSCALL_NUMBERS, #name);
#include "abi/syscalls.def"
#undef SYSCALL

static syscall_handler *const handlers[SLOTS] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...) \
    [ROW_INDEX(ISA_SYSCALL_NUMBER(x86_64, generic))] =     \
        ROW_IS_ABSENT(ISA_SYSCALL_NUMBER(x86_64, generic)) ? NULL : handler,
#include "abi/syscalls.def"
#undef SYSCALL
};

/* The rows that want no lock. */
#undef SYSCALL_UNLOCKED
static const bool unlocked[SLOTS] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...)
#define SYSCALL_UNLOCKED(name, x86_64, generic, i386, handler, ...) \
    [ROW_INDEX(ISA_SYSCALL_NUMBER(x86_64, generic))] = !ROW_IS_ABSENT(ISA_SYSCALL_NUMBER(x86_64, generic)),
#include "abi/syscalls.def"
#undef SYSCALL
#undef SYSCALL_UNLOCKED
};

/* And those that may share it. */
#undef SYSCALL_SHARED
static shared_handler *const sharing[SLOTS] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...)
#define SYSCALL_SHARED(shared, name, x86_64, generic, i386, handler, ...) \
    [ROW_INDEX(ISA_SYSCALL_NUMBER(x86_64, generic))] =                    \
        ROW_IS_ABSENT(ISA_SYSCALL_NUMBER(x86_64, generic)) ? NULL : shared,
#include "abi/syscalls.def"
#undef SYSCALL
#undef SYSCALL_SHARED
};

static syscall_handler *handler_native(uint64_t number)
{
    syscall_handler *handler = NULL;

    if (__builtin_expect(number < SYSCALL_NUMBERS, true) != 0)
        handler = handlers[number];
    return __builtin_expect(handler != NULL, true) != 0 ? handler : sys_ni_syscall;
}

#ifdef ISA_HAS_I386

static syscall_handler *const handlers_i386[SLOTS] = {
#define SYSCALL(name, x86_64, generic, i386, handler, ...) [ROW_INDEX(i386)] = ROW_IS_ABSENT(i386) ? NULL : handler,
#include "abi/syscalls.def"
#undef SYSCALL
};

/* A call that leads to what 32-bit programs lay out in another way than its handler reads it is refused, rather than
 * fed with rubbish. */
static syscall_handler *handler_i386(uint64_t number, const uint32_t kinds[KINDS_MAX])
{
    syscall_handler *handler = number < SYSCALL_NUMBERS ? handlers_i386[number] : NULL;

    for (unsigned i = 0; i < KINDS_MAX; i++)
        if (kind_is_foreign_to_i386(kinds[i]))
            return sys_ni_syscall;
    return handler != NULL ? handler : sys_ni_syscall;
}

/* The arguments as a handler takes them: 64-bit numbers come in two registers, the lower half first, and negative
 * numbers of 32 bits become ones of 64. */
static void widen(uint64_t wide[6], const uint64_t given[6], const uint32_t kinds[KINDS_MAX])
{
    unsigned next = 0;

    for (unsigned i = 0; i < KINDS_MAX; i++) {
        uint64_t low = next < 6 ? given[next++] : 0, high = next < 6 ? given[next] << 32 : 0;

        wide[i] = low;
        switch (kind_what(kinds[i])) {
        case KIND_off64:
            next++;
            wide[i] = high | (uint32_t)low;
            break;
        case KIND_low64:
            wide[i] = high | (uint32_t)low;
            break;
        case KIND_high64:
            wide[i] = 0;
            break;
        case KIND_long:
        case KIND_off:
            wide[i] = (uint64_t)(int32_t)low;
            break;
        default:
            break;
        }
    }
}

static syscall_handler *handler_for_i386(uint64_t number)
{
    return handler_i386(number, syscall_kinds(true, number));
}

static __attribute__((noinline)) void carry_out_i386(void)
{
    struct thread *thread = current_thread();
    uint64_t number = arch_syscall_number(&thread->frame), room[6], wide[6];
    const uint32_t *kinds = syscall_kinds(true, number);

    widen(wide, arch_syscall_args(&thread->frame, TRAP_SYSCALL_I386, room), kinds);
    thread->call_is_32bit = true;
    int64_t result = handler_i386(number, kinds)(wide);
    if (result == -ESTALE)
        result = look_again(true, number, handler_i386(number, kinds), wide);
    thread->call_is_32bit = false;
    arch_syscall_return(&thread->frame, result);
}

#else

static syscall_handler *handler_for_i386(uint64_t number)
{
    (void)number;
    return sys_ni_syscall;
}

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
    uint64_t number = arch_syscall_number(frame);
    const uint64_t *args = arch_syscall_args(frame, kind, NULL);
    syscall_handler *handler = handler_native(number);
    int64_t result = handler(args);
    if (__builtin_expect(result == -ESTALE, false) != 0)
        result = look_again(false, number, handler, args);
    arch_syscall_return(frame, result);
}

void syscall_carry_out(enum trap_kind kind)
{
    carry_out(kind);
}

syscall_handler *syscall_handler_of(enum trap_kind kind)
{
    uint64_t number = arch_syscall_number(&current_thread()->frame);

    return kind == TRAP_SYSCALL ? handler_native(number) : handler_for_i386(number);
}

static bool carry_out_sharing(shared_handler *handler)
{
    struct trap_frame *frame = &current_thread()->frame;
    struct cpu *cpu = cpu_this();
    int64_t result;
    bool is_done = false;

    if (klock_try_share(cpu)) {
        is_done = handler(arch_syscall_args(frame, TRAP_SYSCALL, NULL), &result);
        klock_unshare(cpu);
    }
    if (is_done)
        arch_syscall_return(frame, result);
    klock_count_sharing(cpu, is_done);
    return is_done;
}

bool syscall_dispatch_unlocked(void)
{
    uint64_t number = arch_syscall_number(&current_thread()->frame);

    if (number >= SYSCALL_NUMBERS || console_bell_rings())
        return false;
    if (unlocked[number]) {
        carry_out(TRAP_SYSCALL);
        return true;
    }
    return sharing[number] != NULL && carry_out_sharing(sharing[number]);
}

void syscall_dispatch(enum trap_kind kind)
{
    if (__builtin_expect(console_bell_rings(), false) != 0)
        trace_call(kind, carry_out);
    else
        carry_out(kind);
}
