/* SPDX-License-Identifier: Apache-2.0 */
/*
 * word_values.h - a call that passes with any of several values of one word of its arguments, as ioctl does: they are
 * compared with from the largest one down, so that three or more that follow each other are two comparisons.
 */
#ifndef LVMM_SANDBOX_RULES_WORD_VALUES_H
#define LVMM_SANDBOX_RULES_WORD_VALUES_H

#include "vmm/sandbox/rules/calls.h"
#include "vmm/sandbox/rules/program.h"

struct word_values {
    uint32_t offset; /* of the word in struct seccomp_data */
    uint32_t mask;   /* what is looked at of it */
    uint32_t first;  /* the first rule's: it is compared with before the others */
    uint32_t other[CALL_RULES];
    unsigned count; /* of the others */
};

/* false: the rules are of another kind. */
bool word_values_collect(const struct call_rules *call, struct word_values *values);

/* Returns the first step. */
unsigned word_values_put(struct program *program, const struct word_values *values, struct program_end *allow,
                         unsigned kill);

#endif
