/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h - a list as the calls of one ISA that are on it, by their numbers. */
#ifndef LVMM_SANDBOX_RULES_CALLS_H
#define LVMM_SANDBOX_RULES_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/sandbox/rules/rules.h"

#define CALLS_END 512u /* all numbers are below */
#define CALL_RULES 48u

/* What holds for a number: it is forbidden if there is nothing. */
struct call_rules {
    const struct rule *rule[CALL_RULES]; /* in the order in which they are looked at: the first ones are the quickest */
    unsigned count;
    bool passes; /* whatever its arguments are, and whatever the rules say */
};

/* What libseccomp calls an ISA; 0: it doesn't know it. */
uint32_t calls_arch(const char *isa);

/* Sorts a list's rules by number. A call that this libseccomp doesn't know by name, or that the ISA doesn't have, is
 * left out, as it can't be made. false: there is no room for one. */
bool calls_collect(const struct list *list, uint32_t arch, struct call_rules calls[CALLS_END]);

#endif
