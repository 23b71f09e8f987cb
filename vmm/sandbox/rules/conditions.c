/* SPDX-License-Identifier: Apache-2.0 */
/* conditions.c - see conditions.h. */
#include "vmm/sandbox/rules/conditions.h"

#include <linux/seccomp.h>
#include <stddef.h>

#define ALL_BITS 0xffffffffu

/* How the accumulator holds a word, for that test: as it is, or with the mask's bits alone. */
static uint32_t held_mask(const struct condition_word *test)
{
    bool by_bits = test->value == 0 || (test->value == test->mask && (test->mask & (test->mask - 1)) == 0);

    return by_bits ? ALL_BITS : test->mask;
}

/* Is what the rest compares with the same that the test has loaded? */
static bool is_loaded(const struct rest *rest, const struct condition_word *test)
{
    return rest->waits && rest->offset == test->offset && rest->mask == held_mask(test);
}

unsigned conditions_begin(struct program *program, struct rest *rest)
{
    if (rest->waits && rest->mask != ALL_BITS)
        program_put(program, BPF_ALU | BPF_AND | BPF_K, rest->mask);
    if (rest->waits)
        rest->step = program_put(program, BPF_LD | BPF_W | BPF_ABS, rest->offset);
    rest->waits = false;
    return rest->step;
}

static struct rest put_test(struct program *program, const struct condition_word *test, unsigned pass, unsigned fail)
{
    struct rest rest = {.waits = true, .offset = test->offset, .mask = held_mask(test)};

    if (rest.mask == test->mask)
        rest.step = program_compare(program, BPF_JMP | BPF_JEQ | BPF_K, test->value, pass, fail);
    else if (test->value == 0)
        rest.step = program_compare(program, BPF_JMP | BPF_JSET | BPF_K, test->mask, fail, pass);
    else
        rest.step = program_compare(program, BPF_JMP | BPF_JSET | BPF_K, test->mask, pass, fail);
    return rest;
}

/* The tests of a condition, none for a half that it doesn't look at. Their number, or -1. All ISAs are
 * little-endian. */
static int split(const struct scmp_arg_cmp *condition, struct condition_word tests[2])
{
    uint64_t mask = condition->op == SCMP_CMP_MASKED_EQ ? condition->datum_a : UINT64_MAX;
    uint64_t value = condition->op == SCMP_CMP_MASKED_EQ ? condition->datum_b : condition->datum_a;
    int count = 0;

    if ((condition->op != SCMP_CMP_MASKED_EQ && condition->op != SCMP_CMP_EQ) || (value & ~mask) != 0)
        return -1;
    for (unsigned half = 0; half < 2; half++) {
        const struct condition_word test = {
            .offset = (uint32_t)(offsetof(struct seccomp_data, args) + 8 * condition->arg + 4 * half),
            .mask = (uint32_t)(mask >> (32 * half)),
            .value = (uint32_t)(value >> (32 * half))};

        if (test.mask != 0)
            tests[count++] = test;
    }
    return count;
}

bool conditions_word(const struct rule *rule, struct condition_word *word)
{
    struct condition_word halves[2];

    if (rule->count != 1 || split(&rule->argument[0], halves) != 1)
        return false;
    *word = halves[0];
    return true;
}

bool conditions_put(struct program *program, const struct rule *rule, struct program_end *pass, struct rest *rest)
{
    struct condition_word tests[2 * RULE_ARGUMENTS];
    int count = 0;

    for (unsigned i = 0; i < rule->count; i++) {
        int more = split(&rule->argument[i], &tests[count]);

        if (more < 0)
            return false;
        count += more;
    }
    for (int i = 0; i < count; i++)
        if (!is_loaded(rest, &tests[i]))
            conditions_begin(program, rest);
    /* What waits is to follow what loads for it, so nothing comes between. */
    struct rest put = {.step = rest->waits ? pass->step : program_end_near(program, pass)};
    for (int i = count - 1; i >= 0; i--)
        put = put_test(program, &tests[i], conditions_begin(program, &put), rest->step);
    *rest = put;
    return count > 0;
}
