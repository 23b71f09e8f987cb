/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c - see calls.h. */
#include "vmm/sandbox/rules/calls.h"

#include <string.h>

/* libseccomp's names are those of uname -m. */
uint32_t calls_arch(const char *isa)
{
    static const char *const isas[] = {"x86_64", "aarch64", "riscv64", "loongarch64"};

    for (unsigned i = 0; i < sizeof(isas) / sizeof(isas[0]); i++)
        if (strcmp(isa, isas[i]) == 0)
            return seccomp_arch_resolve_name(isa);
    return 0;
}

static bool add(struct call_rules *call, const struct rule *rule)
{
    if (rule->count == 0 && rule->error == 0)
        call->passes = true;
    if (call->count == CALL_RULES)
        return false;
    call->rule[call->count++] = rule;
    return true;
}

bool calls_collect(const struct list *list, uint32_t arch, struct call_rules calls[CALLS_END])
{
    memset(calls, 0, CALLS_END * sizeof(calls[0]));
    for (unsigned i = 0; list->sets[i] != NULL; i++)
        for (const struct rule *rule = list->sets[i]; rule->call != NULL; rule++) {
            int number = seccomp_syscall_resolve_name_arch(arch, rule->call);

            if (number < 0)
                continue;
            if (number >= (int)CALLS_END || !add(&calls[number], rule))
                return false;
        }
    return true;
}
