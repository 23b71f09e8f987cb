/* SPDX-License-Identifier: Apache-2.0 */
/* pushed.c - a real-time thread that has to make way on its CPU goes on at another one that runs an ordinary thread; so
 * does one that becomes a real-time thread while it waits for its CPU; and one that waits comes to a CPU whose thread
 * falls back. All of them compute and let nobody in by themselves: without that nothing would ever go on. */
#define _GNU_SOURCE
#include "racers.h"

#define WHILE 1000 /* turns */

static int first, second; /* CPUs */

struct runner {
    int policy, priority;
    bool pins_first;        /* comes to its CPU with the rank of who made it */
    int most;               /* turns after which it ends; 0: it goes on */
    struct runner *watched; /* until this one goes on, which it stops then */
    pthread_t thread;
    atomic_int tid, turns, stop, done;
};

static int policy_set(pid_t tid, int policy, int priority)
{
    struct sched_param param = {.sched_priority = priority};

    return (int)syscall(SYS_sched_setscheduler, tid, policy, &param);
}

/* On both CPUs from now on, on one of which it is. */
static void pin_both(pid_t tid)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(first, &set);
    CPU_SET(second, &set);
    sched_setaffinity(tid, sizeof(set), &set);
}

static void *run(void *arg)
{
    struct runner *self = arg, *watched = self->watched;
    int limit = 0;

    if (self->pins_first)
        racers_pin(0, first);
    atomic_store(&self->tid, (int)syscall(SYS_gettid));
    policy_set(0, self->policy, self->priority);
    if (!self->pins_first)
        racers_pin(0, first);
    if (watched != NULL)
        limit = atomic_load(&watched->turns) + WHILE;
    while (!atomic_load(&self->stop) && (watched == NULL || atomic_load(&watched->turns) <= limit))
        if (atomic_fetch_add(&self->turns, 1) + 1 == self->most)
            break;
    if (watched != NULL)
        atomic_store(&watched->stop, 1);
    atomic_store(&self->done, 1);
    return NULL;
}

/* Without a call: this thread keeps its CPU, as far as others let it. */
static void until_more(atomic_int *value, int than)
{
    while (atomic_load(value) <= than)
        ;
}

/* `middle` has the first CPU, and may use both; `high` takes that, until `middle` goes on. */
static void pushed_out(void)
{
    static struct runner middle = {.policy = SCHED_FIFO, .priority = 10};
    static struct runner high = {.policy = SCHED_FIFO, .priority = 20, .watched = &middle};

    middle.thread = racers_start(run, &middle);
    until_more(&middle.turns, WHILE);
    pin_both(atomic_load(&middle.tid));
    high.thread = racers_start(run, &high);
    until_more(&high.done, 0);
    pthread_join(high.thread, NULL);
    pthread_join(middle.thread, NULL);
}

/* `raised` is an ordinary thread, and waits for the first CPU, which `high` has until `raised` goes on. */
static void becomes_one(void)
{
    static struct runner raised = {.policy = SCHED_OTHER};
    static struct runner high = {.policy = SCHED_FIFO, .priority = 20, .watched = &raised};

    raised.thread = racers_start(run, &raised);
    until_more(&raised.turns, WHILE);
    pin_both(atomic_load(&raised.tid));
    high.thread = racers_start(run, &high);
    until_more(&high.turns, WHILE);
    policy_set(atomic_load(&raised.tid), SCHED_FIFO, 10);
    until_more(&high.done, 0);
    pthread_join(high.thread, NULL);
    pthread_join(raised.thread, NULL);
}

/* `low` waits for the first CPU, which `high` has; this thread is above both, and falls back. */
static void falls_back(void)
{
    static struct runner high = {.policy = SCHED_FIFO, .priority = 20};
    static struct runner low = {.policy = SCHED_FIFO, .priority = 10, .pins_first = true, .most = WHILE};
    int turns;

    high.thread = racers_start(run, &high);
    until_more(&high.turns, WHILE);
    policy_set(0, SCHED_FIFO, 30);
    low.thread = racers_start(run, &low);
    racers_wait(&low.tid, 1); /* it is at the first CPU then, and not below this one yet */
    turns = atomic_load(&high.turns);
    until_more(&high.turns, turns + WHILE);
    pin_both(atomic_load(&low.tid));
    policy_set(0, SCHED_OTHER, 0);
    until_more(&low.done, 0);
    atomic_store(&high.stop, 1);
    pthread_join(high.thread, NULL);
    pthread_join(low.thread, NULL);
}

int main(void)
{
    struct racers_cpus cpus = racers_cpus_get();
    int allowed = policy_set(0, SCHED_FIFO, 1);

    show("real-time policies", allowed);
    if (allowed != 0)
        return 1;
    policy_set(0, SCHED_OTHER, 0);
    first = cpus.number[0];
    second = cpus.number[cpus.count - 1];
    racers_pin(0, second);
    if (first != second) /* on one CPU there is nowhere to go */
        pushed_out();
    puts("who is pushed out goes on");
    if (first != second)
        becomes_one();
    puts("who becomes a real-time thread goes on");
    if (first != second)
        falls_back();
    puts("who waits goes on where another falls back");
    return 0;
}
