/* SPDX-License-Identifier: Apache-2.0 */
/* compile.c - see compile.h. */
#include "vmm/sandbox/rules/compile.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#include "vmm/sandbox/rules/conditions.h"

#define WORD_BITS 32u
#define WORDS (CALLS_END / WORD_BITS)
#define LOAD(member) BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member)
#define FEW 2u /* so many calls of a word are compared with one by one */

struct compiler {
    struct program *program;
    const struct call_rules *calls;
    unsigned kill, allow, bit; /* steps: what is done with a call that is on no list, with one that passes; and with a
                                  word of which the number's bit says which */
    unsigned arguments[CALLS_END]; /* the first step that looks at a call's; 0: none does, as the last one kills */
};

static bool is_looked_at(const struct call_rules *call)
{
    return call->count > 0 && !call->passes;
}

/* ---- arguments ---- */

static bool put_call(struct compiler *compiler, unsigned number)
{
    const struct call_rules *call = &compiler->calls[number];
    struct rest rest = {.step = compiler->kill};

    for (unsigned i = call->count; i-- > 0;) {
        const struct rule *rule = call->rule[i];
        unsigned pass = compiler->allow;

        if (rule->error != 0) {
            conditions_begin(compiler->program, &rest);
            pass = program_put(compiler->program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)rule->error);
        }
        if (rule->count == 0)
            rest = (struct rest){.step = pass};
        else if (!conditions_put(compiler->program, rule, pass, &rest))
            return false;
    }
    compiler->arguments[number] = conditions_begin(compiler->program, &rest);
    return true;
}

/* ---- numbers ---- */

/* The bits of a word's calls that pass, whatever their arguments are. */
static uint32_t word_bits(const struct compiler *compiler, unsigned word)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < WORD_BITS; i++)
        bits |= compiler->calls[word * WORD_BITS + i].passes ? 1u << i : 0;
    return bits;
}

/* What is done with the numbers of a word: returns its first step. */
static unsigned put_word(struct compiler *compiler, unsigned word)
{
    uint32_t bits = word_bits(compiler, word);
    bool by_bits = __builtin_popcount(bits) > (int)FEW;
    unsigned step = compiler->kill;

    if (by_bits) {
        program_go(compiler->program, compiler->bit);
        step = program_put(compiler->program, BPF_LD | BPF_IMM, bits);
    }
    for (unsigned i = 0; i < WORD_BITS; i++) {
        unsigned number = word * WORD_BITS + i;

        if (is_looked_at(&compiler->calls[number]))
            step = program_compare(compiler->program, BPF_JMP | BPF_JEQ | BPF_K, number, compiler->arguments[number],
                                   step);
        else if (!by_bits && compiler->calls[number].passes)
            step = program_compare(compiler->program, BPF_JMP | BPF_JEQ | BPF_K, number, compiler->allow, step);
    }
    return step;
}

static bool is_empty(const struct compiler *compiler, unsigned word)
{
    for (unsigned i = 0; i < WORD_BITS; i++)
        if (compiler->calls[word * WORD_BITS + i].count > 0)
            return false;
    return true;
}

/* A tree over words: those of a row that are empty count as one, from the first one of them on. The accumulator holds
 * the number. */
static unsigned put_tree(struct compiler *compiler, const unsigned *words, unsigned count)
{
    if (count == 1)
        return put_word(compiler, words[0]);
    unsigned half = count / 2;
    unsigned high = put_tree(compiler, words + half, count - half);
    unsigned low = put_tree(compiler, words, half);
    return program_compare(compiler->program, BPF_JMP | BPF_JGE | BPF_K, words[half] * WORD_BITS, high, low);
}

/* The last word is an empty one, which stands for all numbers from there on. */
static unsigned put_numbers(struct compiler *compiler)
{
    unsigned words[WORDS + 1], count = 0;

    for (unsigned word = 0; word < WORDS; word++)
        if (word == 0 || !is_empty(compiler, word) || !is_empty(compiler, word - 1))
            words[count++] = word;
    return put_tree(compiler, words, count);
}

/* ---- a list on top of another one ---- */

/* Before `rest`: what is done with a number of which the list has so much less. */
static bool put_less(struct program *program, unsigned number, const struct call_rules *has,
                     const struct call_rules *less, unsigned kill, unsigned allow, unsigned *rest)
{
    struct rest arguments = {.step = allow};
    unsigned found = kill;

    for (unsigned i = less->count; has->count != 0 && i-- > 0;)
        if (!conditions_put(program, less->rule[i], kill, &arguments))
            return false;
    if (has->count != 0)
        found = conditions_begin(program, &arguments);
    *rest = program_compare(program, BPF_JMP | BPF_JEQ | BPF_K, number, found, *rest);
    return true;
}

/* Another ISA's calls, and all others that are on no list, are the first list's to kill. */
static bool compile_less(const struct list *list, uint32_t arch, const struct call_rules *has, struct program *program)
{
    const struct list less = {.name = list->name, .sets = list->less};
    struct call_rules calls[CALLS_END];

    if (!calls_collect(&less, arch, calls))
        return false;
    unsigned kill = program_put(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    unsigned allow = program_put(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW), rest = allow;
    for (unsigned number = 0; number < CALLS_END; number++)
        if (calls[number].count != 0 && !put_less(program, number, &has[number], &calls[number], kill, allow, &rest))
            return false;
    program_put(program, LOAD(nr)); /* the first list's programs have no calls that always pass, so nobody looks */
    return !program->failed;
}

bool compile(const struct list *list, uint32_t arch, struct program *program)
{
    struct call_rules calls[CALLS_END];
    struct compiler compiler = {.program = program, .calls = calls};

    memset(program, 0, sizeof(*program));
    if (!calls_collect(list, arch, calls))
        return false;
    if (list->less != NULL)
        return compile_less(list, arch, calls, program);
    if (!is_empty(&compiler, WORDS - 1))
        return false;
    compiler.kill = program_put(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    compiler.allow = program_put(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    for (unsigned number = 0; number < CALLS_END; number++)
        if (is_looked_at(&calls[number]) && !put_call(&compiler, number))
            return false;
    program_compare(program, BPF_JMP | BPF_JSET | BPF_K, 1, compiler.allow, compiler.kill);
    compiler.bit = program_put(program, BPF_ALU | BPF_RSH | BPF_X, 0);
    program_go(program, put_numbers(&compiler));
    program_put(program, LOAD(nr));
    program_put(program, BPF_MISC | BPF_TAX, 0);
    program_put(program, BPF_ALU | BPF_AND | BPF_X, 0);
    unsigned right = program_put(program, LOAD(nr));
    program_compare(program, BPF_JMP | BPF_JEQ | BPF_K, arch, right, compiler.kill);
    program_put(program, LOAD(arch));
    /* The kernel can't follow what uses the index register. */
    program_put(program, BPF_LDX | BPF_IMM, WORD_BITS - 1);
    return !program->failed;
}
