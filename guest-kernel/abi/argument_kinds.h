/* SPDX-License-Identifier: Apache-2.0 */
/* argument_kinds.h - the kinds of a call's arguments, where one of them says what others are. Both sides of a trace use
 * it. */
#ifndef GK_ABI_ARGUMENT_KINDS_H
#define GK_ABI_ARGUMENT_KINDS_H

#include <stdint.h>

#include "kinds.h"

/* The kinds of a call that has the row's and was given these registers: the row's own up to a command that
 * arguments.def knows, and from there on that row's. Where a row has pairs of registers they are behind such commands.
 */
static inline void arguments_kinds(const uint32_t row[KINDS_MAX], const uint64_t arg[6], uint32_t kinds[KINDS_MAX])
{
    static const struct {
        uint32_t set, mask, value;
        uint32_t kinds[KINDS_MAX];
    } rules[] = {
#define ARGUMENTS(set, mask, value, ...) {KIND_SET_##set, mask, value, KINDS(__VA_ARGS__)},
#include "arguments.def"
#undef ARGUMENTS
    };
    unsigned at = 0, rule = 0;

    for (; at < KINDS_MAX; at++) {
        enum kind_what what = kind_what(row[at]);

        kinds[at] = row[at];
        if (what != KIND_FLAGS && what != KIND_ONE)
            continue;
        for (rule = 0; rule < sizeof(rules) / sizeof(rules[0]); rule++)
            if (rules[rule].set == kind_more(row[at]) && ((uint32_t)arg[at] & rules[rule].mask) == rules[rule].value)
                break;
        if (rule < sizeof(rules) / sizeof(rules[0]))
            break;
    }
    for (unsigned i = 0; ++at < KINDS_MAX; i++) {
        uint32_t kind = rules[rule].kinds[i];

        kinds[at] = kind == KIND_same ? row[at] : kind;
    }
}

#endif
