/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report.h - what --report writes at the end of a run, whatever its end: one JSON object.
 *
 * Its members are listed in lvmm(1). What the guest has said itself is in one of them, "guest", and in those that are
 * named there; all else is lvmm's own measure.
 */
#ifndef LVMM_REPORT_H
#define LVMM_REPORT_H

#include <stdatomic.h>
#include <stdint.h>

struct backend_result;
struct config;
struct limits;
struct noted;
struct stop;

struct report {
    const char *path; /* as it was given; NULL: none is wanted */
    int fd;
    char *text;          /* room for it, so that none is taken from a stack */
    int status_fd;       /* /proc/self/status; -1: this host has none, and lvmm's own memory counts as 0 */
    uint64_t start_ns;   /* of CLOCK_MONOTONIC */
    atomic_bool written; /* or being written */
};

/* What the report is about, as far as it is known. */
struct report_facts {
    int status;                          /* lvmm's exit status; 128 + n: it ends by signal n */
    struct stop *stop;                   /* why it has ended */
    const struct limits *limits;         /* what was used */
    const struct backend_result *result; /* of the guest */
    const struct config *config;         /* --max-procs, and where shares are in the guest */
    const struct noted *noted;           /* by the processes that served it */
};

/* Opens all that report_write needs, which can open nothing: the file `path`, which is empty until then, so that an
 * empty one tells that lvmm was killed; or the descriptor that `path` names. path NULL: none is wanted. What is opened
 * goes with the process. 0, or -errno after a message. */
int report_open(struct report *report, const char *path);

/* Writes it, the first time only. Also in a signal handler. 0, also where none is wanted; or -errno. */
int report_write(struct report *report, const struct report_facts *facts);

#endif
