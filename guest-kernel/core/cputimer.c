/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cputimer.c - see cputimer.h. Whoever has a CPU is the only one whose time passes: a timer of the CPU's is set to the
 * first of its deadlines while it has it, and nobody else's are looked at.
 */
#include "core/cputimer.h"

#include "core/kick.h"
#include "core/sched.h"
#include "core/threads.h"
#include "core/tick_keep.h"

static void look(struct timer *timer);

/* A process' time passes on as many CPUs as its threads have. */
static unsigned threads_that_run(const struct process *process)
{
    unsigned count = 0;

    for (unsigned i = 0; i < cpu_count; i++)
        count += !cpus[i]->is_idle && cpus[i]->current->process == process;
    return count != 0 ? count : 1;
}

uint64_t process_cpu_ns(const struct process *process)
{
    uint64_t sum_ns = process->ended_cpu_ns;

    for_each_thread(process, thread)
    {
        sum_ns += sched_cpu_ns(thread);
    }
    return sum_ns;
}

static uint64_t first_deadline(const struct cpu_timer *timer)
{
    uint64_t first_ns = TIMER_NEVER;

    for (; timer != NULL; timer = timer->next)
        if (timer->deadline_ns < first_ns)
            first_ns = timer->deadline_ns;
    return first_ns;
}

static uint64_t left_of(uint64_t deadline_ns, uint64_t now_ns)
{
    return deadline_ns == TIMER_NEVER ? TIMER_NEVER : deadline_ns > now_ns ? deadline_ns - now_ns : 0;
}

/* When, by the clock, the thread has had what the first of its and its process's timers is set to, if it has a CPU from
 * now on; TIMER_NEVER: none is set. */
static uint64_t due_of(const struct thread *thread)
{
    uint64_t left_ns = TIMER_NEVER, process_left_ns;

    if (thread->cpu_timers != NULL)
        left_ns = left_of(first_deadline(thread->cpu_timers), sched_cpu_ns(thread));
    if (thread->process->cpu_timers != NULL) {
        process_left_ns = left_of(first_deadline(thread->process->cpu_timers), process_cpu_ns(thread->process));
        process_left_ns = process_left_ns / threads_that_run(thread->process) + 1;
        if (process_left_ns < left_ns)
            left_ns = process_left_ns;
    }
    return left_ns == TIMER_NEVER ? TIMER_NEVER : arch_clock_ns() + left_ns;
}

static void arm(const struct thread *thread)
{
    struct timer *timer = &cpu_this()->cpu_time;

    timer->expired = look;
    timer_set(timer, due_of(thread));
}

/* A CPU sets its own timer alone: others that run whom a new deadline concerns, and would look too late, come in. */
static void arm_elsewhere(const struct process *process, const struct thread *thread)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = cpus[i];

        if (cpu == cpu_this() || cpu->is_idle || cpu->current->process != process ||
            (thread != NULL && cpu->current != thread) ||
            (cpu->cpu_time.is_set && cpu->cpu_time.deadline_ns <= due_of(cpu->current)))
            continue;
        cpu->cpu_time_is_new = true;
        kick_cpu(cpu);
    }
}

/* What is due of a list. One that is set again in the meantime is due later. */
static void expire(struct cpu_timer *const *list, uint64_t now_ns)
{
    struct cpu_timer *timer = *list;

    while (timer != NULL) {
        if (timer->deadline_ns > now_ns) {
            timer = timer->next;
            continue;
        }
        cputimer_cancel(timer);
        timer->expired(timer);
        timer = *list; /* which may be another by now */
    }
}

static void look(struct timer *timer)
{
    struct thread *thread = arch_current();

    (void)timer;
    if (thread->state != THREAD_READY) /* nobody has the CPU */
        return;
    expire(&thread->cpu_timers, sched_cpu_ns(thread));
    expire(&thread->process->cpu_timers, process_cpu_ns(thread->process));
    arm(thread);
}

void cputimer_cancel(struct cpu_timer *timer)
{
    if (timer->link == NULL)
        return;
    *timer->link = timer->next;
    if (timer->next != NULL)
        timer->next->link = timer->link;
    timer->link = NULL;
}

/* It is about to have the CPU. */
static void thread_runs(struct thread *thread)
{
    if (thread->cpu_timers != NULL || thread->process->cpu_timers != NULL)
        arm(thread);
    else
        timer_cancel(&cpu_this()->cpu_time);
}

void cputimer_ticked(const struct thread *thread)
{
    if (thread->cpu_timers != NULL || thread->process->cpu_timers != NULL)
        arm(thread);
}

static void add(struct cpu_timer *timer, struct cpu_timer **list, uint64_t deadline_ns)
{
    cputimer_cancel(timer);
    timer->deadline_ns = deadline_ns;
    timer->next = *list;
    timer->link = list;
    if (timer->next != NULL)
        timer->next->link = &timer->next;
    *list = timer;
}

void cputimer_set(struct cpu_timer *timer, struct process *process, struct thread *thread, uint64_t deadline_ns)
{
    add(timer, thread != NULL ? &thread->cpu_timers : &process->cpu_timers, deadline_ns);
    sched_runs = thread_runs;
    arm(arch_current());
    if (cpu_is_one_of_many)
        arm_elsewhere(thread != NULL ? thread->process : process, thread);
}

uint64_t process_user_ns(const struct process *process)
{
    return process->ticks.user * TICK_NS;
}

void cputimer_set_user(struct cpu_timer *timer, struct process *process, uint64_t deadline_ns)
{
    add(timer, &process->user_timers, deadline_ns);
}

void cputimer_user_ticked(struct process *process)
{
    if (process->user_timers != NULL)
        expire(&process->user_timers, process_user_ns(process));
}

static void cancel_all(struct cpu_timer *const *list)
{
    while (*list != NULL)
        cputimer_cancel(*list);
}

void cputimer_thread_ends(struct thread *thread)
{
    cancel_all(&thread->cpu_timers);
}

void cputimer_process_ends(struct process *process)
{
    cancel_all(&process->cpu_timers);
    cancel_all(&process->user_timers);
}
