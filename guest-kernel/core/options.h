/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - what lvmm tells the kernel in /chosen (boot/abi.h). The strings stay in the device tree. */
#ifndef GK_CORE_OPTIONS_H
#define GK_CORE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/strings.h"

struct fdt;

struct options {
    struct strings argv, envp;         /* argv.count 0: none was given */
    struct strings shares;             /* three for each shared folder: boot/abi.h; count 0: there is none */
    const char *cwd, *user, *hostname; /* NULL: none was given */
    uint64_t realtime_ns;
    const void *rng_seed;
    size_t rng_seed_size;
    bool is_init;        /* the program is process 1 */
    uint64_t fail_every; /* "fail=N": every Nth allocation fails, in a kernel with checks; 0: none */
    uint64_t hold_most;  /* "hold=N": the most steps of a hold there (core/hold.h); 0: as it comes */
    uint64_t cpu_late;   /* "late=N": CPU N comes too late, there (core/smp.h); 0: none */
    uint64_t initrd_start, initrd_end, root_size; /* the archives that become the root file system; 0, 0: none */
    uint32_t trace;                               /* what lvmm wants to know of system calls: enum lvmm_trace_wanted */
};

/* Reads them and sets the log's level. */
void options_read(const struct fdt *fdt, struct options *out);

#endif
