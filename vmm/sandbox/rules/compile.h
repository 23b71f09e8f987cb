/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compile.h - from a list of rules to the filter program that means the same.
 *
 * What it costs to load a program is the kernel's looking at it: it translates each step, and, before that, runs the
 * program for each number of a call, twice some 450, to learn which calls always pass, until it comes to a step that it
 * can't follow. So the program is short, and such a step is its first one. Whether a call passes is then mostly a bit
 * of a word in the program (call_ranges.h). Calls of which the rules say the same share what looks at their arguments.
 *
 * Machine code is made in passes, until no jump gets shorter any more: so returns are near (program.h).
 *
 * A list that is less than one that is there already (struct list, less) is the few calls that don't pass, compared
 * with one by one.
 */
#ifndef LVMM_SANDBOX_RULES_COMPILE_H
#define LVMM_SANDBOX_RULES_COMPILE_H

#include "vmm/sandbox/rules/calls.h"
#include "vmm/sandbox/rules/program.h"

/* arch: as calls_arch has it. false: there is more of something than there is room for, or a kind of rule that isn't
 * known here. */
bool compile(const struct list *list, uint32_t arch, struct program *program);

#endif
