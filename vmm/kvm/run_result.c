/* SPDX-License-Identifier: Apache-2.0 */
/* run_result.c - see run_result.h. */
#include "vmm/kvm/run_result.h"

#include <stdio.h>

void run_result_fill(const struct vm *vm, const struct device_args *args, struct backend_result *result)
{
    const struct vm_end *end = &vm->end;

    *result = (struct backend_result){.ended_early = end->kind == VM_STOPPED,
                                      .signal = args->ports.result.signal,
                                      .has_usage = args->ports.result.has_usage,
                                      .usage = args->ports.result.usage};
    if (end->kind == VM_POWERED_OFF) {
        result->exited = true;
        result->status = end->status;
        /* Our kernel says how the program ended before it powers off. */
        if (!args->job->plan->bare && !args->ports.result.exited) {
            result->exited = false;
            snprintf(result->failure, sizeof(result->failure), "the guest kernel stopped without an exit status");
        }
    } else {
        snprintf(result->failure, sizeof(result->failure), "%s", end->text);
    }
}
