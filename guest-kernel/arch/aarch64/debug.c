/* SPDX-License-Identifier: Apache-2.0 */
/* debug.c - see debug.h. What can be set is what Linux takes (arch/arm64/kernel/ptrace.c, hw_breakpoint.c). */
#include "debug.h"

#include "abi/errno.h"
#include "arch/arch.h"
#include "core/thread.h"
#include "lib/string.h"

#include "aarch64.h"

#define MDSCR_SS (1ull << 0) /* the program is stopped behind each instruction with PSTATE.SS */
#define MDSCR_TDCC (1ull << 12)
#define MDSCR_MDE (1ull << 15) /* breakpoints and watchpoints stop it */
#define PSTATE_SS (1ull << 21)

/* DBGBCR_EL1, DBGWCR_EL1, and what a tracer has of them: E, PAC, LSC, BAS */
enum { CONTROL_ENABLED = 1 << 0, CONTROL_EL0 = 2 << 1, CONTROL_TYPE = 3, CONTROL_BYTES = 0xff };
enum { CONTROL_TYPE_SHIFT = 3, CONTROL_BYTES_SHIFT = 5 };

enum { CODE_LENGTH = 4, READ_AND_WRITTEN = 3 };

struct user_debug { /* struct user_hwdebug_state */
    uint32_t info, pad;
    struct user_debug_slot {
        uint64_t address;
        uint32_t control, pad;
    } slots[DEBUG_SLOTS];
};
_Static_assert(sizeof(struct user_debug) == DEBUG_REGSET_SIZE, "struct user_hwdebug_state");

static bool loaded[ARCH_CPUS_MAX];

static struct debug_registers *debug_of(const struct thread *thread)
{
    return (void *)((char *)thread->vector + FPU_REGISTERS_SIZE);
}

/* ---- the CPU's ---- */

static unsigned architecture(void)
{
    return sysreg_read(id_aa64dfr0_el1) & 0xf;
}

static unsigned count_of(enum debug_kind kind)
{
    return (sysreg_read(id_aa64dfr0_el1) >> (kind == DEBUG_BREAK ? 12 : 20) & 0xf) + 1;
}

/* Each access may be an exit: it is written when something changes. */
static void control_write(bool steps)
{
    sysreg_write(mdscr_el1, MDSCR_TDCC | (loaded[cpu_number()] ? MDSCR_MDE : 0) | (steps ? MDSCR_SS : 0));
}

void debug_init(void)
{
    sysreg_write(oslar_el1, 0); /* the OS lock, which is locked after a reset, holds all debug exceptions back */
    loaded[cpu_number()] = false;
    control_write(false);
}

/* Their numbers are a part of the instruction. */
#define SLOT_WRITE(n)                                     \
    case n:                                               \
        if (kind == DEBUG_BREAK) {                        \
            sysreg_write(dbgbvr##n##_el1, slot->address); \
            sysreg_write(dbgbcr##n##_el1, slot->control); \
        } else {                                          \
            sysreg_write(dbgwvr##n##_el1, slot->address); \
            sysreg_write(dbgwcr##n##_el1, slot->control); \
        }                                                 \
        break

static void slot_write(enum debug_kind kind, unsigned n, const struct user_debug_slot *slot)
{
    switch (n) {
        SLOT_WRITE(0);
        SLOT_WRITE(1);
        SLOT_WRITE(2);
        SLOT_WRITE(3);
        SLOT_WRITE(4);
        SLOT_WRITE(5);
        SLOT_WRITE(6);
        SLOT_WRITE(7);
        SLOT_WRITE(8);
        SLOT_WRITE(9);
        SLOT_WRITE(10);
        SLOT_WRITE(11);
        SLOT_WRITE(12);
        SLOT_WRITE(13);
        SLOT_WRITE(14);
        SLOT_WRITE(15);
    default:
        break;
    }
}

/* ---- what a slot is in the CPU's registers ---- */

/* The address is that of a word of the CPU's, and a bit tells of each of its bytes. What is behind the word isn't
 * watched. */
static struct user_debug_slot placed(const struct debug_slot *slot, enum debug_kind kind)
{
    unsigned length = kind == DEBUG_BREAK ? CODE_LENGTH : slot->length;
    unsigned offset = slot->address & (kind == DEBUG_BREAK ? CODE_LENGTH - 1 : 7);
    uint32_t bytes = (((1u << length) - 1) << offset) & CONTROL_BYTES;

    if (!slot->set)
        return (struct user_debug_slot){0};
    return (struct user_debug_slot){
        .address = slot->address - offset,
        .control = bytes << CONTROL_BYTES_SHIFT | (uint32_t)slot->type << CONTROL_TYPE_SHIFT | CONTROL_EL0 |
                   (slot->enabled ? CONTROL_ENABLED : 0),
    };
}

static void kind_load(const struct debug_registers *registers, enum debug_kind kind)
{
    for (unsigned n = 0; n < count_of(kind); n++) {
        struct user_debug_slot slot = placed(&registers->slots[kind][n], kind);

        if (!(slot.control & CONTROL_ENABLED))
            slot.control = 0;
        slot_write(kind, n, &slot);
    }
}

void debug_load(const struct thread *thread)
{
    const struct debug_registers *registers = debug_of(thread);
    bool has_some = registers->slots[DEBUG_BREAK][0].set || registers->slots[DEBUG_WATCH][0].set;

    if (has_some) {
        kind_load(registers, DEBUG_BREAK);
        kind_load(registers, DEBUG_WATCH);
    }
    if (__builtin_expect(loaded[cpu_number()] != has_some, false) != 0) {
        loaded[cpu_number()] = has_some;
        control_write(false);
    }
}

void debug_forget(struct thread *thread)
{
    if (thread->vector == NULL)
        return;
    memset(debug_of(thread), 0, sizeof(struct debug_registers));
    debug_load(thread);
}

/* ---- steps ---- */

bool arch_traced_enter(struct trap_frame *frame, bool step)
{
    if (!step)
        return false;
    frame->pstate |= PSTATE_SS;
    control_write(true);
    return true;
}

void arch_step_end(struct trap_frame *frame)
{
    frame->pstate &= ~PSTATE_SS;
    control_write(false);
}

/* ---- the tracer's ---- */

void debug_get(const struct thread *thread, enum debug_kind kind, void *bytes)
{
    struct user_debug debug = {.info = architecture() << 8 | count_of(kind)};

    for (unsigned n = 0; n < DEBUG_SLOTS; n++)
        debug.slots[n] = placed(&debug_of(thread)->slots[kind][n], kind);
    memcpy(bytes, &debug, sizeof(debug));
}

/* One that is asked for first: off, at address 0. */
static int slot_begin(struct debug_slot *slot, enum debug_kind kind, unsigned n)
{
    if (slot->set)
        return 0;
    if (n >= count_of(kind))
        return -ENOSPC;
    *slot = (struct debug_slot){.length = CODE_LENGTH, .type = kind == DEBUG_BREAK ? 0 : READ_AND_WRITTEN, .set = true};
    return 0;
}

static int address_set(struct debug_slot *slot, uint64_t address)
{
    if (address >= ISA_USER_TOP)
        return -EINVAL;
    slot->address = address;
    return 0;
}

/* The bytes are counted from the address that was set, and are in a row. One that is off keeps what it is. */
static int control_set(struct debug_slot *slot, enum debug_kind kind, uint32_t control)
{
    uint32_t bytes = control >> CONTROL_BYTES_SHIFT & CONTROL_BYTES,
             type = control >> CONTROL_TYPE_SHIFT & CONTROL_TYPE;
    unsigned offset;

    if (!(control & CONTROL_ENABLED)) {
        slot->enabled = false;
        return 0;
    }
    if (bytes == 0 || (type == 0) != (kind == DEBUG_BREAK))
        return -EINVAL;
    offset = (unsigned)__builtin_ctz(bytes);
    bytes >>= offset;
    if ((bytes & (bytes + 1)) != 0 || slot->address + offset >= ISA_USER_TOP)
        return -EINVAL;
    slot->address += offset;
    slot->length = (uint8_t)__builtin_popcount(bytes);
    slot->type = (uint8_t)type;
    slot->enabled = true;
    return 0;
}

/* `size`: so much of it is there. */
static int slot_set(struct debug_slot *slot, enum debug_kind kind, const struct user_debug_slot *given, size_t size)
{
    int error;

    if (size < sizeof(given->address))
        return -EINVAL;
    error = address_set(slot, given->address);
    if (error != 0 || size == sizeof(given->address))
        return error;
    return control_set(slot, kind, given->control);
}

int debug_set(struct thread *thread, enum debug_kind kind, const void *bytes, size_t size)
{
    struct debug_slot *slots = debug_of(thread)->slots[kind];
    struct user_debug debug = {0};
    int error = 0;

    memcpy(&debug, bytes, size);
    for (unsigned n = 0; n < DEBUG_SLOTS && error == 0; n++) {
        size_t at = offsetof(struct user_debug, slots) + n * sizeof(debug.slots[0]);

        if (size <= at)
            break;
        error = slot_begin(&slots[n], kind, n);
        if (error == 0)
            error = slot_set(&slots[n], kind, &debug.slots[n], size - at);
    }
    return error;
}
