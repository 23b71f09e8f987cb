/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched_setup.h - for the tests of scheduling and waiting: threads of the kernel on contexts of the host, of which one
 * runs at a time, and a clock that goes on only when a test says so, or when nobody can run.
 */
#ifndef TESTS_UNIT_GUEST_KERNEL_CORE_SCHED_SETUP_H
#define TESTS_UNIT_GUEST_KERNEL_CORE_SCHED_SETUP_H

#include <check.h>
#include <string.h>

#include "abi/errno.h"
#include "core/irq.h"
#include "core/sched.h"
#include "core/sigset.h"
#include "core/stack.h"
#include "core/tick.h"
#include "core/kick.h"
#include "core/klock.h"
#include "core/wait.h"
#include "../turns.h"
#include "suite_run.h"

#define MS 1000000ull
#define ACTORS 8

struct actor {
    struct thread thread;
    void (*body)(struct actor *actor);
    char name;
    uint64_t work_ns;
    int result;
    bool pending, fatal; /* signals */
};

static struct actor actors[ACTORS];
static struct process process;
static struct thread *current;
static uint64_t now_ns, fires_ns = UINT64_MAX;
static unsigned freed;
static char trace[256]; /* what happened, a letter each */

static inline void note(char what)
{
    size_t length = strlen(trace);

    if (length + 1 < sizeof(trace))
        trace[length] = what;
}

static struct actor *actor_of(const struct thread *thread)
{
    return thread == sched_boot_thread() ? NULL : (struct actor *)(uintptr_t)thread;
}

/* ---- the kernel around it ---- */

uint64_t arch_clock_ns(void)
{
    return now_ns;
}

void arch_timer_set(uint64_t deadline_ns)
{
    fires_ns = deadline_ns;
}

struct thread *arch_current(void)
{
    return current;
}

void arch_set_current(struct thread *thread)
{
    current = thread;
}

static void timer_fires(void)
{
    if (now_ns < fires_ns)
        now_ns = fires_ns;
    fires_ns = UINT64_MAX;
    timers_run(true);
}

void irq_wait(void)
{
    if (fires_ns == UINT64_MAX)
        ck_abort_msg("nobody runs, and nothing is to come");
    timer_fires();
}

void irq_set_in_place(bool is_in_place)
{
    (void)is_in_place;
}

void klock_halt(void)
{
    ck_abort_msg("there is one CPU");
}

/* Of the lock, for tests with a second CPU that wants it: how often it was given up, and what happens then. */
static unsigned given;
static void (*while_given)(void);
static bool is_given;

void klock_give(const struct cpu *cpu)
{
    (void)cpu;
    ck_assert(cpu_is_one_of_many && !is_given);
    is_given = true;
    given++;
}

void arch_cpu_relax(void)
{
    ck_assert(is_given);
    if (while_given != NULL)
        while_given();
}

void klock_take(struct cpu *cpu)
{
    (void)cpu;
    ck_assert(is_given);
    is_given = false;
}

void irq_dispatch_kept(struct cpu *cpu)
{
    (void)cpu;
    ck_assert(!is_given);
}

void kick_cpu(struct cpu *cpu)
{
    (void)cpu;
    ck_abort_msg("there is one CPU");
}

void arch_code_sync(void)
{
}

bool signal_is_pending(const struct thread *thread)
{
    const struct actor *actor = actor_of(thread);

    return actor != NULL && (actor->pending || actor->fatal);
}

bool signal_fatal_pending(const struct thread *thread)
{
    const struct actor *actor = actor_of(thread);

    return actor != NULL && actor->fatal;
}

uint64_t arch_syscall_first(const struct trap_frame *frame)
{
    (void)frame;
    return 42;
}

void stack_check(const void *stack)
{
    (void)stack;
}

unsigned arch_asids;

void arch_space_activate(const struct arch_space *space, unsigned asid, bool forget)
{
    (void)space, (void)asid, (void)forget;
}

void arch_space_deactivate(void)
{
}

int arch_user_prepare(struct thread *thread)
{
    (void)thread;
    return 0;
}

void arch_user_save(struct thread *thread)
{
    (void)thread;
}

void arch_user_load(struct thread *thread)
{
    (void)thread;
}

/* ---- contexts ---- */

/* The boot's is 0, an actor's its index plus 1. */
void arch_context_init(struct arch_context *context, void *stack, size_t size, void (*entry)(void))
{
    const struct actor *actor = (struct actor *)((char *)context - offsetof(struct actor, thread.context));

    (void)stack, (void)size;
    context->sp = (uint64_t)(actor - actors) + 1;
    turn_make((unsigned)context->sp, entry);
}

void arch_switch(struct arch_context *from, const struct arch_context *to)
{
    turn_pass((unsigned)from->sp, (unsigned)to->sp);
}

/* ---- for the tests ---- */

static void actor_freed(struct thread *thread)
{
    ck_assert_int_eq(thread->state, THREAD_DEAD);
    freed++;
}

static void setup(void)
{
    memset(actors, 0, sizeof(actors));
    for (unsigned i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
        actors[i].thread.sched.weight = 1024; /* as thread_create has it: niceness 0 */
    turns_init(0);
    sched_init(&process, actor_freed);
}

static void actor_begin(void)
{
    struct actor *actor = actor_of(arch_current());

    actor->body(actor);
    sched_end();
}

static void make(unsigned index, void (*body)(struct actor *actor), int policy, int rt_priority, int nice)
{
    struct actor *actor = &actors[index];

    actor->body = body;
    actor->name = (char)('a' + index);
    actor->thread.process = &process;
    sched_set_policy(&actor->thread, policy, rt_priority, nice);
    sched_start(&actor->thread, actor_begin);
}

/* The current thread's program computes: interrupts come, and it makes way when it is to (core/process.c). Its name is
 * noted when it begins, and when it goes on after others. */
static inline void compute(uint64_t ns)
{
    const struct actor *self = actor_of(arch_current());
    uint64_t end_ns = sched_cpu_ns(arch_current()) + ns;

    note(self->name);
    for (;;) {
        uint64_t had_ns = sched_cpu_ns(arch_current());

        if (cpu_this()->is_due) {
            uint64_t others = self->thread.sched.preemptions;
            sched_give_way();
            if (self->thread.sched.preemptions != others)
                note(self->name);
        }
        if (had_ns >= end_ns)
            return;
        if (fires_ns <= now_ns + (end_ns - had_ns))
            timer_fires();
        else
            now_ns += end_ns - had_ns;
    }
}

/* The boot's thread lets the others run until nobody wants to, for up to `ns`. */
static void run_for(uint64_t ns)
{
    uint64_t end_ns = now_ns + ns;

    while (sched_sleep(end_ns, 0) != -ETIMEDOUT)
        ;
}

#endif
