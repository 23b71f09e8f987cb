/* SPDX-License-Identifier: Apache-2.0 */
/* make_lists.c - run at build time: `make_lists ISA` prints the lists of kinds.c as C, a filter program each. */
#include <inttypes.h>
#include <stdio.h>

#include "vmm/sandbox/rules/compile.h"

static bool print_list(const struct list *list, uint32_t arch)
{
    struct program program;

    if (!compile(list, arch, &program)) {
        fprintf(stderr, "make_lists: %s: too long, or not to be expressed\n", list->name);
        return false;
    }
    printf("static const struct sock_filter code_%s[] = {\n", list->name);
    for (unsigned i = 0; i < program.count; i++) {
        const struct sock_filter *step = program_step(&program, i);

        printf("    {0x%02x, %u, %u, 0x%08" PRIx32 "},\n", step->code, step->jt, step->jf, step->k);
    }
    printf("};\n");
    return true;
}

int main(int argc, char **argv)
{
    uint32_t arch = argc == 2 ? calls_arch(argv[1]) : 0;

    if (arch == 0) {
        fprintf(stderr, "make_lists: usage: make_lists ISA, one that this libseccomp knows\n");
        return 2;
    }
    printf("/* Made from vmm/sandbox/rules/ for %s. */\n", argv[1]);
    for (const struct list *list = lists; list->name != NULL; list++)
        if (!print_list(list, arch))
            return 1;
    return fflush(stdout) == 0 ? 0 : 1;
}
