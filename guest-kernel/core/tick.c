/* SPDX-License-Identifier: Apache-2.0 */
/* tick.c - see tick.h. Ticks are at multiples of 10 ms, not so long after a thread got the CPU: who always waits again
 * before would have none. */
#include "core/tick.h"

#include "core/cputimer.h"
#include "core/load.h"
#include "core/sched.h"
#include "mm/usercopy.h"

void (*tick_real_time)(struct thread *thread, uint64_t rt_ns);
static bool wanted; /* tick_want */

/* The four bytes in front of the program counter. False: they aren't at hand, which no call just made would find. */
static bool code_before(uaddr_t pc, uint8_t code[4])
{
    for (unsigned i = 0; i < 4; i++) {
        uaddr_t at = pc - 4 + i;
        uint32_t *word;

        if (pc < 4 || !user_word_at_hand(at & ~(uaddr_t)3, false, &word))
            return false;
        code[i] = ((const uint8_t *)word)[at & 3];
    }
    return true;
}

/* An interrupt that is taken in the middle of a call, where a long loop lets it in, finds the same. */
static bool was_in_kernel(const struct thread *thread)
{
    uint8_t code[4];

    return thread->in_fault || (code_before(arch_frame_pc(&thread->frame), code) && arch_is_syscall(code));
}

static void count(struct thread *thread, bool is_system)
{
    struct process *process = thread->process;

    if (is_system) {
        cpu_this()->ticks.system++;
        thread->ticks.system++;
        process->ticks.system++;
    } else {
        cpu_this()->ticks.user++;
        thread->ticks.user++;
        process->ticks.user++;
        cputimer_user_ticked(process);
    }
    if (thread->sched.policy == SCHED_OTHER)
        return;
    thread->sched.rt_ticks++;
    if (tick_real_time != NULL && sched_is_real_time(thread))
        tick_real_time(thread, thread->sched.rt_ticks * TICK_NS);
}

static void set(void)
{
    timer_set(&cpu_this()->tick, (arch_clock_ns() / TICK_NS + 1) * TICK_NS);
}

static void tick_expired(struct timer *timer)
{
    struct thread *thread = arch_current();

    load_look(arch_clock_ns());
    if (cpu_is_one_of_many)
        sched_balance();
    if (thread->process->space == NULL) /* the kernel's, or it is ending: there is no program to look at */
        return;
    if (!cpu_this()->is_idle) {
        count(thread, was_in_kernel(thread));
        if (cpu_is_one_of_many)
            cputimer_ticked(thread);
        set();
    } else if (timer->deadline_ns < thread->sched.since_ns) { /* it came in the call that waits now */
        count(thread, true);
    }
}

static void begin(const struct thread *thread)
{
    bool is_alone = thread->vector == NULL; /* its registers stay in the CPU */

    if (thread->process->space != NULL && (wanted || !is_alone || thread->sched.cpu_ns >= TICK_NS))
        set();
}

void tick_init(void)
{
    cpu_this()->tick.expired = tick_expired;
    tick_begin = begin;
}

void tick_want(void)
{
    wanted = true;
    if (!cpu_this()->tick.is_set)
        set();
}

/* a * b / c for b <= c, without a product that is too long. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
    while (c > UINT32_MAX) {
        b >>= 1;
        c >>= 1;
    }
    return a / c * b + a % c * b / c;
}

void tick_split(struct cpu_split *told, const struct cpu_ticks *ticks, uint64_t total_ns)
{
    uint64_t system_ns = 0;

    if (told->user_ns + told->system_ns >= total_ns)
        return;
    if (ticks->system != 0)
        system_ns = scale(total_ns, ticks->system, ticks->system + ticks->user);
    if (system_ns < told->system_ns)
        system_ns = told->system_ns;
    if (total_ns - system_ns < told->user_ns)
        system_ns = total_ns - told->user_ns;
    *told = (struct cpu_split){total_ns - system_ns, system_ns};
}
