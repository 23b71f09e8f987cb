/* SPDX-License-Identifier: Apache-2.0 */
/* threads.c - see threads.h. */
#include "core/threads.h"

#include "abi/errno.h"
#include "abi/poll.h"
#include "core/group.h"
#include "core/pid.h"
#include "core/sched.h"
#include "core/sigqueue.h"
#include "core/wait.h"
#include "core/stack.h"
#include "lib/string.h"
#include "mm/check.h"
#include "mm/kmalloc.h"
#include "mm/page.h"

#define WEIGHT_AT_FIRST 1024u /* of niceness 0 */

static unsigned count;
static unsigned emptied; /* processes without a thread that weren't waited for */
static unsigned most;    /* threads_set_most */
static uint64_t refused;
static uint64_t made;

static struct pid no_number = {.refs = 1, .members = {&no_number.members, &no_number.members}};

/* Aligned as what kmalloc gives: the end of for_each_thread is seen as a thread, which is. */
static _Alignas(struct thread) struct process kernel_process = {
    .id = &no_number,
    .group = &no_number,
    .session = &no_number,
    .threads = {&kernel_process.threads, &kernel_process.threads},
    .tracees = {&kernel_process.tracees, &kernel_process.tracees},
    .children = {&kernel_process.children, &kernel_process.children},
    .sibling = {&kernel_process.sibling, &kernel_process.sibling},
    .group_link = {&kernel_process.group_link, &kernel_process.group_link},
};

struct process *process_kernel(void)
{
    return &kernel_process;
}

void process_kernel_number(struct pid *id)
{
    kernel_process.pid = id->number;
    kernel_process.id = kernel_process.group = kernel_process.session = id;
    id->process = &kernel_process;
    list_insert(&id->members, &kernel_process.group_link);
    check_count_object(-1); /* it stays for good */
}

unsigned threads_count(void)
{
    return count;
}

uint64_t threads_made(void)
{
    return made;
}

unsigned threads_max(void)
{
    const unsigned least = 20, share = 8;
    uint64_t stacks = page_total_count() * PAGE_SIZE / (STACK_SIZE * share);

    return stacks < least ? least : stacks > PID_MAX / 4 ? PID_MAX / 4 : (unsigned)stacks;
}

void threads_set_most(unsigned number)
{
    most = number;
}

bool threads_has_room(unsigned others)
{
    if (count + others < threads_max() && (most == 0 || count + emptied < most))
        return true;
    refused++;
    return false;
}

uint64_t threads_refused(void)
{
    return refused;
}

/* ---- processes ---- */

void process_set_parent(struct process *process, struct process *parent, struct thread *thread)
{
    list_remove(&process->sibling);
    list_insert(&parent->children, &process->sibling);
    process->parent = parent;
    process->parent_thread = thread;
    group_recount(process);
}

static void group_enter(struct process *process, struct pid *group)
{
    pid_get(group);
    process->group = group;
    list_insert(&group->members, &process->group_link);
}

/* It has another group or session: whether it is looked after, and whom it looks after, may have changed. */
static void family_recount(struct process *process)
{
    group_recount(process);
    for (struct list *at = process->children.next; at != &process->children; at = at->next)
        group_recount(container_of(at, struct process, sibling));
}

void process_set_group(struct process *process, struct pid *group)
{
    struct pid *old = process->group;

    group_uncount(process);
    list_remove(&process->group_link);
    group_enter(process, group);
    pid_put(old);
    family_recount(process);
}

void process_set_session(struct process *process, struct pid *session)
{
    struct pid *old = process->session;

    pid_get(session);
    process->session = session;
    pid_put(old);
    family_recount(process);
}

struct process *process_create(struct process *parent, struct pid *id)
{
    struct process *process = kmalloc(sizeof(*process));

    if (process == NULL)
        return NULL;
    process->pid = id->number;
    process->id = id;
    pid_get(id);
    id->process = process;
    list_init(&process->threads);
    list_init(&process->children);
    list_init(&process->tracees);
    list_init(&process->sibling);
    list_init(&process->group_link);
    process->dumpable = 1;
    process->signals_max = SIGNALS_QUEUED_MAX;
    process->parent = parent != NULL ? parent : &kernel_process;
    process->parent_thread = parent != NULL ? arch_current() : NULL;
    process->oom_score_adj = process->parent->oom_score_adj;
    process->oom_score_adj_least = process->parent->oom_score_adj_least;
    process->parent_execs = process->parent->execs;
    list_insert(&process->parent->children, &process->sibling);
    group_enter(process, parent != NULL ? parent->group : id);
    process->session = parent != NULL ? parent->session : id;
    pid_get(process->session);
    process->terminal = parent != NULL ? parent->terminal : NULL;
    return process;
}

void process_free(struct process *process)
{
    emptied -= process->is_empty;
    sigqueue_flush(process, &process->signals);
    kfree(process->signal_spare);
    kfree(process->limits);
    list_remove(&process->sibling);
    group_uncount(process);
    list_remove(&process->group_link);
    pid_put(process->group);
    pid_put(process->session);
    process->id->process = NULL;
    wait_wake_all(&process->id->changed, POLLIN | POLLRDNORM | POLLHUP);
    pid_put(process->id);
    kfree(process);
}

/* ---- threads ---- */

struct thread *thread_create(struct process *process, struct pid *id)
{
    struct thread *thread = kmalloc(sizeof(*thread));

    if (thread == NULL)
        return NULL;
    thread->stack = stack_alloc();
    if (thread->stack == NULL) {
        kfree(thread);
        return NULL;
    }
    thread->tid = id->number;
    thread->id = id;
    pid_get(id);
    id->thread = thread;
    thread->process = process;
    thread->sched.weight = WEIGHT_AT_FIRST;
    thread->sched.allowed = UINT32_MAX;
    list_init(&thread->sched.link);
    list_init(&thread->pi_locks);
    thread->timer_slack_ns = TIMER_SLACK_NS;
    thread->attention = true; /* what its process is to heed, it is, too */
    list_insert(&process->threads, &thread->sibling);
    thread->start_ns = arch_clock_ns();
    if (process->thread_count++ == 0)
        process->start_ns = thread->start_ns;
    count++;
    made++;
    return thread;
}

int thread_init_kernel(struct thread *thread, const char *name)
{
    thread->stack = stack_alloc();
    if (thread->stack == NULL)
        return -ENOMEM;
    thread->id = &no_number;
    thread->process = &kernel_process;
    thread->sched.weight = WEIGHT_AT_FIRST;
    thread->sched.allowed = UINT32_MAX;
    thread->timer_slack_ns = TIMER_SLACK_NS;
    list_init(&thread->sibling); /* nobody finds it there */
    list_init(&thread->sched.link);
    list_init(&thread->pi_locks);
    memcpy(thread->name, name, strnlen(name, sizeof(thread->name) - 1));
    return 0;
}

void thread_leave(struct thread *thread)
{
    struct process *process = thread->process;

    sigqueue_flush(process, &thread->signals);
    if (process->untold == &thread->sibling)
        process->untold = thread->sibling.next != &process->threads ? thread->sibling.next : NULL;
    list_remove(&thread->sibling);
    count--;
    if (--process->thread_count == 0) {
        process->is_empty = true;
        emptied++;
    }
    process->ended_cpu_ns += sched_cpu_ns(thread);
    process->ended_used.page_faults += thread->page_faults;
    process->ended_used.major_faults += thread->major_faults;
    io_counts_add(&process->ended_used.io, &thread->io);
    process->ended_used.waits += thread->sched.waits;
    process->ended_used.preemptions += thread->sched.preemptions;
    if (thread->id == process->id) {
        process->ended_cred = thread->cred;
        process->ended_cred.groups = NULL;
        memcpy(process->ended_name, thread->name, sizeof(process->ended_name));
    }
    thread->id->thread = NULL;
    wait_wake_all(&thread->id->changed, POLLIN | POLLRDNORM);
    wait_wake_all(&process->threads_left, 0);
    pid_put(thread->id);
    thread->id = NULL;
}

void thread_free(struct thread *thread)
{
    arch_user_release(thread);
    stack_free(thread->stack);
    kfree(thread->traced);
    kfree(thread);
}
