/* SPDX-License-Identifier: Apache-2.0 */
/* bpf.c - see bpf.h (Linux's Documentation/networking/filter.rst, and seccomp(2) for what is left out of it). */
#include "lib/bpf.h"

#include <stddef.h>

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

    IMM = 0x00, /* modes of loads */
    ABS = 0x20,
    IND = 0x40, /* X is added */
    MEM = 0x60,
    LEN = 0x80,
    MSH = 0xa0, /* of LDX: a header's length in words, which its first byte has */
    MODE = 0xe0,

    HALF = 0x08, /* sizes; words are 0 */
    BYTE = 0x10,
    SIZE = 0x18,

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
    MOD = 0x90, /* not in filters of system calls */
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

#define FIRST_BESIDE 0xfffff000u  /* SKF_AD_OFF: what isn't a place in the packet */
#define FIRST_NETWORK 0xfff00000u /* SKF_NET_OFF: a place in its headers */

/* ---- checking ---- */

static bool alu_is_good(const struct bpf_instruction *at, bool is_for_packets)
{
    switch (at->code & OPERATION) {
    case ADD:
    case SUB:
    case MUL:
    case OR:
    case AND:
    case XOR:
        return true;
    case MOD:
        return is_for_packets && ((at->code & X) || at->k != 0);
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

/* A load of what a packet has. */
static bool is_packet_load(uint16_t code)
{
    unsigned mode = code & MODE, size = code & SIZE;

    if (code == (LDX | BYTE | MSH))
        return true;
    return (code & CLASS) == LD && !(code & ~(CLASS | MODE | SIZE)) && size != SIZE && (mode == ABS || mode == IND);
}

static bool is_beside(const struct bpf_instruction *at)
{
    return (at->code & (CLASS | MODE)) == (LD | ABS) && at->k >= FIRST_BESIDE;
}

static bool packet_load_is_good(const struct bpf_instruction *at)
{
    uint32_t what = at->k - FIRST_BESIDE;

    return !is_beside(at) || (what % 4 == 0 && what < BPF_AD_END);
}

/* left: instructions behind this one. */
static bool is_good(const struct bpf_instruction *at, unsigned left, uint32_t data_size)
{
    if (data_size == BPF_PACKET && is_packet_load(at->code))
        return packet_load_is_good(at);
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
    return (at->code & CLASS) == ALU ? alu_is_good(at, data_size == BPF_PACKET)
                                     : (at->code & CLASS) == JMP && jump_is_good(at, left);
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
    case MOD:
        return a % with;
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

/* Numbers in packets have their highest byte first. False: it isn't all there. A place before the packet that is none
 * of its headers' (SKF_LL_OFF) never is: no packet here has come over a wire. */
static bool packet_read(const struct bpf_packet *packet, uint32_t place, unsigned width, uint32_t *out)
{
    uint64_t first;

    if (place >= FIRST_NETWORK)
        first = place - FIRST_NETWORK;
    else if ((int32_t)place >= 0)
        first = (uint64_t)packet->network + place;
    else
        return false;
    if (first + width > (uint64_t)packet->network + packet->size)
        return false;
    *out = 0;
    for (unsigned i = 0; i < width; i++)
        *out = *out << 8 | packet->byte(packet, (uint32_t)first + i);
    return true;
}

struct registers {
    uint32_t a, x;
};

static bool packet_load(const struct bpf_packet *packet, const struct bpf_instruction *at, struct registers *registers)
{
    unsigned width = (at->code & SIZE) == BYTE ? 1 : (at->code & SIZE) == HALF ? 2 : 4;
    uint32_t place = at->k + ((at->code & MODE) == IND ? registers->x : 0), header;

    if (is_beside(at) && at->k - FIRST_BESIDE == BPF_AD_XOR_X) {
        registers->a ^= registers->x;
        return true;
    }
    if (is_beside(at))
        return packet->beside(packet, at->k - FIRST_BESIDE, &registers->a);
    if ((at->code & CLASS) == LD)
        return packet_read(packet, place, width, &registers->a);
    if (!packet_read(packet, place, width, &header))
        return false;
    registers->x = (header & 0xf) * 4;
    return true;
}

/* One for both, each with an interpreter of its own: either there is a packet, or data. */
static inline __attribute__((always_inline)) uint32_t run(const struct bpf_instruction *program, const uint32_t *data,
                                                          uint32_t data_size, const struct bpf_packet *packet)
{
    uint32_t a = 0, x = 0, memory[BPF_WORDS], with;

    for (const struct bpf_instruction *at = program;; at++) {
        with = at->code & X ? x : at->k;
        if (packet != NULL && is_packet_load(at->code)) {
            struct registers registers = {a, x};

            if (!packet_load(packet, at, &registers))
                return 0;
            a = registers.a;
            x = registers.x;
            continue;
        }
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
                if (((at->code & OPERATION) == DIV || (at->code & OPERATION) == MOD) && with == 0)
                    return 0; /* as Linux: the program ends so */
                a = alu(at->code & OPERATION, a, with);
            }
        }
    }
}

uint32_t bpf_run(const struct bpf_instruction *program, const uint32_t *data, uint32_t data_size)
{
    return run(program, data, data_size, NULL);
}

uint32_t bpf_run_packet(const struct bpf_instruction *program, const struct bpf_packet *packet)
{
    return run(program, NULL, packet->size, packet);
}
