/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_ranges.h - the part of a filter program that finds what is done with a call by its number.
 *
 * All numbers are parted into ranges, of three kinds: those in which calls are killed, or pass, but for a few that are
 * compared with one by one, and those of up to 32 numbers of which the bits of a word say which ones pass. A tree of
 * comparisons finds the range. Of all ways to part them it is one with the fewest steps.
 */
#ifndef LVMM_SANDBOX_RULES_CALL_RANGES_H
#define LVMM_SANDBOX_RULES_CALL_RANGES_H

#include "vmm/sandbox/rules/calls.h"
#include "vmm/sandbox/rules/program.h"

struct call_ranges {
    const struct call_rules *calls;
    unsigned kill, allow;          /* steps: what is done with a call that is on no list, with one that passes; */
    unsigned bit;                  /* and with a word in the accumulator of which the index register's bit says which */
    unsigned arguments[CALLS_END]; /* the first step that looks at a call's; 0: none does, as the last one kills */
};

/* Are its arguments looked at? */
bool call_is_looked_at(const struct call_rules *call);

/* The accumulator holds the number, the index register its lowest bits, CALL_BITS. Returns the first step. */
#define CALL_BITS 31u
unsigned call_ranges_put(struct program *program, const struct call_ranges *ranges);

#endif
