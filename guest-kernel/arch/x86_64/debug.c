/* SPDX-License-Identifier: Apache-2.0 */
/* debug.c - see debug.h. What can be set is what Linux takes (arch/x86/kernel/ptrace.c, hw_breakpoint.c). */
#include "debug.h"

#include "abi/errno.h"
#include "abi/signal.h"
#include "arch/arch.h"
#include "core/thread.h"
#include "lib/string.h"

#include "fpu.h"
#include "x86.h"

#define RFLAGS_TF 0x100ull
#define RFLAGS_RF 0x10000ull /* the next instruction runs whatever its address is */
#define DR6_ALWAYS 0xffff0ff0ull
#define DR6_HIT 0xfull
#define DR6_STEP 0x4000ull
#define DR7_ADDRESSES 0xffff00ffull /* what is about an address, and nothing of the kernel's */
enum { STATUS = 6, CONTROL = 7 };
enum { EXECUTE = 0, PORT = 2 }; /* and writing, and any access */

static bool loaded[ARCH_CPUS_MAX];

struct debug_registers *debug_of(const struct thread *thread)
{
    return (void *)((char *)thread->vector + fpu_room_size());
}

/* ---- the CPU's ---- */

/* Behind the gate nothing is privileged, and an emulated ring 0 has none. */
static bool are_there(void)
{
    return !cpu_is_gated && !cpu_is_emulated;
}

static void control_write(uint64_t control)
{
    __asm__ volatile("mov %0, %%db7" ::"r"(control));
    loaded[percpu()->number] = control != 0;
}

/* The processor never clears DR6.BS: a step of another program's would be taken for one of this one's. */
static void status_clear(void)
{
    __asm__ volatile("mov %0, %%db6" ::"r"(DR6_ALWAYS));
}

void debug_load(const struct debug_registers *registers)
{
    if (__builtin_expect(registers->control == 0, true) != 0) {
        if (__builtin_expect(loaded[percpu()->number], false) != 0)
            control_write(0);
        return;
    }
    __asm__ volatile("mov %0, %%db0" ::"r"(registers->address[0]));
    __asm__ volatile("mov %0, %%db1" ::"r"(registers->address[1]));
    __asm__ volatile("mov %0, %%db2" ::"r"(registers->address[2]));
    __asm__ volatile("mov %0, %%db3" ::"r"(registers->address[3]));
    status_clear();
    control_write(registers->control & DR7_ADDRESSES);
}

void debug_forget(struct thread *thread)
{
    if (thread->vector == NULL)
        return;
    memset(debug_of(thread), 0, sizeof(struct debug_registers));
    debug_load(debug_of(thread));
}

/* ---- exceptions ---- */

static unsigned type_of(uint64_t control, unsigned n)
{
    return control >> (16 + 4 * n) & 3;
}

static uint64_t status_take(void)
{
    uint64_t status;

    __asm__ volatile("mov %%db6, %0" : "=r"(status));
    status_clear();
    return status & (DR6_HIT | DR6_STEP);
}

/* An instruction that it stopped at has not been carried out yet: it is to be once. */
static void code_pass(struct trap_frame *frame, const struct debug_registers *registers)
{
    for (unsigned n = 0; n < DEBUG_ADDRESSES; n++)
        if ((registers->status & 1u << n) && type_of(registers->control, n) == EXECUTE)
            frame->rflags |= RFLAGS_RF;
}

/* To ask the CPU is an exit, which who only steps is spared. */
int debug_code(struct trap_frame *frame)
{
    bool is_step = frame->rflags & RFLAGS_TF;
    const struct thread *thread = percpu()->current;
    uint64_t status = loaded[percpu()->number] ? status_take() : is_step ? DR6_STEP : 0;

    if (thread->vector != NULL) {
        debug_of(thread)->status = status;
        code_pass(frame, debug_of(thread));
    }
    if (status & DR6_STEP)
        return TRAP_TRACE;
    return status & DR6_HIT ? TRAP_HWBKPT : TRAP_BRKPT;
}

/* ---- the tracer's ---- */

uint64_t debug_peek(const struct thread *thread, unsigned n)
{
    const struct debug_registers *registers = debug_of(thread);

    if (n < DEBUG_ADDRESSES)
        return registers->address[n];
    return n == STATUS ? registers->status ^ DR6_ALWAYS : n == CONTROL ? registers->control : 0;
}

static bool is_enabled(uint64_t control, unsigned n)
{
    return control >> 2 * n & 3;
}

/* Whether that address can be watched so: no ports, code by its first byte, data where it is aligned. */
static bool can_watch(const struct debug_registers *registers, uint64_t control, unsigned n)
{
    static const uint8_t lengths[] = {1, 2, 8, 4};
    unsigned length = lengths[control >> (18 + 4 * n) & 3];

    if (type_of(control, n) == PORT)
        return false;
    if (type_of(control, n) == EXECUTE)
        return length == 1;
    return registers->address[n] % length == 0 && registers->address[n] <= ISA_USER_TOP - length;
}

/* As Linux: an address that was set or enabled once is checked from then on, enabled or not. */
static int address_set(struct debug_registers *registers, unsigned n, uint64_t address)
{
    struct debug_registers with = *registers;

    if (address >= ISA_USER_TOP)
        return -EINVAL;
    with.address[n] = address;
    if ((with.used & 1u << n) && !can_watch(&with, with.control, n))
        return -EINVAL;
    with.used |= 1u << n;
    *registers = with;
    return 0;
}

static int control_set(struct debug_registers *registers, uint64_t control)
{
    for (unsigned n = 0; n < DEBUG_ADDRESSES; n++) {
        if (!is_enabled(control, n) && !(registers->used & 1u << n))
            continue;
        if (!can_watch(registers, control, n))
            return -EINVAL;
        registers->used |= 1u << n;
    }
    registers->control = control;
    return 0;
}

int debug_poke(struct thread *thread, unsigned n, uint64_t value)
{
    struct debug_registers *registers = debug_of(thread);

    if (n == 4 || n == 5)
        return -EIO;
    if (value != 0 && n != STATUS && !are_there())
        return -ENOSPC;
    if (n < DEBUG_ADDRESSES)
        return address_set(registers, n, value);
    if (n == CONTROL)
        return control_set(registers, value);
    registers->status = value ^ DR6_ALWAYS;
    return 0;
}
