/* SPDX-License-Identifier: Apache-2.0 */
/* proc_limits.c - /proc/PID/limits: a table of resource limits. */
#include "abi/errno.h"
#include "core/rlimit.h"
#include "fs/proc_process.h"
#include "lib/types.h"

static const struct {
    const char *name, *unit;
} resources[RLIMIT_COUNT] = {
    [RLIMIT_CPU] = {"Max cpu time", "seconds"},         [RLIMIT_FSIZE] = {"Max file size", "bytes"},
    [RLIMIT_DATA] = {"Max data size", "bytes"},         [RLIMIT_STACK] = {"Max stack size", "bytes"},
    [RLIMIT_CORE] = {"Max core file size", "bytes"},    [RLIMIT_RSS] = {"Max resident set", "bytes"},
    [RLIMIT_NPROC] = {"Max processes", "processes"},    [RLIMIT_NOFILE] = {"Max open files", "files"},
    [RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},  [RLIMIT_AS] = {"Max address space", "bytes"},
    [RLIMIT_LOCKS] = {"Max file locks", "locks"},       [RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
    [RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"}, [RLIMIT_NICE] = {"Max nice priority", NULL},
    [RLIMIT_RTPRIO] = {"Max realtime priority", NULL},  [RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
};

static void value_print(struct proc_text *text, uint64_t value)
{
    if (value == RLIM_INFINITY)
        proc_print(text, "%-20s ", "unlimited");
    else
        proc_print(text, "%-20lu ", (unsigned long)value);
}

int proc_limits_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct process *process;

    if (!proc_text_reserve(text, PAGE_SIZE)) /* nobody else runs from here on */
        return text->error;
    process = proc_process(at);
    if (process == NULL)
        return -ESRCH;
    proc_print(text, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
    for (unsigned i = 0; i < RLIMIT_COUNT; i++) {
        struct resource_limit limit = rlimit_get(process, i);

        proc_print(text, "%-25s ", resources[i].name);
        value_print(text, limit.soft);
        value_print(text, limit.hard);
        if (resources[i].unit != NULL)
            proc_print(text, "%-10s\n", resources[i].unit);
        else
            proc_print(text, "\n");
    }
    return 0;
}
