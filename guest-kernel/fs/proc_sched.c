/* SPDX-License-Identifier: Apache-2.0 */
/* proc_sched.c - /proc/PID/sched and schedstat: what the scheduler knows of a thread, as far as it does. */
#include "abi/errno.h"
#include "core/pid.h"
#include "core/sched.h"
#include "fs/proc_process.h"

#define NS_PER_MS 1000000ul

static void line(struct proc_text *text, const char *name, uint64_t value)
{
    proc_print(text, "%-45s:%21lu\n", name, (unsigned long)value);
}

static void line_ns(struct proc_text *text, const char *name, uint64_t ns)
{
    proc_print(text, "%-45s:%14lu.%06lu\n", name, (unsigned long)(ns / NS_PER_MS), (unsigned long)(ns % NS_PER_MS));
}

int proc_sched_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct process *process;
    const struct thread *thread;

    if (!proc_text_reserve(text, PAGE_SIZE)) /* nobody else runs from here on */
        return text->error;
    process = proc_process(at);
    thread = proc_thread(at);
    if (process == NULL || thread == NULL)
        return -ESRCH;
    proc_print(text, "%s (%d, #threads: %u)\n", proc_name(at), at->id->number, process->thread_count);
    proc_print(text, "-------------------------------------------------------------------\n");
    line_ns(text, "se.exec_start", thread->sched.since_ns);
    line_ns(text, "se.vruntime", thread->sched.vruntime);
    line_ns(text, "se.sum_exec_runtime", sched_cpu_ns(thread));
    line(text, "se.nr_migrations", 0);
    line(text, "nr_switches", thread->sched.waits + thread->sched.preemptions);
    line(text, "nr_voluntary_switches", thread->sched.waits);
    line(text, "nr_involuntary_switches", thread->sched.preemptions);
    line(text, "se.load.weight", (uint64_t)thread->sched.weight << 10);
    line(text, "policy", (unsigned)(thread->sched.own.policy & ~SCHED_RESET_ON_FORK));
    line(text, "prio",
         (unsigned)(sched_is_real_time(thread) ? 99 - thread->sched.rt_priority : 120 + thread->sched.nice));
    return 0;
}

/* Time on the CPU, time in the run queue (which isn't kept), and how often it got the CPU. */
int proc_schedstat_show(struct proc_text *text, const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);

    if (thread == NULL)
        return proc_process(at) == NULL ? -ESRCH : (proc_print(text, "0 0 0\n"), 0);
    proc_print(text, "%lu 0 %lu\n", (unsigned long)sched_cpu_ns(thread),
               (unsigned long)(thread->sched.waits + thread->sched.preemptions + 1));
    return 0;
}
