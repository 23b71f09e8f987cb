/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - what a run may use of the host's CPUs, of its output and of its disks, and what it has used. A limit that
 * is reached ends the run (STOP_LIMIT).
 *
 * All of it is measured outside of the guest, whose kernel may be anybody's.
 */
#ifndef LVMM_LIMITS_H
#define LVMM_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmm/disk/image.h"
#include "vmm/meter.h"
#include "vmm/stop.h"

enum limit { LIMIT_CPU_TIME, LIMIT_OUTPUT, LIMIT_DISK, LIMIT_COUNT };

/* As the options are called, without their dashes. */
extern const char *const limit_names[LIMIT_COUNT];

struct limits_wanted {
    uint64_t cpu_ns;                   /* 0: no limit */
    uint64_t output_bytes, disk_bytes; /* METER_NO_LIMIT */
    bool report;                       /* all that can be measured is, whether there is a limit of it or not */
};

/* In memory that processes made by fork(2) share: those that serve disks count as well. */
struct limits {
    pid_t pid; /* lvmm's */
    uint64_t cpu_ns;
    uint64_t cpu_start_ns; /* of lvmm's own CPU clock, when the guest began; 0: it hasn't */
    struct meter input, output;
    struct disk_meters disks;
    bool meters_disks; /* they are to be counted, or are limited */
    atomic_uint hit;   /* bit enum limit */
};

/* *out: NULL where nothing is wanted; else it goes with the process. `stop` ends the run when a limit is reached. 0 or
 * -errno. */
int limits_create(const struct limits_wanted *wanted, struct stop *stop, struct limits **out);

/* The guest begins: from now on the CPU time counts of the process `pid`, 0: this one. limits may be NULL. 0 or -errno:
 * it can't be limited. */
int limits_guest_begins(struct limits *limits, pid_t pid);

/* The CPU time of the guest so far, of all that runs it: of this process since then, and of its children that were
 * waited for. Also in a signal handler. 0: it hasn't begun. */
uint64_t limits_cpu_ns(const struct limits *limits);

/* Was that limit reached? limits may be NULL. */
bool limits_is_hit(const struct limits *limits, enum limit limit);

/* The meters, each NULL where nothing is counted; limits may be NULL. */
struct meter *limits_input(struct limits *limits);
struct meter *limits_output(struct limits *limits);
/* Then lvmm's own code has to read and write the disks. */
struct disk_meters *limits_disks(struct limits *limits);

#endif
