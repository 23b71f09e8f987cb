/* SPDX-License-Identifier: Apache-2.0 */
/* compile.c - see compile.h. */
#include "vmm/sandbox/rules/compile.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#include "vmm/sandbox/rules/call_ranges.h"
#include "vmm/sandbox/rules/conditions.h"
#include "vmm/sandbox/rules/word_values.h"

#define LOAD(member) BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, member)

/* ---- arguments ---- */

static bool is_same_condition(const struct scmp_arg_cmp *one, const struct scmp_arg_cmp *other)
{
    return one->arg == other->arg && one->op == other->op && one->datum_a == other->datum_a &&
           one->datum_b == other->datum_b;
}

static bool is_same_rule(const struct rule *one, const struct rule *other)
{
    bool same = one->error == other->error && one->count == other->count;

    for (unsigned i = 0; same && i < one->count; i++)
        same = is_same_condition(&one->argument[i], &other->argument[i]);
    return same;
}

/* The first call of which the rules say the same, which may be this one. */
static unsigned first_alike(const struct call_rules *calls, unsigned number)
{
    for (unsigned first = 0; first < number; first++) {
        bool same = call_is_looked_at(&calls[first]) && calls[first].count == calls[number].count;

        for (unsigned i = 0; same && i < calls[number].count; i++)
            same = is_same_rule(calls[first].rule[i], calls[number].rule[i]);
        if (same)
            return first;
    }
    return number;
}

/* step: the first one that looks at them. */
static bool put_arguments(struct program *program, const struct call_rules *call, struct program_end *allow,
                          unsigned kill, unsigned *step)
{
    struct rest rest = {.step = kill};
    struct word_values values;

    if (word_values_collect(call, &values)) {
        *step = word_values_put(program, &values, allow, kill);
        return true;
    }
    for (unsigned i = call->count; i-- > 0;) {
        const struct rule *rule = call->rule[i];
        struct program_end error, *pass = allow;

        if (rule->error != 0) {
            conditions_begin(program, &rest);
            error = program_end(program, SECCOMP_RET_ERRNO | (uint32_t)rule->error);
            pass = &error;
        }
        if (rule->count == 0)
            rest = (struct rest){.step = pass->step};
        else if (!conditions_put(program, rule, pass, &rest))
            return false;
    }
    *step = conditions_begin(program, &rest);
    return true;
}

static bool put_all_arguments(struct program *program, const struct call_rules *calls, struct program_end *allow,
                              struct call_ranges *ranges)
{
    for (unsigned i = 0; i < CALLS_END; i++) {
        if (!call_is_looked_at(&calls[i]))
            continue;
        unsigned alike = first_alike(calls, i);
        if (alike != i)
            ranges->arguments[i] = ranges->arguments[alike];
        else if (!put_arguments(program, &calls[i], allow, ranges->kill, &ranges->arguments[i]))
            return false;
    }
    return true;
}

/* ---- a list on top of another one ---- */

/* Before `rest`: what is done with a number of which the list has so much less. */
static bool put_less(struct program *program, unsigned number, const struct call_rules *has,
                     const struct call_rules *less, unsigned kill, unsigned allow, unsigned *rest)
{
    struct rest arguments = {.step = allow};
    struct program_end end = {.value = SECCOMP_RET_KILL_PROCESS, .step = kill};
    unsigned found = kill;

    for (unsigned i = less->count; has->count != 0 && i-- > 0;)
        if (!conditions_put(program, less->rule[i], &end, &arguments))
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
    struct call_ranges ranges = {.calls = calls};

    memset(program, 0, sizeof(*program));
    if (!calls_collect(list, arch, calls))
        return false;
    if (list->less != NULL)
        return compile_less(list, arch, calls, program);
    ranges.kill = program_put(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    struct program_end allow = program_end(program, SECCOMP_RET_ALLOW);
    if (!put_all_arguments(program, calls, &allow, &ranges))
        return false;
    ranges.allow = program_end_near(program, &allow);
    program_compare(program, BPF_JMP | BPF_JSET | BPF_K, 1, ranges.allow, ranges.kill);
    ranges.bit = program_put(program, BPF_ALU | BPF_RSH | BPF_X, 0);
    program_go(program, call_ranges_put(program, &ranges));
    program_put(program, LOAD(nr));
    program_put(program, BPF_MISC | BPF_TAX, 0);
    program_put(program, BPF_ALU | BPF_AND | BPF_X, 0);
    unsigned right = program_put(program, LOAD(nr));
    program_compare(program, BPF_JMP | BPF_JEQ | BPF_K, arch, right, ranges.kill);
    program_put(program, LOAD(arch));
    /* The kernel can't follow what uses the index register. */
    program_put(program, BPF_LDX | BPF_IMM, CALL_BITS);
    return !program->failed;
}
