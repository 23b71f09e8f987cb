/* SPDX-License-Identifier: Apache-2.0 */
/* proc_stat.c - /proc/PID/stat, statm (proc_pid_stat(5)). */
#include "abi/errno.h"
#include "abi/info.h"
#include "abi/time.h"
#include "core/accounting.h"
#include "core/cputimer.h"
#include "core/pid.h"
#include "core/rlimit.h"
#include "core/sched.h"
#include "core/terminal.h"
#include "core/threads.h"
#include "core/tick.h"
#include "drv/tty.h"
#include "fs/proc_process.h"
#include "lib/string.h"
#include "mm/space.h"

#define NS_PER_TICK (NS_PER_SEC / USER_HZ)

enum { PF_EXITING = 4, PF_FORKNOEXEC = 0x40, PF_KTHREAD = 0x200000, PF_RANDOMIZE = 0x400000 };

#define put_number(text, value) proc_print(text, " %lu", (unsigned long)(value))
#define put_signed(text, value) proc_print(text, " %ld", (long)(value))

static unsigned flags_of(const struct process *process)
{
    if (process == process_kernel())
        return PF_KTHREAD;
    return PF_RANDOMIZE | (process->has_execed || process->execs != 0 ? 0 : PF_FORKNOEXEC) |
           (process->exiting || process->ended ? PF_EXITING : 0);
}

/* Its number as stat has it: major << 8 | minor, here of the only one there is. */
static int terminal_number(const struct process *process)
{
    const struct terminal *terminal = process->terminal;

    return terminal != NULL ? (int)container_of(terminal, const struct tty, control)->rdev : 0;
}

static void family_print(struct proc_text *text, const struct process *process)
{
    const struct terminal *terminal = process->terminal;
    int foreground = terminal != NULL && terminal->foreground != NULL ? terminal->foreground->number : -1;

    put_signed(text, process->parent != NULL ? process->parent->pid : 0);
    put_signed(text, process->group->number);
    put_signed(text, process->session->number);
    put_signed(text, terminal_number(process));
    put_signed(text, foreground);
    put_number(text, flags_of(process));
}

static void usage_print(struct proc_text *text, const struct usage *used, const struct usage *children)
{
    put_number(text, used->page_faults - used->major_faults);
    put_number(text, children->page_faults - children->major_faults);
    put_number(text, used->major_faults);
    put_number(text, children->major_faults);
    put_number(text, used->cpu.user_ns / NS_PER_TICK);
    put_number(text, used->cpu.system_ns / NS_PER_TICK);
    put_signed(text, children->cpu.user_ns / NS_PER_TICK);
    put_signed(text, children->cpu.system_ns / NS_PER_TICK);
}

/* As Linux's task_prio: 20 and the niceness, or below zero. */
static int priority_of(const struct thread *thread)
{
    if (thread == NULL)
        return 20;
    return sched_is_real_time(thread) ? -1 - thread->sched.rt_priority : 20 + thread->sched.nice;
}

static void places_print(struct proc_text *text, const struct process *process, const struct space *space,
                         bool may_look)
{
    static const struct program_place nowhere;
    const struct program_place *place = space != NULL && may_look ? &space->place : &nowhere;

    put_number(text, space != NULL ? space->mapped_bytes : 0);
    put_signed(text, space != NULL ? space->resident_pages : 0);
    put_number(text, rlimit_get(process, RLIMIT_RSS).soft);
    put_number(text, space == NULL ? 0 : may_look ? place->code : 1);
    put_number(text, space == NULL ? 0 : may_look ? place->code_end : 1);
    put_number(text, place->stack);
    proc_print(text, " 0 0"); /* kstkesp, kstkeip */
}

static void signals_print(struct proc_text *text, const struct thread *thread, const struct process *process)
{
    uint64_t ignored = 0, caught = 0, mask = INT32_MAX; /* of the first 31, which are what has room here */

    for (unsigned i = 0; process->sighand != NULL && i < SIGNALS; i++) {
        ignored |= (uint64_t)(process->sighand->action[i].handler == SIG_IGN) << i;
        caught |=
            (uint64_t)(process->sighand->action[i].handler != SIG_IGN && process->sighand->action[i].handler != SIG_DFL)
            << i;
    }
    put_number(text, thread != NULL ? thread->signals.pending & mask : 0);
    put_number(text, thread != NULL ? thread->signal_mask & mask : 0);
    put_number(text, ignored & mask);
    put_number(text, caught & mask);
}

static void data_places_print(struct proc_text *text, const struct space *space, bool may_look)
{
    static const struct program_place nowhere;
    const struct program_place *place = space != NULL && may_look ? &space->place : &nowhere;

    put_number(text, place->data);
    put_number(text, place->data_end);
    put_number(text, space != NULL && may_look ? space->brk_start : 0);
    put_number(text, place->args);
    put_number(text, place->args_end);
    put_number(text, place->args_end);
    put_number(text, place->env_end);
}

/* `whole`: of the process rather than of the thread. */
static int stat_print(struct proc_text *text, const struct proc_inode *at, bool whole)
{
    struct process *process;
    struct thread *thread;
    struct usage used, children = {0};
    const struct space *space;
    bool may_look;

    tick_want();
    if (!proc_text_reserve(text, PAGE_SIZE)) /* nobody else runs from here on */
        return text->error;
    process = proc_process(at);
    thread = proc_thread(at);
    if (process == NULL)
        return -ESRCH;
    may_look = proc_may_look(at) == 0;
    space = thread != NULL ? process->space : NULL;
    if (whole || thread == NULL)
        usage_get(process, &used);
    else
        usage_get_thread(thread, &used);
    if (whole)
        children = process->children_used;
    proc_print(text, "%d (", at->id->number);
    proc_put(text, proc_name(at), strlen(proc_name(at)));
    proc_print(text, ") %c", proc_state(at)[0]);
    family_print(text, process);
    usage_print(text, &used, &children);
    put_signed(text, priority_of(thread));
    put_signed(text, thread != NULL ? thread->sched.own.nice : 0);
    put_number(text, process->thread_count != 0 ? process->thread_count : 1);
    proc_print(text, " 0"); /* itrealvalue */
    put_number(text, (whole || thread == NULL ? process->start_ns : thread->start_ns) / NS_PER_TICK);
    places_print(text, process, space, may_look);
    signals_print(text, thread, process);
    proc_print(text, " %d 0 0", thread != NULL && may_look && proc_state(at)[0] != 'R'); /* wchan, nswap, cnswap */
    put_signed(text, process->end_signal);
    put_number(text, thread != NULL && thread->sched.cpu != NULL ? thread->sched.cpu->number : 0);
    put_number(text, thread != NULL ? thread->sched.own.rt_priority : 0);
    put_number(text, thread != NULL ? thread->sched.own.policy & ~SCHED_RESET_ON_FORK : 0);
    proc_print(text, " 0 0 0"); /* delayacct_blkio_ticks, guest_time, cguest_time */
    data_places_print(text, space, may_look);
    proc_print(text, " %u\n",
               !may_look                   ? 0
               : process->exit_signal != 0 ? process->exit_signal
                                           : process->exit_code << 8);
    return 0;
}

int proc_stat_show(struct proc_text *text, const struct proc_inode *at)
{
    return stat_print(text, at, true);
}

int proc_thread_stat_show(struct proc_text *text, const struct proc_inode *at)
{
    return stat_print(text, at, false);
}

int proc_statm_show(struct proc_text *text, const struct proc_inode *at)
{
    struct space *space = proc_space_get(at);
    struct proc_memory memory;
    uint64_t code;

    if (proc_process(at) == NULL)
        return -ESRCH;
    if (space == NULL) {
        proc_print(text, "0 0 0 0 0 0 0\n");
        return 0;
    }
    proc_memory_count(space, &memory);
    code = (page_up(space->place.code_end) - (space->place.code & ~PAGE_MASK)) >> PAGE_SHIFT;
    proc_print(text, "%lu %lu %lu %lu 0 %lu 0\n", (unsigned long)(space->mapped_bytes >> PAGE_SHIFT),
               (unsigned long)space->resident_pages, (unsigned long)(memory.file + memory.memory), (unsigned long)code,
               (unsigned long)((space->data_bytes >> PAGE_SHIFT) + memory.stack));
    space_put(space);
    return 0;
}
