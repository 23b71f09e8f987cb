/* SPDX-License-Identifier: Apache-2.0 */
/* inherits.c - who has a lock that the kernel knows (FUTEX_LOCK_PI) has the priority of who waits for it, over chains
 * of locks, until it gives the lock up or nobody waits any more; and so isn't kept from its CPU by those in between. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "futex.h"
#include "one_cpu.h"
#include "show.h"

#define PRIVATE FUTEX_PRIVATE_FLAG

static int policy_set(pid_t tid, int policy, int priority)
{
    struct sched_param param = {.sched_priority = priority};

    return (int)syscall(SYS_sched_setscheduler, tid, policy, &param);
}

static void moment(void)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

/* ---- threads that do what they are told ---- */

enum task { LOCK, UNLOCK, LOCK_UNTIL, WAIT_AND_LOCK, END };

static struct actor {
    pthread_t thread;
    atomic_uint tid, told, done;
    enum task task;
    uint32_t *word, *then;
    struct timespec until;
    long result;
    int error;
} actors[4];

static atomic_int in_handler, leave_handler;

static void handler(int signal)
{
    (void)signal;
    in_handler = 1;
    while (!leave_handler)
        moment();
    in_handler = 0;
}

static void act(struct actor *actor)
{
    switch (actor->task) {
    case LOCK:
        actor->result = futex(actor->word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
        break;
    case LOCK_UNTIL:
        actor->result = futex(actor->word, FUTEX_LOCK_PI2 | PRIVATE, 0, &actor->until, NULL, 0);
        break;
    case WAIT_AND_LOCK:
        actor->result = futex(actor->word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, actor->then, 0);
        break;
    default:
        actor->result = futex(actor->word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    }
    actor->error = errno;
}

static void *actor_run(void *arg)
{
    struct actor *actor = arg;
    unsigned told = 0;

    actor->tid = (unsigned)syscall(SYS_gettid);
    for (;;) {
        while (actor->told == told)
            moment();
        told++;
        if (actor->task == END)
            return NULL;
        act(actor);
        actor->done = told;
    }
}

static struct actor *actor_start(int index, int policy, int priority)
{
    struct actor *actor = &actors[index];

    memset(actor, 0, sizeof(*actor));
    if (pthread_create(&actor->thread, NULL, actor_run, actor) != 0)
        exit(1);
    while (actor->tid == 0)
        moment();
    if (policy_set((pid_t)actor->tid, policy, priority) != 0)
        exit(1);
    return actor;
}

static void tell(struct actor *actor, enum task task, uint32_t *word)
{
    actor->task = task;
    actor->word = word;
    actor->told++;
}

static void finish(const char *what, struct actor *actor)
{
    while (actor->done != actor->told)
        moment();
    errno = actor->error;
    if (what != NULL)
        show(what, actor->result);
}

static void actor_end(struct actor *actor)
{
    tell(actor, END, NULL);
    pthread_join(actor->thread, NULL);
}

/* The state's letter, and the priority by which the thread is scheduled: stat's 18th field. */
static long told_of(unsigned tid, char *state)
{
    char path[64], line[512], *at;
    long priority = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/task/%u/stat", tid);
    file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof(line), file) == NULL)
        exit(1);
    fclose(file);
    at = strrchr(line, ')') + 2;
    *state = *at;
    for (int i = 3; i < 18; i++)
        at = strchr(at, ' ') + 1;
    sscanf(at, "%ld", &priority);
    return priority;
}

static void show_rank(const char *what, const struct actor *actor)
{
    struct sched_param param = {0};
    char state;
    long priority = told_of(actor->tid, &state);

    syscall(SYS_sched_getparam, actor->tid, &param);
    printf("%s: runs by %ld, its own policy is %ld, priority %d\n", what, priority,
           syscall(SYS_sched_getscheduler, actor->tid), param.sched_priority);
}

/* Until it sleeps, waiting for the word's owner. */
static void until_waits(const struct actor *actor, const uint32_t *word)
{
    char state = 'R';

    while (!(*(const volatile uint32_t *)word & FUTEX_WAITERS) || state != 'S') {
        moment();
        told_of(actor->tid, &state);
    }
    for (int i = 0; i < 20; i++) /* it may have slept before it got there */
        moment();
}

/* ---- what is told ---- */

static uint32_t first, second, third, condition;

static void lend_and_take_back(void)
{
    struct actor *owner = actor_start(0, SCHED_OTHER, 0), *waiter = actor_start(1, SCHED_FIFO, 20);

    tell(owner, LOCK, &first);
    finish("the owner locks", owner);
    show_rank("the owner", owner);
    tell(waiter, LOCK, &first);
    until_waits(waiter, &first);
    show_rank("one waits", owner);
    show("the waiter gets more", policy_set((pid_t)waiter->tid, SCHED_FIFO, 30));
    show_rank("so has the owner", owner);
    show("the owner gets some of its own", policy_set((pid_t)owner->tid, SCHED_RR, 10));
    show_rank("it has the better one", owner);
    show("more than the waiter's", policy_set((pid_t)owner->tid, SCHED_RR, 40));
    show_rank("it has its own", owner);
    show("ordinary again", policy_set((pid_t)owner->tid, SCHED_OTHER, 0));
    show_rank("it has the waiter's", owner);
    tell(owner, UNLOCK, &first);
    finish("unlock", owner);
    show_rank("it has its own", owner);
    finish("the waiter", waiter);
    show_rank("which has the lock", waiter);
    tell(waiter, UNLOCK, &first);
    finish("unlock", waiter);
    actor_end(owner);
    actor_end(waiter);
}

static void given_up(void)
{
    struct actor *owner = actor_start(0, SCHED_OTHER, 0), *waiter = actor_start(1, SCHED_FIFO, 20);

    tell(owner, LOCK, &first);
    finish("the owner locks", owner);
    clock_gettime(CLOCK_MONOTONIC, &waiter->until);
    waiter->until.tv_sec++;
    tell(waiter, LOCK_UNTIL, &first);
    finish("until a second is over", waiter);
    show_rank("the owner", owner);
    tell(waiter, LOCK, &first);
    until_waits(waiter, &first);
    show_rank("one waits", owner);
    pthread_kill(waiter->thread, SIGUSR1);
    while (!in_handler)
        moment();
    show_rank("while it handles a signal", owner);
    leave_handler = 1;
    while (in_handler)
        moment();
    until_waits(waiter, &first);
    show_rank("it waits again", owner);
    actor_end(owner);
    finish("the owner ends", waiter);
    show_rank("the waiter", waiter);
    actor_end(waiter);
    printf("\n");
}

/* Niceness is lent as well. */
static void nice_ones(void)
{
    struct actor *owner = actor_start(0, SCHED_OTHER, 0), *waiter = actor_start(1, SCHED_OTHER, 0);

    first = 0;
    show("the owner is nice", setpriority(PRIO_PROCESS, owner->tid, 15));
    show("the waiter less", setpriority(PRIO_PROCESS, waiter->tid, 5));
    tell(owner, LOCK, &first);
    finish("lock", owner);
    tell(waiter, LOCK, &first);
    until_waits(waiter, &first);
    show_rank("one waits", owner);
    show("as nice as it was", getpriority(PRIO_PROCESS, owner->tid));
    tell(owner, UNLOCK, &first);
    finish("unlock", owner);
    show_rank("afterwards", owner);
    finish("the waiter", waiter);
    actor_end(owner);
    actor_end(waiter);
}

/* The third waits for the second, which waits for the first. */
static void chain(void)
{
    struct actor *one = actor_start(0, SCHED_OTHER, 0), *two = actor_start(1, SCHED_FIFO, 10),
                 *three = actor_start(2, SCHED_FIFO, 20);

    first = second = third = 0;
    tell(one, LOCK, &first);
    finish("one has the first", one);
    tell(two, LOCK, &second);
    finish("two has the second", two);
    tell(three, LOCK, &third);
    finish("three has the third", three);
    tell(two, LOCK, &first);
    until_waits(two, &first);
    show_rank("two waits for the first: one", one);
    tell(three, LOCK, &second);
    until_waits(three, &second);
    show_rank("three waits for the second: two", two);
    show_rank("and one", one);
    tell(one, LOCK, &third);
    finish("one wants the third", one);
    show_rank("three", three);
    tell(one, UNLOCK, &first);
    finish("one gives up the first", one);
    show_rank("one", one);
    finish("two has it", two);
    show_rank("two", two);
    tell(two, UNLOCK, &second);
    finish("two gives up the second", two);
    show_rank("two", two);
    finish("three has it", three);
    actor_end(one);
    actor_end(two);
    actor_end(three);
}

/* Who waits gets it by the priority that it has by then; those that were moved to the lock, too. */
static void turns(void)
{
    struct actor *owner = actor_start(0, SCHED_OTHER, 0), *low = actor_start(1, SCHED_FIFO, 10),
                 *raised = actor_start(2, SCHED_FIFO, 5), *moved = actor_start(3, SCHED_FIFO, 25);
    char state = 'R';

    first = 0;
    tell(owner, LOCK, &first);
    finish("lock", owner);
    moved->then = &first;
    tell(moved, WAIT_AND_LOCK, &condition);
    for (int i = 0; i < 20 || state != 'S'; i++) {
        moment();
        told_of(moved->tid, &state);
    }
    tell(low, LOCK, &first);
    until_waits(low, &first);
    tell(raised, LOCK, &first);
    until_waits(raised, &first);
    show("the last is raised", policy_set((pid_t)raised->tid, SCHED_FIFO, 20));
    show_rank("the owner", owner);
    show("another is moved there", futex(&condition, FUTEX_CMP_REQUEUE_PI | PRIVATE, 1, number(1), &first, 0));
    show_rank("the owner", owner);
    tell(owner, UNLOCK, &first);
    finish("unlock", owner);
    finish("who was moved has it", moved);
    show_bool("alone", low->done != low->told && raised->done != raised->told);
    tell(moved, UNLOCK, &first);
    finish("unlock", moved);
    finish("who was raised has it", raised);
    show_bool("alone", low->done != low->told);
    tell(raised, UNLOCK, &first);
    finish("unlock", raised);
    finish("the other has it", low);
    for (int i = 0; i < 4; i++)
        actor_end(&actors[i]);
}

/* ---- what it is for: three threads of one CPU ---- */

static atomic_int has_lock, marks;
static int order[16];

static void mark(int what)
{
    order[marks++] = what;
}

static void show_order(const char *what)
{
    printf("%s:", what);
    for (int i = 0; i < marks; i++)
        printf(" %d", order[i]);
    printf("\n");
    marks = 0;
}

static void take(uint32_t *word)
{
    (void)futex(word, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
}

static void give(uint32_t *word)
{
    (void)futex(word, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
}

/* They begin with main's priority, 50, and so all have their own before the first of them goes on. */
static void *low(void *arg)
{
    policy_set(0, SCHED_FIFO, 10);
    take(&first);
    has_lock++; /* main sees it */
    while (has_lock != 0)
        ;
    mark(1);
    give(&first);
    mark(2);
    return arg;
}

static void *between_locks(void *arg)
{
    policy_set(0, SCHED_FIFO, 15);
    take(&second);
    has_lock++;
    take(&first);
    mark(3);
    give(&first);
    give(&second);
    mark(4);
    return arg;
}

static void *middle(void *arg)
{
    policy_set(0, SCHED_FIFO, 20);
    mark(5);
    return arg;
}

static void *high(void *arg)
{
    uint32_t *word = arg;

    policy_set(0, SCHED_FIFO, 30);
    mark(6);
    take(word);
    mark(7);
    give(word);
    return arg;
}

static void start(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
    if (pthread_create(thread, NULL, run, arg) != 0)
        exit(1);
}

static void inversion(const char *what, int with_chain)
{
    pthread_t threads[4];
    int count = 0;

    first = second = 0;
    start(&threads[count++], low, NULL);
    while (has_lock != 1)
        moment();
    if (with_chain)
        start(&threads[count++], between_locks, NULL);
    while (has_lock != 1 + with_chain)
        moment();
    moment();
    start(&threads[count++], middle, NULL);
    start(&threads[count++], high, with_chain ? &second : &first);
    has_lock = 0;
    while (count-- > 0)
        pthread_join(threads[count], NULL);
    show_order(what);
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    long allowed = policy_set(0, SCHED_FIFO, 50);

    show("real-time policies", allowed);
    if (allowed != 0)
        return 1;
    sigaction(SIGUSR1, &action, NULL);
    lend_and_take_back();
    given_up();
    nice_ones();
    chain();
    turns();
    one_cpu();
    inversion("one lock", 0);
    inversion("a chain of two", 1);
    return 0;
}
