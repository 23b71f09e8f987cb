/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched.c - see sched.h.
 *
 * A thread that finds nobody to give the CPU to waits for interrupts where it is: a lone thread that sleeps and is
 * woken never switches. Which program's registers the CPU holds is known, so that kernel threads cost no exchange.
 */
#include "core/sched.h"

#include "abi/errno.h"
#include "core/irq.h"
#include "core/sigset.h"
#include "core/stack.h"
#include "core/tick_keep.h"
#include "mm/mapping.h"

#define RT_PRIORITIES 100
#define WEIGHT_OF_NICE_0 1024u
#define SLICE_NS 3000000ull
#define SLICE_RR_NS 100000000ull
#define WAKE_BONUS_NS SLICE_NS /* how far behind the others a sleeper starts at most */

bool sched_is_due;
uint64_t sched_idle_ns, sched_switches;
void (*sched_before_idle)(void);
void (*sched_runs)(struct thread *thread);
struct timer tick_timer;
void (*tick_begin)(const struct thread *thread);
static void (*thread_end)(struct thread *thread);

static struct {
    struct tree fair;
    uint64_t fair_ns;                     /* the least vruntime there is; never goes back */
    struct list real_time[RT_PRIORITIES]; /* those that have nobody may be anything */
    uint64_t real_time_set[2];            /* which of them have somebody */
    unsigned ready;                       /* threads that are in it: the one that runs isn't */
} queue;

static struct thread boot_thread;
static struct thread *loaded; /* whose registers the CPU holds beside the frame; NULL: nobody's */
static struct space *active;  /* whose user half it translates with */
static struct thread *ended;  /* is still on its stack */
static struct timer slice;
static uint64_t slice_end_ns; /* of the current thread; the timer may be set to an earlier time, and looks again */
static bool is_idle;          /* nobody has the CPU, whoever's stack this is */

struct thread *sched_boot_thread(void)
{
    return &boot_thread;
}

/* ---- the queue ---- */

static struct thread *thread_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct thread, sched.node) : NULL;
}

static int policy_of(const struct thread *thread)
{
    return thread->sched.policy & ~SCHED_RESET_ON_FORK;
}

bool sched_is_real_time(const struct thread *thread)
{
    return policy_of(thread) == SCHED_FIFO || policy_of(thread) == SCHED_RR;
}

static void fair_insert(struct thread *thread)
{
    struct tree_node *parent = NULL, *at = queue.fair.root;
    unsigned side = 0;

    while (at != NULL) {
        parent = at;
        side = thread_of(at)->sched.vruntime <= thread->sched.vruntime;
        at = at->child[side];
    }
    tree_insert(&queue.fair, parent, side, &thread->sched.node, tree_no_bound);
}

static void real_time_insert(struct thread *thread, bool first)
{
    unsigned priority = (unsigned)thread->sched.rt_priority;
    struct list *list = &queue.real_time[priority];
    uint64_t *set = &queue.real_time_set[priority / 64], bit = 1ull << priority % 64;

    if (!(*set & bit))
        list_init(list);
    list_insert(first ? list->next : list, &thread->sched.link);
    *set |= bit;
}

static void queue_insert(struct thread *thread, bool first)
{
    if (sched_is_real_time(thread))
        real_time_insert(thread, first);
    else
        fair_insert(thread);
    thread->sched.is_queued = true;
    queue.ready++;
}

static void queue_remove(struct thread *thread)
{
    unsigned priority = (unsigned)thread->sched.rt_priority;

    if (sched_is_real_time(thread)) {
        list_remove(&thread->sched.link);
        if (list_is_empty(&queue.real_time[priority]))
            queue.real_time_set[priority / 64] &= ~(1ull << priority % 64);
    } else {
        tree_remove(&queue.fair, &thread->sched.node, tree_no_bound);
    }
    thread->sched.is_queued = false;
    queue.ready--;
}

/* Who is next, still in the queue. NULL: nobody. */
static struct thread *queue_first(void)
{
    for (unsigned word = 2; word-- > 0;) {
        if (queue.real_time_set[word] != 0) {
            unsigned priority = word * 64 + 63 - (unsigned)__builtin_clzll(queue.real_time_set[word]);
            return container_of(queue.real_time[priority].next, struct thread, sched.link);
        }
    }
    return thread_of(tree_first(&queue.fair));
}

/* ---- time ---- */

static void account(struct thread *thread, uint64_t now_ns)
{
    uint64_t ran_ns = now_ns - thread->sched.since_ns;

    thread->sched.cpu_ns += ran_ns;
    thread->sched.slice_ns += ran_ns;
    thread->sched.since_ns = now_ns;
    if (!sched_is_real_time(thread))
        thread->sched.vruntime +=
            thread->sched.weight == WEIGHT_OF_NICE_0 ? ran_ns : ran_ns * WEIGHT_OF_NICE_0 / thread->sched.weight;
}

uint64_t sched_cpu_ns(const struct thread *thread)
{
    uint64_t ns = thread->sched.cpu_ns;

    return thread == arch_current() && !is_idle ? ns + arch_clock_ns() - thread->sched.since_ns : ns;
}

bool sched_is_idle(void)
{
    return is_idle;
}

unsigned sched_ready_count(void)
{
    return queue.ready + !is_idle;
}

uint64_t sched_slice_ns(const struct thread *thread)
{
    return policy_of(thread) == SCHED_FIFO ? 0 : policy_of(thread) == SCHED_RR ? SLICE_RR_NS : SLICE_NS;
}

static void due(void)
{
    sched_is_due = true;
    arch_current()->attention = true;
}

static void slice_expired(struct timer *timer)
{
    const struct thread *current = arch_current();

    if (queue.ready == 0 || current->state != THREAD_READY || policy_of(current) == SCHED_FIFO)
        return;
    if (arch_clock_ns() < slice_end_ns) /* it was another thread's */
        timer_set(timer, slice_end_ns);
    else
        due();
}

/* Somebody waits for the CPU: the current thread's slice is to end. The timer isn't put off each time (timer.c). */
static void slice_arm(void)
{
    if (!slice.is_set || slice.deadline_ns > slice_end_ns)
        timer_set(&slice, slice_end_ns);
}

/* The least vruntime of those that want the CPU follows the current thread, which is not in the queue. */
static void fair_advance(struct thread *current)
{
    const struct thread *first;
    uint64_t least_ns;

    account(current, arch_clock_ns());
    if (sched_is_real_time(current))
        return;
    first = thread_of(tree_first(&queue.fair));
    least_ns = current->sched.vruntime;
    if (first != NULL && first->sched.vruntime < least_ns)
        least_ns = first->sched.vruntime;
    if (least_ns > queue.fair_ns)
        queue.fair_ns = least_ns;
}

/* Whether `thread`, which is ready, goes before the one that has the CPU, whose time is accounted for. */
static bool goes_before(const struct thread *thread, const struct thread *current)
{
    if (sched_is_real_time(thread) || sched_is_real_time(current))
        return sched_is_real_time(thread) &&
               (!sched_is_real_time(current) || thread->sched.rt_priority > current->sched.rt_priority);
    if (policy_of(thread) != SCHED_OTHER || policy_of(current) == SCHED_IDLE)
        return policy_of(thread) != SCHED_IDLE && policy_of(current) == SCHED_IDLE;
    return thread->sched.vruntime + SLICE_NS / 3 < current->sched.vruntime;
}

/* ---- switching ---- */

static void space_use(struct space *space)
{
    if (space == active || space == NULL)
        return;
    active = space;
    arch_space_activate(&space->arch);
}

void sched_use_space(struct space *space)
{
    if (space == NULL && active != NULL) {
        active = NULL;
        arch_space_deactivate();
    }
    space_use(space);
}

static void registers_use(struct thread *thread)
{
    if (loaded == thread)
        return;
    if (loaded != NULL)
        arch_user_save(loaded);
    loaded = thread;
    arch_user_load(thread);
}

static void bury(void)
{
    struct thread *thread = ended;

    ended = NULL;
    if (thread != NULL)
        thread_end(thread);
}

static void switch_to(struct thread *from, struct thread *to)
{
    stack_check(from->stack);
    sched_switches++;
    if (from->state == THREAD_READY)
        from->sched.preemptions++;
    arch_set_current(to);
    if (to->vector != NULL) /* it has a program; the first one's registers stay in the CPU until there is another */
        registers_use(to);
    space_use(to->process->space);
    if (to->rseq != 0) /* it may have been in a critical section */
        to->attention = true;
    arch_switch(&from->context, &to->context);
    bury();
}

/* Nobody can run: waits for an interrupt, for which the thread that is here isn't charged. */
static void idle(struct thread *thread)
{
    void (*before)(void) = sched_before_idle;

    sched_before_idle = NULL;
    if (before != NULL)
        before();
    account(thread, arch_clock_ns());
    is_idle = true;
    irq_wait();
    is_idle = false;
    sched_idle_ns -= thread->sched.since_ns;
    thread->sched.since_ns = arch_clock_ns();
    sched_idle_ns += thread->sched.since_ns;
}

/* Whom to go on with; the current thread, if it is not ready, waits for interrupts until there is somebody. */
static struct thread *pick(struct thread *self)
{
    struct thread *next;

    while ((next = queue_first()) == NULL) {
        if (self->state == THREAD_DEAD)
            return &boot_thread;
        idle(self);
    }
    queue_remove(next);
    return next;
}

/* A round-robin thread that others interrupted goes on with what is left of its slice. */
static void slice_begin(struct thread *thread, uint64_t now_ns)
{
    uint64_t had_ns = thread->sched.slice_ns;

    if (__builtin_expect(sched_runs != NULL, false) != 0)
        sched_runs(thread);
    tick_keep(thread);
    sched_is_due = false;
    if (policy_of(thread) != SCHED_RR || had_ns >= SLICE_RR_NS)
        thread->sched.slice_ns = had_ns = 0;
    slice_end_ns = now_ns + sched_slice_ns(thread) - had_ns;
    if (queue.ready != 0 && policy_of(thread) != SCHED_FIFO)
        slice_arm();
}

static void schedule(struct thread *self)
{
    if (self->state != THREAD_READY)
        self->sched.waits++;
    do {
        struct thread *next = pick(self);
        uint64_t now_ns = self->sched.is_queued ? self->sched.since_ns : arch_clock_ns();

        if (!self->sched.is_queued) /* else it was accounted for when it got there, by which it is sorted */
            account(self, now_ns);
        next->sched.since_ns = now_ns;
        if (!sched_is_real_time(next) && next->sched.vruntime > queue.fair_ns)
            queue.fair_ns = next->sched.vruntime;
        slice_begin(next, now_ns);
        if (next != self)
            switch_to(self, next);
    } while (self->state != THREAD_READY);
}

/* ---- the calls ---- */

/* Makes a thread ready that wasn't, up to bonus_ns before those that have been. The current one, unless it is about to
 * choose whom to go on with, is told if it is to make way. (Its own time isn't looked at while it is in the queue,
 * whose order is by it.) */
static void ready(struct thread *thread, uint64_t bonus_ns)
{
    struct thread *current = arch_current();
    bool is_running = thread != current && current->state == THREAD_READY && !current->sched.is_queued;
    uint64_t least_ns;

    if (is_running)
        fair_advance(current);
    least_ns = queue.fair_ns > bonus_ns ? queue.fair_ns - bonus_ns : 0;
    thread->state = THREAD_READY;
    thread->sched.rt_ticks = 0;
    if (thread->sched.vruntime < least_ns)
        thread->sched.vruntime = least_ns;
    queue_insert(thread, false);
    if (!is_running)
        return;
    if (goes_before(thread, current))
        due();
    else if (policy_of(current) != SCHED_FIFO)
        slice_arm();
}

static void wake(struct thread *thread, enum wake_reason reason)
{
    thread->reason = reason;
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
    struct thread *thread = container_of(timer, struct sleeper, timer)->thread;

    if (waits(thread))
        wake(thread, WOKEN_BY_TIME);
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
    struct sleeper sleeper = {.thread = thread};

    if (how & WAIT_INTERRUPTIBLE ? signal_is_pending(thread) : (how & WAIT_KILLABLE) && signal_fatal_pending(thread))
        return interrupted(thread);
    if (deadline_ns != WAIT_FOREVER) {
        sleeper.timer.expired = sleep_expired;
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
}

void sched_stop(void)
{
    struct thread *thread = arch_current();

    thread->state = THREAD_STOPPED;
    schedule(thread);
}

void sched_continue(struct thread *thread)
{
    if (thread->state == THREAD_STOPPED)
        ready(thread, WAKE_BONUS_NS);
}

/* Behind one of the others at least, and behind all that aren't far ahead: time that it doesn't use isn't held against
 * it. */
static void fair_yield(struct thread *thread)
{
    const struct thread *first = thread_of(tree_first(&queue.fair)), *last = thread_of(tree_last(&queue.fair));
    uint64_t behind_ns;

    if (first == NULL)
        return;
    behind_ns = first->sched.vruntime + SLICE_NS;
    if (last->sched.vruntime < behind_ns)
        behind_ns = last->sched.vruntime;
    if (behind_ns > thread->sched.vruntime)
        thread->sched.vruntime = behind_ns;
}

void sched_yield(void)
{
    struct thread *thread = arch_current();

    if (queue.ready == 0)
        return;
    account(thread, arch_clock_ns());
    if (!sched_is_real_time(thread))
        fair_yield(thread);
    queue_insert(thread, false);
    schedule(thread);
}

/* A real-time thread that has to make way stays the first of its priority, unless its slice is over. */
void sched_give_way(void)
{
    struct thread *thread = arch_current();

    sched_is_due = false;
    if (queue.ready == 0)
        return;
    account(thread, arch_clock_ns());
    queue_insert(thread, policy_of(thread) == SCHED_FIFO || thread->sched.slice_ns < SLICE_RR_NS);
    schedule(thread);
}

_Noreturn void sched_end(void)
{
    struct thread *thread = arch_current();

    if (loaded == thread)
        loaded = NULL;
    ended = thread;
    thread->state = THREAD_DEAD;
    schedule(thread);
    __builtin_unreachable();
}

static void begin(void)
{
    bury();
    arch_current()->entry();
}

void sched_start(struct thread *thread, void (*entry)(void))
{
    thread->entry = entry;
    arch_context_init(&thread->context, thread->stack, STACK_SIZE, begin);
    ready(thread, 0);
}

int sched_share_registers(void)
{
    struct thread *thread = arch_current();
    int error = arch_user_prepare(thread);

    if (error == 0)
        loaded = thread;
    return error;
}

static uint32_t weight_of(int policy, int nice)
{
    /* Linux's sched_prio_to_weight: each step of niceness is 1.25 of CPU time. */
    static const uint32_t weights[] = {88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
                                       9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
                                       1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
                                       110,   87,    70,    56,    45,    36,    29,    23,    18,    15};

    return (policy & ~SCHED_RESET_ON_FORK) == SCHED_IDLE ? 3 : weights[nice + 20];
}

/* After a change of `thread`, which is the current one or ready: whether another has to have the CPU now. */
static void compare(const struct thread *thread)
{
    struct thread *current = arch_current();
    const struct thread *first = queue_first();

    if (first == NULL || current->state != THREAD_READY || current->sched.is_queued)
        return;
    if (thread != current)
        fair_advance(current);
    if (goes_before(first, current))
        due();
    else if (policy_of(current) != SCHED_FIFO)
        slice_arm();
}

void sched_set_policy(struct thread *thread, int policy, int rt_priority, int nice)
{
    bool was_queued = thread->sched.is_queued, is_current = thread == arch_current();

    if (was_queued)
        queue_remove(thread);
    else if (is_current)
        account(thread, arch_clock_ns());
    if (policy_of(thread) != (policy & ~SCHED_RESET_ON_FORK))
        thread->sched.slice_ns = 0;
    thread->sched.policy = policy;
    thread->sched.rt_priority = rt_priority;
    thread->sched.nice = nice;
    thread->sched.weight = weight_of(policy, nice);
    if (thread->sched.vruntime < queue.fair_ns && (was_queued || is_current)) /* as real-time threads have been */
        thread->sched.vruntime = queue.fair_ns;
    if (is_current)
        slice_end_ns = thread->sched.since_ns + sched_slice_ns(thread);
    if (was_queued)
        queue_insert(thread, false);
    if (was_queued || is_current)
        compare(thread);
}

void sched_inherit(struct thread *thread, const struct thread *from)
{
    int policy = from->sched.policy & ~SCHED_RESET_ON_FORK, nice = from->sched.nice;

    thread->sched.io_priority = from->sched.io_priority;
    if (!(from->sched.policy & SCHED_RESET_ON_FORK))
        sched_set_policy(thread, policy, from->sched.rt_priority, nice);
    else if (sched_is_real_time(from))
        sched_set_policy(thread, SCHED_OTHER, 0, 0);
    else
        sched_set_policy(thread, policy, 0, nice < 0 ? 0 : nice);
}

void sched_init(struct process *process, void (*thread_free)(struct thread *thread))
{
    thread_end = thread_free;
    slice.expired = slice_expired;
    boot_thread.process = process;
    boot_thread.sched.weight = WEIGHT_OF_NICE_0;
    boot_thread.timer_slack_ns = TIMER_SLACK_NS;
    arch_set_current(&boot_thread);
}
