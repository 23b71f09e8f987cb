/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_lists.c - run at build time: `make_lists ISA` prints the lists of kinds.c as C, a filter program each, which
 * libseccomp makes.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmm/sandbox/rules/rules.h"

/* libseccomp's name of an ISA, as uname -m has it. */
static uint32_t arch_of(const char *isa)
{
    static const struct {
        const char *isa, *name;
    } names[] = {{"x86_64", "x86_64"}, {"aarch64", "aarch64"}, {"riscv64", "riscv64"}, {"loongarch64", "loongarch64"}};

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(isa, names[i].isa) == 0)
            return seccomp_arch_resolve_name(names[i].name);
    return 0;
}

/* 0 or -errno. A call that this libseccomp doesn't know by name, or that the ISA doesn't have, can't be made. Rules are
 * given by the numbers of this machine's ISA, whichever the filter is for: libseccomp puts the other's in their place.
 */
static int add_rule(scmp_filter_ctx filter, uint32_t arch, const struct rule *rule)
{
    int number = seccomp_syscall_resolve_name(rule->call);
    uint32_t action = rule->error != 0 ? SCMP_ACT_ERRNO((uint32_t)rule->error) : SCMP_ACT_ALLOW;

    if (number == __NR_SCMP_ERROR || seccomp_syscall_resolve_name_arch(arch, rule->call) < 0)
        return 0;
    int error = seccomp_rule_add_array(filter, action, number, rule->count, rule->argument);
    return error == -EEXIST ? 0 : error;
}

static scmp_filter_ctx make_filter(uint32_t arch)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (filter == NULL)
        return NULL;
    if (seccomp_arch_native() != arch &&
        (seccomp_arch_add(filter, arch) < 0 || seccomp_arch_remove(filter, SCMP_ARCH_NATIVE) < 0))
        return NULL;
    /* 2: a binary tree. When a list is loaded the kernel looks at each number of a call, to know those that always
     * pass: along a chain of comparisons that takes twice as long. */
    if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) < 0 ||
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0)
        return NULL;
    return filter;
}

static int print_code(scmp_filter_ctx filter, const char *name)
{
    FILE *file = tmpfile();
    struct sock_filter step;
    int error = file == NULL ? -errno : seccomp_export_bpf(filter, fileno(file));

    if (error == 0) {
        rewind(file);
        printf("static const struct sock_filter code_%s[] = {\n", name);
        while (fread(&step, sizeof(step), 1, file) == 1)
            printf("    {0x%02x, %u, %u, 0x%08" PRIx32 "},\n", step.code, step.jt, step.jf, step.k);
        printf("};\n");
    }
    if (file != NULL)
        fclose(file);
    return error;
}

static int print_list(const struct list *list, uint32_t arch)
{
    scmp_filter_ctx filter = make_filter(arch);
    int error = filter == NULL ? -ENOMEM : 0;

    for (unsigned i = 0; error == 0 && list->sets[i] != NULL; i++)
        for (const struct rule *rule = list->sets[i]; error == 0 && rule->call != NULL; rule++) {
            error = add_rule(filter, arch, rule);
            if (error != 0)
                fprintf(stderr, "make_lists: %s: %s: %s\n", list->name, rule->call, strerror(-error));
        }
    error = error != 0 ? error : print_code(filter, list->name);
    seccomp_release(filter);
    return error;
}

int main(int argc, char **argv)
{
    uint32_t arch = argc == 2 ? arch_of(argv[1]) : 0;

    if (arch == 0) {
        fprintf(stderr, "make_lists: usage: make_lists ISA, one that this libseccomp knows\n");
        return 2;
    }
    printf("/* Made from vmm/sandbox/rules/ for %s. */\n", argv[1]);
    for (const struct list *list = lists; list->name != NULL; list++)
        if (print_list(list, arch) != 0)
            return 1;
    return fflush(stdout) == 0 ? 0 : 1;
}
