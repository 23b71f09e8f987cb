/* SPDX-License-Identifier: Apache-2.0 */
/* conditions.h - the part of a filter program that looks at the arguments of one call. */
#ifndef LVMM_SANDBOX_RULES_CONDITIONS_H
#define LVMM_SANDBOX_RULES_CONDITIONS_H

#include "vmm/sandbox/rules/program.h"
#include "vmm/sandbox/rules/rules.h"

/* What is done with a call if nothing that was put so far lets it pass. */
struct rest {
    unsigned step;   /* where it begins; */
    bool waits;      /* with a comparison for which the accumulator isn't loaded yet: */
    uint32_t offset; /* of a word of struct seccomp_data */
    uint32_t mask;   /* with these bits of it */
};

/* A word of struct seccomp_data of which these bits have this value. */
struct condition_word {
    uint32_t offset, mask, value;
};

/* Is this all that the rule says? */
bool conditions_word(const struct rule *rule, struct condition_word *word);

/* Puts a rule before the rest, and makes it the rest: to `pass` where all its conditions hold. They are equal to, or
 * masked equal: false if it isn't so. */
bool conditions_put(struct program *program, const struct rule *rule, struct program_end *pass, struct rest *rest);

/* Where the rest begins, for who comes with nothing loaded: the loading is put if it waits. */
unsigned conditions_begin(struct program *program, struct rest *rest);

#endif
