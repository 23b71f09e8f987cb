/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h - what comes of a run: its limits, its exit status with a message, its report. */
#ifndef LVMM_OUTCOME_H
#define LVMM_OUTCOME_H

#include "vmm/backend.h"
#include "vmm/cli/config.h"
#include "vmm/limits.h"
#include "vmm/report.h"
#include "vmm/stop.h"

struct outcome {
    const struct config *config;
    struct stop *stop;
    struct limits *limits;        /* NULL: nothing is counted or limited */
    struct backend_result result; /* the backend's to fill */
    struct report report;
    struct noted *noted; /* of what the report tells; NULL: none is wanted */
    int signal;          /* that ended the run, to be raised again at the very end; 0: none */
};

/* Before anything is run: sets up the limits, and makes sure that the report can be written. `config` and `stop` must
 * live as long as the outcome. 0, or -errno after a message. */
int outcome_begin(struct outcome *outcome, const struct config *config, struct stop *stop);

/* The exit status of a run of which `result` tells, and `signal`. With a message, unless it is the guest's own or that
 * of a signal. */
int outcome_status(struct outcome *outcome);

/* The end: writes the report, if one is wanted. The exit status after that, with a message if it is another one. */
int outcome_finish(struct outcome *outcome, int status);

/* The process ends where it is, in a signal handler: the same, without a message. */
void outcome_finish_now(struct outcome *outcome);

#endif
