/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.c - see outcome.h. */
#include "vmm/cli/outcome.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "vmm/clock.h"
#include "vmm/log.h"
#include "vmm/noted.h"

int outcome_begin(struct outcome *outcome, const struct config *config, struct stop *stop)
{
    const struct limits_wanted wanted = {.cpu_ns = config->cpu_time_ns,
                                         .output_bytes = config->max_output,
                                         .disk_bytes = config->max_disk,
                                         .report = config->report != NULL};
    const char *report = config->dry_run || config->dump_dtb != NULL ? NULL : config->report; /* nothing is run */
    int error = limits_create(&wanted, stop, &outcome->limits);

    outcome->config = config;
    outcome->stop = stop;
    if (error != 0)
        log_error("limits can't be set up: %s", strerror(-error));
    else
        error = report_open(&outcome->report, report);
    if (error == 0 && report != NULL) {
        outcome->noted = noted_create();
        error = outcome->noted == NULL ? -ENOMEM : 0;
        if (error != 0)
            log_error("--report %s: no memory", report);
    }
    return error;
}

/* Whatever the guest has said since; but not if the run was to end already. With a message. */
static bool is_limited(const struct outcome *outcome)
{
    const struct config *config = outcome->config;
    int reason = stop_reason(outcome->stop);

    if (reason == STOP_TIMEOUT || reason > 0)
        return false;
    if (limits_is_hit(outcome->limits, LIMIT_CPU_TIME))
        log_error("--cpu-time %.15g: the guest has used so many seconds of CPU time, and was ended",
                  (double)config->cpu_time_ns / (double)NS_PER_S);
    else if (limits_is_hit(outcome->limits, LIMIT_OUTPUT))
        log_error("--max-output %" PRIu64 ": the guest had more to say, and was ended", config->max_output);
    else if (limits_is_hit(outcome->limits, LIMIT_DISK))
        log_error("--max-disk %" PRIu64 ": the guest had more to write to its disks, and was ended", config->max_disk);
    else
        return false;
    return true;
}

int outcome_status(struct outcome *outcome)
{
    const struct backend_result *result = &outcome->result;
    int reason = stop_reason(outcome->stop);

    if (is_limited(outcome))
        return EXIT_TIMEOUT;
    if (result->exited)
        return result->status;
    if (result->ended_early && reason == STOP_TIMEOUT) {
        log_error("--timeout %.15g: the time is over, the guest was ended",
                  (double)outcome->config->timeout_ns / (double)NS_PER_S);
        return EXIT_TIMEOUT;
    }
    if (result->ended_early && reason > 0) {
        outcome->signal = reason;
        return 128 + reason;
    }
    log_error("%s", result->failure[0] != '\0' ? result->failure : "the guest ended without an exit status");
    return EXIT_LVMM;
}

/* ---- the report ---- */

static int write_report(struct outcome *outcome, int status)
{
    const struct report_facts facts = {.status = status,
                                       .stop = outcome->stop,
                                       .limits = outcome->limits,
                                       .result = &outcome->result,
                                       .config = outcome->config,
                                       .noted = outcome->noted};

    return report_write(&outcome->report, &facts);
}

int outcome_finish(struct outcome *outcome, int status)
{
    int error = write_report(outcome, status);

    if (error == 0)
        return status;
    log_error("--report %s: can't be written: %s", outcome->config->report, strerror(-error));
    return EXIT_LVMM;
}

void outcome_finish_now(struct outcome *outcome)
{
    int reason = stop_reason(outcome->stop), fatal = stop_fatal(outcome->stop);

    write_report(outcome, fatal != 0 ? 128 + fatal : reason > 0 ? 128 + reason : EXIT_TIMEOUT);
}
