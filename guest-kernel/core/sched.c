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
#include "mm/mapping.h"

#define RT_PRIORITIES 100
#define WEIGHT_OF_NICE_0 1024u
#define SLICE_NS 3000000ull
#define SLICE_RR_NS 100000000ull
#define WAKE_BONUS_NS SLICE_NS /* how far behind the others a sleeper starts at most */

bool sched_is_due;
void (*sched_before_idle)(void);
void (*sched_runs)(struct thread *thread);
static void (*thread_end)(struct thread *thread);

static struct {
    struct tree fair;
    uint64_t fair_ns; /* the least vruntime there is; never goes back */
    struct list real_time[RT_PRIORITIES];
    uint64_t real_time_set[2]; /* which of them have somebody */
    unsigned ready;            /* threads that are in it: the one that runs isn't */
} queue;

static struct thread boot_thread;
static struct thread *loaded; /* whose registers the CPU holds beside the frame; NULL: nobody's */
static struct space *active;  /* whose user half it translates with */
static struct thread *ended;  /* is still on its stack */
static struct timer slice;

struct thread *sched_boot_thread(void)
{
    return &boot_thread;
}

/* ---- the queue ---- */

static struct thread *thread_of(struct tree_node *node)
{
    return node != NULL ? container_of(node, struct thread, sched.node) : NULL;
}

static bool no_bound(struct tree_node *node)
{
    (void)node;
    return false;
}

static int policy_of(const struct thread *thread)
{
    return thread->sched.policy & ~SCHED_RESET_ON_FORK;
}

static bool is_real_time(const struct thread *thread)
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
    tree_insert(&queue.fair, parent, side, &thread->sched.node, no_bound);
}

static void real_time_insert(struct thread *thread, bool first)
{
    unsigned priority = (unsigned)thread->sched.rt_priority;
    struct list *list = &queue.real_time[priority];

    list_insert(first ? list->next : list, &thread->sched.link);
    queue.real_time_set[priority / 64] |= 1ull << priority % 64;
}

static void queue_insert(struct thread *thread, bool first)
{
    if (is_real_time(thread))
        real_time_insert(thread, first);
    else
        fair_insert(thread);
    thread->sched.is_queued = true;
    queue.ready++;
}

static void queue_remove(struct thread *thread)
{
    unsigned priority = (unsigned)thread->sched.rt_priority;

    if (is_real_time(thread)) {
        list_remove(&thread->sched.link);
        if (list_is_empty(&queue.real_time[priority]))
            queue.real_time_set[priority / 64] &= ~(1ull << priority % 64);
    } else {
        tree_remove(&queue.fair, &thread->sched.node, no_bound);
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
    thread->sched.since_ns = now_ns;
    thread->sched.vruntime +=
        thread->sched.weight == WEIGHT_OF_NICE_0 ? ran_ns : ran_ns * WEIGHT_OF_NICE_0 / thread->sched.weight;
}

uint64_t sched_cpu_ns(const struct thread *thread)
{
    uint64_t ns = thread->sched.cpu_ns;

    return thread == arch_current() ? ns + arch_clock_ns() - thread->sched.since_ns : ns;
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
    (void)timer;
    due();
}

/* Whether `thread`, which is ready, goes before the one that has the CPU. */
static bool goes_before(const struct thread *thread, struct thread *current)
{
    if (is_real_time(thread) || is_real_time(current))
        return is_real_time(thread) &&
               (!is_real_time(current) || thread->sched.rt_priority > current->sched.rt_priority);
    if (policy_of(thread) != SCHED_OTHER || policy_of(current) == SCHED_IDLE)
        return policy_of(thread) != SCHED_IDLE && policy_of(current) == SCHED_IDLE;
    account(current, arch_clock_ns());
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
    uint64_t now_ns = arch_clock_ns();

    stack_check(from->stack);
    account(from, now_ns);
    if (from->state == THREAD_READY)
        from->sched.preemptions++;
    else
        from->sched.waits++;
    to->sched.since_ns = now_ns;
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
    irq_wait();
    thread->sched.since_ns = arch_clock_ns();
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

static void slice_begin(struct thread *thread)
{
    if (__builtin_expect(sched_runs != NULL, false) != 0)
        sched_runs(thread);
    sched_is_due = false;
    if (queue.ready == 0 || policy_of(thread) == SCHED_FIFO)
        timer_cancel(&slice);
    else
        timer_set(&slice, arch_clock_ns() + sched_slice_ns(thread));
}

static void schedule(struct thread *self)
{
    do {
        struct thread *next = pick(self);

        if (!is_real_time(next) && next->sched.vruntime > queue.fair_ns)
            queue.fair_ns = next->sched.vruntime;
        slice_begin(next);
        if (next != self)
            switch_to(self, next);
    } while (self->state != THREAD_READY);
}

/* ---- the calls ---- */

/* Makes a thread ready that wasn't. */
static void ready(struct thread *thread)
{
    struct thread *current = arch_current();
    uint64_t least_ns = queue.fair_ns > WAKE_BONUS_NS ? queue.fair_ns - WAKE_BONUS_NS : 0;

    thread->state = THREAD_READY;
    if (thread->sched.vruntime < least_ns)
        thread->sched.vruntime = least_ns;
    queue_insert(thread, false);
    if (thread == current || current->state != THREAD_READY) /* it is about to choose */
        return;
    if (goes_before(thread, current))
        due();
    else if (!slice.is_set && policy_of(current) != SCHED_FIFO)
        timer_set(&slice, arch_clock_ns() + sched_slice_ns(current));
}

static void wake(struct thread *thread, enum wake_reason reason)
{
    thread->reason = reason;
    ready(thread);
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
        ready(thread);
}

/* The last of those that have had as little as the others. */
void sched_yield(void)
{
    struct thread *thread = arch_current();
    struct thread *last;

    if (queue.ready == 0)
        return;
    account(thread, arch_clock_ns());
    last = thread_of(tree_last(&queue.fair));
    if (!is_real_time(thread) && last != NULL && last->sched.vruntime > thread->sched.vruntime)
        thread->sched.vruntime = last->sched.vruntime;
    queue_insert(thread, false);
    schedule(thread);
}

void sched_give_way(void)
{
    struct thread *thread = arch_current();

    sched_is_due = false;
    if (queue.ready == 0)
        return;
    account(thread, arch_clock_ns());
    queue_insert(thread, policy_of(thread) == SCHED_FIFO);
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
    thread->sched.vruntime = queue.fair_ns;
    ready(thread);
}

int sched_share_registers(void)
{
    struct thread *thread = arch_current();
    int error = arch_user_prepare(thread);

    if (error == 0)
        loaded = thread;
    return error;
}

void sched_set_policy(struct thread *thread, int policy, int rt_priority, int nice)
{
    /* Linux's sched_prio_to_weight: each step of niceness is 1.25 of CPU time. */
    static const uint32_t weights[] = {88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
                                       9548,  7620,  6100,  4904,  3906,  3121,  2501,  1991,  1586,  1277,
                                       1024,  820,   655,   526,   423,   335,   272,   215,   172,   137,
                                       110,   87,    70,    56,    45,    36,    29,    23,    18,    15};
    bool was_queued = thread->sched.is_queued;

    if (was_queued)
        queue_remove(thread);
    thread->sched.policy = policy;
    thread->sched.rt_priority = rt_priority;
    thread->sched.nice = nice;
    thread->sched.weight = policy == SCHED_IDLE ? 3 : weights[nice + 20];
    if (was_queued)
        queue_insert(thread, false);
    if (queue.ready != 0)
        due();
}

void sched_inherit(struct thread *thread, const struct thread *from)
{
    int policy = from->sched.policy, nice = from->sched.nice;

    if (policy & SCHED_RESET_ON_FORK)
        sched_set_policy(thread, SCHED_OTHER, 0, nice < 0 ? 0 : nice);
    else
        sched_set_policy(thread, policy, from->sched.rt_priority, nice);
}

void sched_init(struct process *process, void (*thread_free)(struct thread *thread))
{
    thread_end = thread_free;
    for (unsigned i = 0; i < RT_PRIORITIES; i++)
        list_init(&queue.real_time[i]);
    slice.expired = slice_expired;
    boot_thread.process = process;
    boot_thread.sched.weight = WEIGHT_OF_NICE_0;
    boot_thread.timer_slack_ns = TIMER_SLACK_NS;
    arch_set_current(&boot_thread);
}
