/* SPDX-License-Identifier: Apache-2.0 */
/*
 * golden.h - a fixed plan, and the comparison with a file of tests/golden. GOLDEN_UPDATE=1 in the environment writes
 * the files anew instead: GOLDEN_UPDATE=1 make check, then look at `git diff tests/golden`.
 */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot/planner.h"
#include "tests/unit/boot/elf_builder.h"

/* Everything that a plan can have, with values that don't change. */
static inline struct plan_input golden_input(const struct machine *machine, struct elf_builder *kernel)
{
    struct mem_range range[MEM_RANGES];

    kernel->header.e_machine = machine->elf_machine;
    machine->memory_map(machine->memory_min, range);
    elf_builder_move(kernel, (uint32_t)range[0].base);
    struct plan_input input = {
        .machine = machine,
        .kernel = kernel,
        .kernel_size = sizeof(*kernel),
        .memory_bytes = 4096ull << 20,
        .cpus = 2,
        .disks = 2,
        .append = "option=1",
        .verbose = true,
        .argv = "/bin/program\0two words\0",
        .argv_size = 23,
        .envp = "HOME=/\0TERM=linux",
        .envp_size = 18,
        .tty = 5,
        .rows = 24,
        .columns = 80,
        .realtime_ns = 1700000000123456789,
    };

    for (unsigned i = 0; i < sizeof(input.rng_seed); i++)
        input.rng_seed[i] = (uint8_t)i;
    return input;
}

/* How many machines there are: the golden tests loop over the list. */
static inline int golden_machines(void)
{
    int count = 0;

    while (machines[count] != NULL)
        count++;
    return count;
}

static inline void golden_compare(const char *path, const char *text)
{
    static char want[65536];

    if (getenv("GOLDEN_UPDATE") != NULL) {
        FILE *out = fopen(path, "w");
        ck_assert_ptr_nonnull(out);
        ck_assert_int_ge(fputs(text, out), 0);
        fclose(out);
        return;
    }
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s is missing; GOLDEN_UPDATE=1 makes it", path);
    want[fread(want, 1, sizeof(want) - 1, in)] = '\0';
    fclose(in);
    ck_assert_msg(strcmp(want, text) == 0, "not as %s says; if that is right, GOLDEN_UPDATE=1 updates it. Now:\n%s",
                  path, text);
}

/* dtc's text of a tree. */
static inline void golden_decompile(const void *blob, uint32_t blob_size, char *text, size_t size)
{
    char name[] = "/tmp/lvmm-golden-XXXXXX", command[128];
    int fd = mkstemp(name);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, blob, blob_size), (ssize_t)blob_size);
    close(fd);
    snprintf(command, sizeof(command), "dtc -q -I dtb -O dts %s", name);
    FILE *pipe = popen(command, "r");
    text[fread(text, 1, size - 1, pipe)] = '\0';
    ck_assert_int_eq(pclose(pipe), 0);
    unlink(name);
}

/* The plan's tree, or its firmware's, with tests/golden/ISA and `kind`.dts. */
static inline void golden_compare_tree(const struct plan *plan, const void *blob, uint32_t size, const char *kind)
{
    static char text[65536];
    char path[128];

    golden_decompile(blob, size, text, sizeof(text));
    snprintf(path, sizeof(path), "tests/golden/%s%s.dts", plan->machine->isa, kind);
    golden_compare(path, text);
}

#endif
