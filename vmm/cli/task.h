/* SPDX-License-Identifier: Apache-2.0 */
/* task.h - the program that the guest is to run: its arguments and environment as the device tree has them. */
#ifndef LVMM_TASK_H
#define LVMM_TASK_H

#include <stdbool.h>

#include "boot/plan.h"
#include "vmm/cli/config.h"

struct task {
    char *argv, *envp; /* NUL-terminated strings one after the other; owned; argv NULL: the guest's own choice */
    size_t argv_size, envp_size;
};

/* The environment is a small one of our own: PATH, HOME=/, and TERM, which is ours if a terminal is among the streams,
 * else "linux"; then what config->env adds or has otherwise. With config->user HOME is left to the guest, which knows
 * the user's. 0 or -ENOMEM. Both stay until the process ends, as the plan does that points to them. */
int task_init(struct task *task, const struct config *config, bool has_terminal);

#endif
