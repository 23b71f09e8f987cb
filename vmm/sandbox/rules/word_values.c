/* SPDX-License-Identifier: Apache-2.0 */
/* word_values.c - see word_values.h. */
#include "vmm/sandbox/rules/word_values.h"

#include <stdlib.h>

#include "vmm/sandbox/rules/conditions.h"

#define ALL_BITS 0xffffffffu
#define RUN 3u /* so many are a run */

static int compare_values(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

bool word_values_collect(const struct call_rules *call, struct word_values *values)
{
    struct condition_word word;

    *values = (struct word_values){.count = 0};
    for (unsigned i = 0; i < call->count; i++) {
        if (call->rule[i]->error != 0 || !conditions_word(call->rule[i], &word))
            return false;
        if (i == 0) {
            values->offset = word.offset;
            values->mask = word.mask;
            values->first = word.value;
        } else if (word.offset != values->offset || word.mask != values->mask) {
            return false;
        } else {
            values->other[values->count++] = word.value;
        }
    }
    qsort(values->other, values->count, sizeof(values->other[0]), compare_values);
    return call->count > 1;
}

/* The last of those that follow each other from one on. */
static unsigned run_end(const struct word_values *values, unsigned from)
{
    unsigned last = from;

    while (last + 1 < values->count && values->other[last + 1] == values->other[last] + 1)
        last++;
    return last;
}

static unsigned put_equal(struct program *program, uint32_t value, struct program_end *allow, unsigned no)
{
    unsigned yes = program_end_near(program, allow);

    return program_compare(program, BPF_JMP | BPF_JEQ | BPF_K, value, yes, no);
}

/* What is larger has been compared with, so it is on no list if it comes to here. */
static unsigned put_run(struct program *program, uint32_t low, uint32_t high, struct program_end *allow, unsigned kill,
                        unsigned no)
{
    unsigned yes = program_end_near(program, allow);

    no = program_compare(program, BPF_JMP | BPF_JGE | BPF_K, low, yes, no);
    return program_compare(program, BPF_JMP | BPF_JGT | BPF_K, high, kill, no);
}

unsigned word_values_put(struct program *program, const struct word_values *values, struct program_end *allow,
                         unsigned kill)
{
    const uint32_t *other = values->other;
    unsigned step = kill;

    for (unsigned i = 0; i < values->count;) {
        unsigned last = run_end(values, i);

        if (last - i + 1 < RUN)
            last = i;
        step = last == i ? put_equal(program, other[i], allow, step)
                         : put_run(program, other[i], other[last], allow, kill, step);
        i = last + 1;
    }
    put_equal(program, values->first, allow, step);
    if (values->mask != ALL_BITS)
        program_put(program, BPF_ALU | BPF_AND | BPF_K, values->mask);
    return program_put(program, BPF_LD | BPF_W | BPF_ABS, values->offset);
}
