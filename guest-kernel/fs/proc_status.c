/* SPDX-License-Identifier: Apache-2.0 */
/* proc_status.c - /proc/PID/status (proc_pid_status(5)). */
#include "abi/errno.h"
#include "core/filter.h"
#include "core/cpu.h"
#include "core/cred.h"
#include "core/pid.h"
#include "core/sched.h"
#include "core/signal.h"
#include "core/tracing.h"
#include "core/threads.h"
#include "fs/proc_process.h"
#include "mm/space.h"
#include "vfs/fdtable.h"
#include "vfs/fs_context.h"

#define KIB_PER_PAGE (PAGE_SIZE / 1024)

const char *proc_state(const struct proc_inode *at)
{
    const struct thread *thread = proc_thread(at);

    if (thread == NULL)
        return "Z (zombie)";
    if (thread->process == process_kernel())
        return "S (sleeping)";
    switch (thread->state) {
    case THREAD_READY:
        return "R (running)";
    case THREAD_WAITS_DEEP:
    case THREAD_WAITS_KILLABLE:
        return "D (disk sleep)";
    case THREAD_STOPPED:
        return trace_is_stopped(thread) ? "t (tracing stop)" : "T (stopped)";
    case THREAD_DEAD:
        return "X (dead)";
    default:
        return "S (sleeping)";
    }
}

/* Who reads it is told of its parent, unless that is the kernel without a number. */
static void ids_print(struct proc_text *text, const struct proc_inode *at, const struct process *process)
{
    const struct thread *thread = proc_thread(at);
    int tid = at->id->number, parent = process->parent != NULL ? process->parent->pid : 0;

    proc_print(text, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n", process->pid, tid, parent,
               thread != NULL && thread->tracee != NULL ? thread->tracee->tracer->tid : 0);
}

static void cred_print(struct proc_text *text, const struct proc_inode *at, const struct cred *cred)
{
    const struct thread *thread = proc_thread(at);
    const struct cred_groups *groups = cred->groups;

    proc_print(text, "Uid:\t%u\t%u\t%u\t%u\n", cred->user.real, cred->user.effective, cred->user.saved, cred->user.fs);
    proc_print(text, "Gid:\t%u\t%u\t%u\t%u\n", cred->group.real, cred->group.effective, cred->group.saved,
               cred->group.fs);
    proc_print(text, "FDSize:\t%u\nGroups:\t", thread != NULL && thread->files != NULL ? thread->files->size : 0);
    for (unsigned i = 0; groups != NULL && i < groups->count; i++)
        proc_print(text, i == 0 ? "%u" : " %u", groups->id[i]);
    proc_print(text, " \n");
}

static void namespace_ids_print(struct proc_text *text, const struct proc_inode *at, const struct process *process)
{
    proc_print(text, "NStgid:\t%d\nNSpid:\t%d\nNSpgid:\t%d\nNSsid:\t%d\nKthread:\t%d\n", process->pid, at->id->number,
               process->group->number, process->session->number, process == process_kernel());
}

static void size_print(struct proc_text *text, const char *name, uint64_t pages)
{
    proc_print(text, "%s:\t%8lu kB\n", name, (unsigned long)(pages * KIB_PER_PAGE));
}

static void memory_print(struct proc_text *text, const struct space *space, struct proc_memory memory)
{
    const struct program_place *place = &space->place;
    uint64_t text_pages = (page_up(place->code_end) - (place->code & ~PAGE_MASK)) >> PAGE_SHIFT;
    uint64_t mapped = space->mapped_bytes, most = space->mapped_most > mapped ? space->mapped_most : mapped;

    if (text_pages > memory.code)
        text_pages = memory.code;
    size_print(text, "VmPeak", most >> PAGE_SHIFT);
    size_print(text, "VmSize", mapped >> PAGE_SHIFT);
    size_print(text, "VmLck", space->locked_bytes >> PAGE_SHIFT);
    size_print(text, "VmPin", 0);
    size_print(text, "VmHWM", space_resident_most(space));
    size_print(text, "VmRSS", space->resident_pages);
    size_print(text, "RssAnon", memory.anonymous);
    size_print(text, "RssFile", memory.file);
    size_print(text, "RssShmem", memory.memory);
    size_print(text, "VmData", space->data_bytes >> PAGE_SHIFT);
    size_print(text, "VmStk", memory.stack);
    size_print(text, "VmExe", text_pages);
    size_print(text, "VmLib", memory.code - text_pages);
    size_print(text, "VmPTE", memory.tables);
    size_print(text, "VmSwap", 0);
    size_print(text, "HugetlbPages", 0);
    proc_print(text, "CoreDumping:\t0\nTHP_enabled:\t0\nuntag_mask:\t0xffffffffffffffff\n");
}

static void set_print(struct proc_text *text, const char *name, uint64_t set)
{
    proc_print(text, "%s:\t%016lx\n", name, (unsigned long)set);
}

static void signals_print(struct proc_text *text, const struct proc_inode *at, const struct process *process)
{
    const struct thread *thread = proc_thread(at);
    uint64_t ignored = 0, caught = 0;

    for (unsigned i = 0; process->sighand != NULL && i < SIGNALS; i++) {
        if (process->sighand->action[i].handler == SIG_IGN)
            ignored |= 1ull << i;
        else if (process->sighand->action[i].handler != SIG_DFL)
            caught |= 1ull << i;
    }
    proc_print(text, "Threads:\t%u\nSigQ:\t%lu/%lu\n", process->thread_count != 0 ? process->thread_count : 1,
               (unsigned long)process->signals_queued, (unsigned long)process->signals_max);
    set_print(text, "SigPnd", thread != NULL ? thread->signals.pending : 0);
    set_print(text, "ShdPnd", process->signals.pending);
    set_print(text, "SigBlk", thread != NULL ? thread->signal_mask : 0);
    set_print(text, "SigIgn", ignored);
    set_print(text, "SigCgt", caught);
}

static void capabilities_print(struct proc_text *text, const struct cred *cred)
{
    set_print(text, "CapInh", cred->inheritable);
    set_print(text, "CapPrm", cred->permitted);
    set_print(text, "CapEff", cred->effective);
    set_print(text, "CapBnd", cred->bounding);
    set_print(text, "CapAmb", cred->ambient);
    proc_print(text, "NoNewPrivs:\t%d\n", cred->no_new_privs);
}

static void filters_print(struct proc_text *text, const struct filter *filters)
{
    proc_print(text, "Seccomp:\t%u\nSeccomp_filters:\t%u\n", filter_mode(filters), filter_count(filters));
    proc_print(text, "Speculation_Store_Bypass:\tunknown\nSpeculationIndirectBranch:\tunknown\n");
}

/* On one line, as C would write it. */
/* As Linux: as many digits as there are CPUs for, and their numbers as ranges. */
static void cpus_print(struct proc_text *text, uint32_t set)
{
    const char *between = "";

    proc_print(text, "Cpus_allowed:\t%0*x\nCpus_allowed_list:\t", (int)(cpu_count + 3) / 4, set);
    while (set != 0) {
        unsigned first = (unsigned)__builtin_ctz(set), last = first;
        while (last < 31 && (set >> (last + 1) & 1))
            last++;
        proc_print(text, last > first ? "%s%u-%u" : "%s%u", between, first, last);
        set &= last < 31 ? ~0u << (last + 1) : 0;
        between = ",";
    }
    proc_put(text, "\n", 1);
}

static void name_print(struct proc_text *text, const char *name)
{
    proc_print(text, "Name:\t");
    for (; *name != 0; name++) {
        if (*name == '\n' || *name == '\\')
            proc_put(text, "\\", 1);
        proc_put(text, *name == '\n' ? "n" : name, 1);
    }
    proc_put(text, "\n", 1);
}

/* Who has none has no line, as on Linux. */
static void umask_print(struct proc_text *text, const struct thread *thread)
{
    static const char digits[] = "01234567";
    uint32_t umask = thread != NULL && thread->fs != NULL ? thread->fs->umask : 0;

    if (thread != NULL && thread->fs != NULL)
        proc_print(text, "Umask:\t0%c%c%c\n", digits[umask >> 6 & 7], digits[umask >> 3 & 7], digits[umask & 7]);
}

#define ROOM (2 * PAGE_SIZE) /* of all but the groups, of which there may be many */
#define GROUP_ROOM 11u       /* a number of 32 bits and a space */

static size_t groups_room(const struct proc_inode *at)
{
    const struct cred *cred = proc_cred(at);

    return cred != NULL && cred->groups != NULL ? (size_t)cred->groups->count * GROUP_ROOM : 0;
}

/* Makes room for all, for which others may run, who may get more groups meanwhile. After it nobody else runs. */
static bool room_make(struct proc_text *text, const struct proc_inode *at)
{
    size_t room;

    do {
        room = groups_room(at);
        if (!proc_text_reserve(text, ROOM + room))
            return false;
    } while (groups_room(at) > room);
    return true;
}

/* Nobody else runs meanwhile. space: the memory that was counted, or NULL. */
static int status_print(struct proc_text *text, const struct proc_inode *at, const struct space *space,
                        const struct proc_memory *memory)
{
    const struct process *process = proc_process(at);
    const struct thread *thread = proc_thread(at);
    const struct cred *cred = proc_cred(at);

    if (process == NULL || cred == NULL)
        return -ESRCH;
    name_print(text, proc_name(at));
    umask_print(text, thread);
    proc_print(text, "State:\t%s\n", proc_state(at));
    ids_print(text, at, process);
    cred_print(text, at, cred);
    namespace_ids_print(text, at, process);
    if (thread != NULL && space != NULL)
        memory_print(text, space, *memory);
    signals_print(text, at, process);
    capabilities_print(text, cred);
    filters_print(text, thread != NULL ? thread->filters : NULL);
    cpus_print(text, (thread != NULL ? thread->sched.allowed : UINT32_MAX) & (uint32_t)((1ull << cpu_count) - 1));
    proc_print(text, "Mems_allowed:\t1\nMems_allowed_list:\t0\n");
    proc_print(text, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
               thread != NULL ? (unsigned long)thread->sched.waits : 0,
               thread != NULL ? (unsigned long)thread->sched.preemptions : 0);
    return 0;
}

int proc_status_show(struct proc_text *text, const struct proc_inode *at)
{
    struct space *space = proc_space_get(at);
    struct proc_memory memory = {0};
    int error;

    if (space != NULL) /* first, as it gives way: its process may end meanwhile */
        proc_memory_count(space, &memory);
    error = room_make(text, at) ? status_print(text, at, space, &memory) : text->error;
    if (space != NULL)
        space_put(space);
    return error;
}
