/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.c - see sched.h.
 *
 * A thread that finds nobody to give the CPU to waits for interrupts where it is: a lone thread that sleeps and is
 * woken never switches. Which program's registers the CPU holds is known, so that kernel threads cost no exchange;
 * where there are several CPUs they are kept in memory, too, whenever their thread gives its CPU up, as it may go on
 * elsewhere.
 */
#include "core/sched.h"

#include "abi/errno.h"
#include "core/hold.h"
#include "core/irq.h"
#include "core/kick.h"
#include "core/klock.h"
#include "core/news.h"
#include "core/placement.h"
#include "core/rank.h"
#include "core/residence.h"
#include "core/sigset.h"
#include "core/stack.h"
#include "core/tick_keep.h"
#include "mm/mapping.h"

#define WEIGHT_OF_NICE_0 1024u
#define SLICE_NS 3000000ull
#define SLICE_RR_NS 100000000ull
#define WAKE_BONUS_NS SLICE_NS /* how far behind the others a sleeper starts at most */

void (*sched_before_idle)(void);
void (*sched_runs)(struct thread *thread);
void (*tick_begin)(const struct thread *thread);
static void (*thread_end)(struct thread *thread);

/* ---- time ---- */

/* Another CPU, which has noted the earlier time, may be a little ahead. */
static uint64_t passed(uint64_t since_ns, uint64_t now_ns)
{
    return now_ns > since_ns ? now_ns - since_ns : 0;
}

static void account(struct thread *thread, uint64_t now_ns)
{
    uint64_t ran_ns = passed(thread->sched.since_ns, now_ns);

    thread->sched.cpu_ns += ran_ns;
    thread->sched.slice_ns += ran_ns;
    thread->sched.since_ns = now_ns;
    if (!sched_is_real_time(thread))
        thread->sched.vruntime +=
            thread->sched.weight == WEIGHT_OF_NICE_0 ? ran_ns : ran_ns * WEIGHT_OF_NICE_0 / thread->sched.weight;
}

static bool has_cpu(const struct thread *thread)
{
    const struct cpu *cpu = thread->sched.cpu;

    return cpu != NULL && cpu->current == thread && !cpu->is_idle;
}

uint64_t sched_cpu_ns(const struct thread *thread)
{
    uint64_t ns = thread->sched.cpu_ns;

    return has_cpu(thread) ? ns + passed(thread->sched.since_ns, arch_clock_ns()) : ns;
}

uint64_t sched_idle_ns(const struct cpu *cpu)
{
    return cpu->idle_ns + (cpu->is_idle ? passed(cpu->current->sched.since_ns, arch_clock_ns()) : 0);
}

uint64_t sched_slice_ns(const struct thread *thread)
{
    return sched_policy_of(thread) == SCHED_FIFO ? 0 : sched_policy_of(thread) == SCHED_RR ? SLICE_RR_NS : SLICE_NS;
}

static void due(struct cpu *cpu)
{
    cpu->is_due = true;
    cpu->current->attention = true;
    if (cpu != cpu_this())
        kick_cpu(cpu);
}

static void slice_expired(struct timer *timer)
{
    struct cpu *cpu = cpu_this();

    if (cpu->queue.ready == 0 || cpu->current->state != THREAD_READY || sched_policy_of(cpu->current) == SCHED_FIFO)
        return;
    if (arch_clock_ns() < cpu->slice_end_ns) /* it was another thread's */
        timer_set(timer, cpu->slice_end_ns);
    else
        due(cpu);
}

/* Somebody waits for the CPU: the current thread's slice is to end. The timer isn't put off each time (timer.c).
 * Another CPU sets its own, on its way to user mode. */
static void slice_arm(struct cpu *cpu)
{
    if (cpu->slice.is_set && cpu->slice.deadline_ns <= cpu->slice_end_ns)
        return;
    if (cpu == cpu_this())
        timer_set(&cpu->slice, cpu->slice_end_ns);
    else
        kick_cpu(cpu);
}

/* The least vruntime of those that want the CPU follows its current thread, which is not in the queue. */
static void fair_advance(struct cpu *cpu)
{
    const struct thread *first;
    uint64_t least_ns;

    account(cpu->current, arch_clock_ns());
    if (sched_is_real_time(cpu->current))
        return;
    first = runq_thread(tree_first(&cpu->queue.fair));
    least_ns = cpu->current->sched.vruntime;
    if (first != NULL && first->sched.vruntime < least_ns)
        least_ns = first->sched.vruntime;
    if (least_ns > cpu->queue.fair_ns)
        cpu->queue.fair_ns = least_ns;
}

/* Whether `thread`, which is ready, goes before the one that has the CPU, whose time is accounted for. */
static bool goes_before(const struct thread *thread, const struct thread *current)
{
    if (sched_is_real_time(thread) || sched_is_real_time(current))
        return sched_is_real_time(thread) &&
               (!sched_is_real_time(current) || thread->sched.rt_priority > current->sched.rt_priority);
    if (sched_policy_of(thread) != SCHED_OTHER || sched_policy_of(current) == SCHED_IDLE)
        return sched_policy_of(thread) != SCHED_IDLE && sched_policy_of(current) == SCHED_IDLE;
    return thread->sched.vruntime + SLICE_NS / 3 < current->sched.vruntime;
}

/* ---- switching ---- */

static void ready(struct thread *thread, uint64_t bonus_ns);

/* What is to be done once a thread is off its stack. */
static void settle(void)
{
    struct cpu *cpu = cpu_this();
    struct thread *leaver = cpu->leaver;

    if (__builtin_expect(leaver == NULL, true) != 0)
        return;
    cpu->leaver = NULL;
    if (leaver->state == THREAD_DEAD)
        thread_end(leaver);
    else
        ready(leaver, WAKE_BONUS_NS);
}

static void switch_to(struct cpu *cpu, struct thread *from, struct thread *to)
{
    stack_check(from->stack);
    cpu->switches++;
    if (from->state == THREAD_READY)
        from->sched.preemptions++;
    cpu->current = to;
    arch_set_current(to);
    residence_switch(cpu, from, to);
    if (to->rseq != 0) /* it may have been in a critical section */
        to->attention = true;
    arch_switch(&from->context, &to->context);
    settle();
}

/* Nobody can run: waits for an interrupt. Who is here is charged neither for that nor for what is done before. */
static void idle(struct cpu *cpu, struct thread *thread)
{
    void (*before)(void) = sched_before_idle;

    sched_before_idle = NULL;
    account(thread, arch_clock_ns());
    cpu->is_idle = true;
    if (before != NULL)
        before();
    if (cpu->queue.ready == 0) { /* it has woken nobody */
        hold_end();
        if (cpu_is_one_of_many) {
            residence_leave_space(cpu); /* which may end meanwhile */
            klock_halt();
        } else {
            irq_wait();
        }
        hold_begin(true);
    }
    cpu->is_idle = false;
    cpu->idle_ns -= thread->sched.since_ns;
    thread->sched.since_ns = arch_clock_ns();
    cpu->idle_ns += thread->sched.since_ns;
}

/* Whom to go on with; the current thread, if it is not ready, waits for interrupts until there is somebody. */
static struct thread *pick(struct cpu *cpu, struct thread *self)
{
    for (;;) {
        struct thread *next = runq_first(&cpu->queue);
        if (__builtin_expect(cpu_is_one_of_many, false) != 0) {
            struct thread *better = placement_steal(cpu, next);
            if (better != NULL)
                return better;
        }
        if (next != NULL) {
            runq_remove(&cpu->queue, next);
            return next;
        }
        if (self == cpu->leaver)
            return &cpu->boot_thread;
        idle(cpu, self);
    }
}

/* A round-robin thread that others interrupted goes on with what is left of its slice. */
static void slice_begin(struct cpu *cpu, struct thread *thread, uint64_t now_ns)
{
    const int policy = sched_policy_of(thread);

    if (__builtin_expect(sched_runs != NULL, false) != 0)
        sched_runs(thread);
    tick_keep(thread);
    cpu->is_due = false;
    if (cpu_is_one_of_many && !placement_allows(thread, cpu)) /* it idled here, and was told to go meanwhile */
        cpu->is_due = thread->attention = true;
    if (policy != SCHED_RR || thread->sched.slice_ns >= SLICE_RR_NS)
        thread->sched.slice_ns = 0;
    cpu->slice_end_ns = now_ns + (policy == SCHED_RR ? SLICE_RR_NS - thread->sched.slice_ns : SLICE_NS);
    if (cpu->queue.ready != 0 && policy != SCHED_FIFO)
        slice_arm(cpu);
}

static void schedule(struct thread *self)
{
    if (self->state != THREAD_READY)
        self->sched.waits++;
    do {
        struct cpu *cpu = self->sched.cpu;
        struct thread *next = pick(cpu, self);
        uint64_t now_ns = self->sched.is_queued ? self->sched.since_ns : arch_clock_ns();

        if (!self->sched.is_queued) /* else it was accounted for when it got there, by which it is sorted */
            account(self, now_ns);
        next->sched.since_ns = now_ns;
        if (!sched_is_real_time(next) && next->sched.vruntime > cpu->queue.fair_ns)
            cpu->queue.fair_ns = next->sched.vruntime;
        slice_begin(cpu, next, now_ns);
        if (next != self)
            switch_to(cpu, self, next);
        else
            residence_enter_space(cpu, self->process->space); /* idle() may have left it */
    } while (self->state != THREAD_READY);
}

/* ---- the calls ---- */

/* Makes a thread ready that wasn't, up to bonus_ns before those that have been. Its CPU's current one, unless it is
 * about to choose whom to go on with, is told if it is to make way. (Its own time isn't looked at while it is in the
 * queue, whose order is by it.) */
static void ready(struct thread *thread, uint64_t bonus_ns)
{
    struct cpu *cpu = cpu_is_one_of_many ? placement_choose(thread) : &cpu_boot;
    struct thread *current = cpu->current;
    bool is_running = thread != current && current->state == THREAD_READY && !current->sched.is_queued;
    uint64_t least_ns;

    placement_move(thread, cpu);
    if (is_running)
        fair_advance(cpu);
    least_ns = cpu->queue.fair_ns > bonus_ns ? cpu->queue.fair_ns - bonus_ns : 0;
    thread->state = THREAD_READY;
    if (thread->sched.vruntime < least_ns)
        thread->sched.vruntime = least_ns;
    runq_insert(&cpu->queue, thread, false);
    if (!is_running) {
        if (cpu_is_one_of_many && cpu != cpu_this())
            kick_cpu(cpu);
        return;
    }
    if (goes_before(thread, current))
        due(cpu);
    else if (sched_policy_of(current) != SCHED_FIFO)
        slice_arm(cpu);
}

static void wake(struct thread *thread, enum wake_reason reason)
{
    thread->reason = reason;
    thread->sched.rt_ticks = 0;
    ready(thread, WAKE_BONUS_NS);
}

static bool waits(const struct thread *thread)
{
    return thread->state == THREAD_WAITS || thread->state == THREAD_WAITS_KILLABLE ||
           thread->state == THREAD_WAITS_DEEP;
}

struct sleeper {
    struct timer timer;
    struct thread *thread;
};

static void sleep_expired(struct timer *timer)
{
    news_came();
    if (waits(container_of(timer, struct sleeper, timer)->thread))
        wake(container_of(timer, struct sleeper, timer)->thread, WOKEN_BY_TIME);
}

/* The result takes a register's place: what it was is kept for the call to be made again. */
static int interrupted(struct thread *thread)
{
    thread->interrupted = thread->attention = true;
    thread->syscall_first = arch_syscall_first(&thread->frame);
    return -ERESTARTSYS;
}

int sched_sleep(uint64_t deadline_ns, unsigned how)
{
    struct thread *thread = arch_current();
    struct sleeper sleeper = {.timer.expired = sleep_expired, .thread = thread};

    if (how & WAIT_INTERRUPTIBLE ? signal_is_pending(thread) : (how & WAIT_KILLABLE) && signal_fatal_pending(thread))
        return interrupted(thread);
    if (deadline_ns != WAIT_FOREVER) {
        if (arch_clock_ns() >= deadline_ns)
            return -ETIMEDOUT;
        timer_set(&sleeper.timer, deadline_ns);
    }
    thread->state = how & WAIT_INTERRUPTIBLE ? THREAD_WAITS
                    : how & WAIT_KILLABLE    ? THREAD_WAITS_KILLABLE
                                             : THREAD_WAITS_DEEP;
    schedule(thread);
    timer_cancel(&sleeper.timer);
    return thread->reason == WOKEN ? 0 : thread->reason == WOKEN_BY_TIME ? -ETIMEDOUT : interrupted(thread);
}

bool sched_wake(struct thread *thread)
{
    if (!waits(thread))
        return false;
    wake(thread, WOKEN);
    return true;
}

void sched_signal(struct thread *thread)
{
    thread->attention = true;
    if (thread->state == THREAD_WAITS || (thread->state == THREAD_WAITS_KILLABLE && signal_fatal_pending(thread)))
        wake(thread, WOKEN_BY_SIGNAL);
    else if (cpu_is_one_of_many && has_cpu(thread) && thread != arch_current())
        kick_cpu(thread->sched.cpu);
}

void sched_stop(void)
{
    struct thread *thread = arch_current();

    thread->state = THREAD_STOPPED;
    schedule(thread);
}

void sched_continue(struct thread *thread)
{
    if (thread->state != THREAD_STOPPED)
        return;
    thread->sched.rt_ticks = 0;
    ready(thread, WAKE_BONUS_NS);
}

void sched_yield(void)
{
    struct thread *thread = arch_current();
    struct run_queue *queue = &thread->sched.cpu->queue;

    if (queue->ready == 0)
        return;
    account(thread, arch_clock_ns());
    if (!sched_is_real_time(thread))
        runq_fall_behind(queue, thread, SLICE_NS);
    runq_insert(queue, thread, false);
    schedule(thread);
}

/* To where it runs. It is ready again, there, once this CPU is off its stack. */
static void go_elsewhere(struct cpu *cpu, struct thread *thread)
{
    cpu->leaver = thread;
    thread->state = THREAD_WAITS_DEEP;
    thread->sched.waits--; /* schedule takes it for one that waits, which it isn't */
    thread->sched.preemptions++;
    schedule(thread);
}

/* A real-time thread that has to make way stays the first of its priority, unless its slice is over. */
void sched_give_way(void)
{
    struct thread *thread = arch_current();
    struct cpu *cpu = thread->sched.cpu;
    bool stays_first;

    cpu->is_due = false;
    if (cpu->queue.ready == 0 && !cpu_is_one_of_many) /* else it may have to go, or another CPU's to come */
        return;
    account(thread, arch_clock_ns());
    stays_first = sched_policy_of(thread) == SCHED_FIFO || thread->sched.slice_ns < SLICE_RR_NS;
    if (cpu_is_one_of_many && placement_is_to_go(cpu, thread, stays_first)) {
        go_elsewhere(cpu, thread);
        return;
    }
    runq_insert(&cpu->queue, thread, stays_first);
    schedule(thread);
}

_Noreturn void sched_end(void)
{
    struct thread *thread = arch_current();

    residence_forget(thread);
    thread->sched.cpu->leaver = thread;
    thread->state = THREAD_DEAD;
    schedule(thread);
    __builtin_unreachable();
}

static void begin(void)
{
    settle();
    arch_current()->entry();
}

/* It stands where its maker does: those that end as soon as each has made another would else stay in front for good. */
void sched_start(struct thread *thread, void (*entry)(void))
{
    struct thread *maker = arch_current();

    account(maker, arch_clock_ns());
    thread->sched.vruntime = maker->sched.vruntime;
    thread->sched.cpu = maker->sched.cpu;
    thread->entry = entry;
    arch_context_init(&thread->context, thread->stack, STACK_SIZE, begin);
    ready(thread, 0);
}

/* After a change of `thread`, which has a CPU or waits for it: whether another is to have that now. */
static void compare(const struct thread *thread)
{
    struct cpu *cpu = thread->sched.cpu;
    const struct thread *current = cpu->current, *first = runq_first(&cpu->queue);

    if (first == NULL || current->state != THREAD_READY || current->sched.is_queued)
        return;
    if (thread != current)
        fair_advance(cpu);
    if (goes_before(first, current))
        due(cpu);
    else if (sched_policy_of(current) != SCHED_FIFO)
        slice_arm(cpu);
}

/* A thread's own rank has changed, or what is lent to it. One that falls back is the first of its new priority. */
static bool rank_change(struct thread *thread)
{
    bool was_queued = thread->sched.is_queued, is_current = has_cpu(thread);
    struct sched_rank before = rank_of(thread), rank = rank_due(&thread->sched);
    bool falls = rank_is_real_time(&before) && rank_is_above(&before, &rank);
    struct cpu *cpu = thread->sched.cpu;

    if (before.policy == rank.policy && before.rt_priority == rank.rt_priority && before.nice == rank.nice)
        return false;
    if (was_queued)
        runq_remove(&cpu->queue, thread);
    else if (is_current)
        account(thread, arch_clock_ns());
    rank_take(&thread->sched, &rank);
    if ((was_queued || is_current) && thread->sched.vruntime < cpu->queue.fair_ns) /* as real-time threads have been */
        thread->sched.vruntime = cpu->queue.fair_ns;
    if (is_current)
        cpu->slice_end_ns = thread->sched.since_ns + sched_slice_ns(thread);
    if (was_queued && cpu_is_one_of_many && cpu->current != thread && placement_choose(thread) != cpu) {
        ready(thread, WAKE_BONUS_NS);
        return true;
    }
    if (was_queued)
        runq_insert(&cpu->queue, thread, falls);
    if (was_queued || is_current)
        compare(thread);
    if (is_current && falls && cpu_is_one_of_many) /* those of other CPUs may come before it now */
        due(cpu);
    return true;
}

void sched_set_policy(struct thread *thread, int policy, int rt_priority, int nice)
{
    thread->sched.own = (struct sched_rank){policy, rt_priority, nice};
    (void)rank_change(thread);
}

bool sched_lend(struct thread *thread, const struct thread *lender)
{
    thread->sched.is_lent = lender != NULL;
    if (lender != NULL)
        thread->sched.lent = rank_of(lender);
    return rank_change(thread);
}

void sched_inherit(struct thread *thread, const struct thread *from)
{
    const struct sched_rank *rank = &from->sched.own;
    int policy = rank->policy & ~SCHED_RESET_ON_FORK, nice = rank->nice;

    thread->sched.io_priority = from->sched.io_priority;
    thread->sched.allowed = from->sched.allowed;
    if (!(rank->policy & SCHED_RESET_ON_FORK))
        sched_set_policy(thread, policy, rank->rt_priority, nice);
    else if (policy == SCHED_FIFO || policy == SCHED_RR)
        sched_set_policy(thread, SCHED_OTHER, 0, 0);
    else
        sched_set_policy(thread, policy, 0, nice < 0 ? 0 : nice);
}

/* ---- CPUs ---- */

void sched_cpu_init(struct cpu *cpu)
{
    struct thread *thread = &cpu->boot_thread;

    cpu->timers.armed_ns = TIMER_NEVER;
    cpu->slice.expired = slice_expired;
    cpu->slice_end_ns = TIMER_NEVER; /* the boot thread gives the CPU up by itself */
    cpu->tick.expired = cpu_boot.tick.expired;
    cpu->cpu_time.expired = cpu_boot.cpu_time.expired;
    cpu->current = thread;
    thread->process = cpu_boot.boot_thread.process;
    thread->sched.weight = WEIGHT_OF_NICE_0;
    thread->sched.cpu = thread->sched.ran_on = cpu;
    thread->sched.allowed = 1u << cpu->number; /* it runs when nothing else can, there */
    thread->timer_slack_ns = TIMER_SLACK_NS;
    list_init(&thread->sched.link);
}

void sched_init(struct process *process, void (*thread_free)(struct thread *thread))
{
    thread_end = thread_free;
    cpu_boot.boot_thread.process = process;
    sched_cpu_init(&cpu_boot);
    arch_set_current(&cpu_boot.boot_thread);
}

_Noreturn void sched_idle(void)
{
    struct thread *thread = arch_current();

    thread->sched.since_ns = arch_clock_ns();
    thread->state = THREAD_WAITS_DEEP; /* nobody wakes it */
    schedule(thread);
    __builtin_unreachable();
}

void sched_set_allowed(struct thread *thread, uint32_t allowed)
{
    struct cpu *cpu = thread->sched.cpu;

    thread->sched.allowed = allowed;
    if (cpu == NULL || placement_allows(thread, cpu))
        return;
    if (cpu->current == thread && thread->state == THREAD_READY) {
        due(cpu);
    } else if (thread->sched.is_queued && cpu->current != thread) {
        runq_remove(&cpu->queue, thread);
        ready(thread, WAKE_BONUS_NS);
    }
}

void sched_balance(void)
{
    struct cpu *cpu = cpu_this(), *other = placement_push(cpu);

    if (other != NULL) /* it has no ticks: who waited here has become free to go, or the CPU was nobody's */
        kick_cpu(other);
    if (placement_balance(cpu) && !cpu->is_idle)
        slice_arm(cpu);
}

void sched_leaves(struct cpu *cpu)
{
    if (cpu->queue.ready != 0 && sched_policy_of(cpu->current) != SCHED_FIFO)
        slice_arm(cpu);
    if (cpu->cpu_time_is_new) {
        cpu->cpu_time_is_new = false;
        sched_runs(cpu->current);
    }
}
