/* SPDX-License-Identifier: Apache-2.0 */
/* bpf.c - see bpf.h (Linux's Documentation/networking/filter.rst, and seccomp(2) for what is left out of it). */
#include "sys/bpf.h"

#include <stdbool.h>

#include "abi/errno.h"

/* A code is a class, and what that class has: a mode and a size, an operation and where its operand is. */
enum {
    CLASS = 0x07,
    LD = 0x00,
    LDX = 0x01,
    ST = 0x02,
    STX = 0x03,
    ALU = 0x04,
    JMP = 0x05,
    RET = 0x06,
    MISC = 0x07,

    IMM = 0x00, /* modes of loads; sizes are words, which is 0 */
    ABS = 0x20,
    MEM = 0x60,
    LEN = 0x80,

    OPERATION = 0xf0,
    ADD = 0x00,
    SUB = 0x10,
    MUL = 0x20,
    DIV = 0x30,
    OR = 0x40,
    AND = 0x50,
    LSH = 0x60,
    RSH = 0x70,
    NEG = 0x80,
    XOR = 0xa0,

    JA = 0x00,
    JEQ = 0x10,
    JGT = 0x20,
    JGE = 0x30,
    JSET = 0x40,

    X = 0x08, /* the operand is X rather than k */
    A = 0x10, /* of RET: the result is A rather than k */

    TAX = 0x00,
    TXA = 0x80,
};

/* ---- checking ---- */

static bool alu_is_good(const struct bpf_instruction *at)
{
    switch (at->code & OPERATION) {
    case ADD:
    case SUB:
    case MUL:
    case OR:
    case AND:
    case XOR:
        return true;
    case DIV:
        return (at->code & X) || at->k != 0;
    case LSH:
    case RSH:
        return (at->code & X) || at->k < 32;
    case NEG:
        return !(at->code & X);
    default:
        return false;
    }
}

static bool jump_is_good(const struct bpf_instruction *at, unsigned left)
{
    if (at->code == (JMP | JA))
        return at->k < left;
    switch (at->code & OPERATION) {
    case JEQ:
    case JGT:
    case JGE:
    case JSET:
        return at->if_true < left && at->if_false < left;
    default:
        return false;
    }
}

/* left: instructions behind this one. */
static bool is_good(const struct bpf_instruction *at, unsigned left, uint32_t data_size)
{
    switch (at->code) {
    case LD | ABS:
        return at->k % sizeof(uint32_t) == 0 && at->k < data_size;
    case LD | LEN:
    case LDX | LEN:
    case LD | IMM:
    case LDX | IMM:
    case RET:
    case RET | A:
    case MISC | TAX:
    case MISC | TXA:
        return true;
    case LD | MEM:
    case LDX | MEM:
    case ST:
    case STX:
        return at->k < BPF_WORDS;
    default:
        break;
    }
    if (at->code & ~(CLASS | OPERATION | X))
        return false;
    return (at->code & CLASS) == ALU ? alu_is_good(at) : (at->code & CLASS) == JMP && jump_is_good(at, left);
}

/* Whether each word of own memory that is loaded was stored on all ways there. A way into an instruction comes from
 * before it: `known[i]` holds what all jumps to it that were seen have in common. */
static bool memory_is_good(const struct bpf_instruction *program, unsigned length, uint16_t *known)
{
    uint16_t now = 0;

    for (unsigned i = 0; i < length; i++)
        known[i] = UINT16_MAX;
    for (unsigned i = 0; i < length; i++) {
        const struct bpf_instruction *at = &program[i];

        now &= known[i];
        if (at->code == ST || at->code == STX) {
            now |= (uint16_t)(1u << at->k);
        } else if (at->code == (LD | MEM) || at->code == (LDX | MEM)) {
            if (!(now & 1u << at->k))
                return false;
        } else if (at->code == (JMP | JA)) {
            known[i + 1 + at->k] &= now;
            now = UINT16_MAX;
        } else if ((at->code & CLASS) == JMP) {
            known[i + 1 + at->if_true] &= now;
            known[i + 1 + at->if_false] &= now;
            now = UINT16_MAX;
        }
    }
    return true;
}

int bpf_check(const struct bpf_instruction *program, unsigned length, uint32_t data_size, uint16_t *known)
{
    if (length == 0 || length > BPF_LENGTH_MAX)
        return -EINVAL;
    for (unsigned i = 0; i < length; i++)
        if (!is_good(&program[i], length - i - 1, data_size))
            return -EINVAL;
    if ((program[length - 1].code & CLASS) != RET)
        return -EINVAL;
    return memory_is_good(program, length, known) ? 0 : -EINVAL;
}

/* ---- counting ---- */

static uint32_t cost_of(const struct bpf_instruction *at)
{
    switch (at->code & CLASS) {
    case RET: /* k goes into a register first */
        return at->code == RET ? 2 : 1;
    case ALU: /* a division looks at X first */
        return at->code == (ALU | DIV | X) ? 5 : 1;
    case JMP: /* k with the topmost bit goes into a register; and a jump has one way but on */
        if (at->code == (JMP | JA))
            return 1;
        return 1u + (!(at->code & X) && (int32_t)at->k < 0) +
               (at->if_false != 0 && (at->if_true != 0 || (at->code & OPERATION) == JSET));
    default:
        return 1;
    }
}

uint32_t bpf_cost(const struct bpf_instruction *program, unsigned length)
{
    uint32_t cost = 3; /* registers are set up */

    for (unsigned i = 0; i < length; i++)
        cost += cost_of(&program[i]);
    return cost;
}

/* ---- running ---- */

/* An operation of A and a number. A shift counts as far as the registers of Linux's own machine do. */
static uint32_t alu(unsigned operation, uint32_t a, uint32_t with)
{
    switch (operation) {
    case ADD:
        return a + with;
    case SUB:
        return a - with;
    case MUL:
        return a * with;
    case DIV:
        return a / with;
    case OR:
        return a | with;
    case AND:
        return a & with;
    case LSH:
        return a << (with & 31);
    case RSH:
        return a >> (with & 31);
    case XOR:
        return a ^ with;
    default: /* NEG */
        return 0 - a;
    }
}

static bool holds(unsigned operation, uint32_t a, uint32_t with)
{
    switch (operation) {
    case JEQ:
        return a == with;
    case JGT:
        return a > with;
    case JGE:
        return a >= with;
    default: /* JSET */
        return (a & with) != 0;
    }
}

uint32_t bpf_run(const struct bpf_instruction *program, const uint32_t *data, uint32_t data_size)
{
    uint32_t a = 0, x = 0, memory[BPF_WORDS], with;

    for (const struct bpf_instruction *at = program;; at++) {
        with = at->code & X ? x : at->k;
        switch (at->code) {
        case LD | ABS:
            a = data[at->k / sizeof(uint32_t)];
            break;
        case LD | LEN:
            a = data_size;
            break;
        case LDX | LEN:
            x = data_size;
            break;
        case LD | IMM:
            a = at->k;
            break;
        case LDX | IMM:
            x = at->k;
            break;
        case LD | MEM:
            a = memory[at->k];
            break;
        case LDX | MEM:
            x = memory[at->k];
            break;
        case ST:
            memory[at->k] = a;
            break;
        case STX:
            memory[at->k] = x;
            break;
        case RET:
            return at->k;
        case RET | A:
            return a;
        case MISC | TAX:
            x = a;
            break;
        case MISC | TXA:
            a = x;
            break;
        case JMP | JA:
            at += at->k;
            break;
        default:
            if ((at->code & CLASS) == JMP) {
                at += holds(at->code & OPERATION, a, with) ? at->if_true : at->if_false;
            } else {
                if ((at->code & OPERATION) == DIV && with == 0)
                    return 0; /* as Linux: the program ends so */
                a = alu(at->code & OPERATION, a, with);
            }
        }
    }
}
