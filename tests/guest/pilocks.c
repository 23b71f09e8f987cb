// SPDX-License-Identifier: Apache-2.0
/* pilocks.c - locks whose owner the kernel knows (FUTEX_LOCK_PI and its like): the word as owners and waiters come and
 * go, owners that end, circles, signals, waiters that are moved to a lock; and futex_waitv(2). */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "futex.h"
#include "show.h"

#define PRIVATE FUTEX_PRIVATE_FLAG

static uint32_t lock, second, word;

static uint32_t tid(void)
{
    return (uint32_t)syscall(SYS_gettid);
}

struct locker {
    pthread_t thread;
    atomic_uint tid;
    uint32_t *lock, *then;
    int operation;
    long result;
    int error;
    atomic_int state; /* 1: has the lock (or hasn't got it); told 2: gives it up; 3: ends with it */
};

static void show_word(const char *what, uint32_t value, const struct locker *lockers, int count)
{
    uint32_t id = value & FUTEX_TID_MASK;

    printf("%s: %s%s", what, value & FUTEX_WAITERS ? "waiters+" : "", value & FUTEX_OWNER_DIED ? "died+" : "");
    for (int i = 0; i < count; i++)
        if (lockers[i].tid == id) {
            printf("%d\n", i);
            return;
        }
    printf("%s\n", id == 0 ? "nobody" : id == tid() ? "main" : "other");
}

static void *lock_and_wait(void *arg)
{
    struct locker *locker = arg;

    locker->tid = tid();
    locker->result = futex(locker->lock, locker->operation, 0, NULL, locker->then, 0);
    locker->error = errno;
    locker->state = 1;
    while (locker->state == 1)
        sched_yield();
    if (locker->state == 2)
        locker->result = futex(locker->lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

/* A waiter can't be counted by moving it: it isn't an ordinary one. What says that it waits is FUTEX_WAITERS, and then
 * that it sleeps; of several the order is that of their start. */
static void locker_start(struct locker *locker, uint32_t *which)
{
    static const struct timespec moment = {0, 50000000};

    *locker = (struct locker){.lock = which, .operation = FUTEX_LOCK_PI | PRIVATE};
    if (pthread_create(&locker->thread, NULL, lock_and_wait, locker) != 0)
        exit(1);
    while (locker->tid == 0 || (locker->state == 0 && !(*which & FUTEX_WAITERS)))
        sched_yield();
    if (locker->state == 0)
        nanosleep(&moment, NULL);
}

static void locker_end(const char *what, struct locker *locker, int how)
{
    while (locker->state == 0)
        sched_yield();
    printf("%s: %s", what, locker->result == 0 ? "has it" : error_name(locker->error));
    locker->state = how;
    pthread_join(locker->thread, NULL);
    printf(", %s\n", how == 2 ? "gave it up" : "ended");
}

static void owners(void)
{
    static const struct timespec past = {1, 0};
    struct locker lockers[3];

    show("lock", futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show_word("the word", lock, lockers, 0);
    show("again", futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("try", futex(&lock, FUTEX_TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    locker_start(&lockers[0], &lock);
    locker_start(&lockers[1], &lock);
    locker_start(&lockers[2], &lock);
    show_word("three wait", lock, lockers, 3);
    show("wake them", futex(&lock, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
    show("move them", futex(&lock, FUTEX_REQUEUE | PRIVATE, 1, number(1), &second, 0));
    show("unlock", futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    while (lockers[0].state == 0)
        sched_yield();
    show_word("the first has it", lock, lockers, 3);
    show("unlock what others have", futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("try", futex(&lock, FUTEX_TRYLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("until the past", futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, &past, NULL, 0));
    show("until the past of the other clock", futex(&lock, FUTEX_LOCK_PI2 | PRIVATE, 0, &past, NULL, 0));
    show("a clock for the first kind", futex(&lock, FUTEX_LOCK_PI | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0));
    locker_end("0", &lockers[0], 2);
    while (lockers[1].state == 0)
        sched_yield();
    show_word("the second has it", lock, lockers, 3);
    locker_end("1, which ends with it", &lockers[1], 3);
    while (lockers[2].state == 0)
        sched_yield();
    show_word("the third has it", lock, lockers, 3);
    locker_end("2", &lockers[2], 2);
    show_word("nobody waits", lock, lockers, 3);
}

static void refusals(void)
{
    lock = 0;
    show("unlock a free one", futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    lock = 0x3ffffffe;
    show("an owner that isn't there", futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show_bool("its word is marked", lock == (0x3ffffffe | FUTEX_WAITERS));
    lock = FUTEX_OWNER_DIED;
    show("one whose owner died", futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show_word("the word", lock, NULL, 0);
    show("unlock", futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("nowhere", futex(number(64), FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("unlock nowhere", futex(number(64), FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("not aligned", futex((char *)&lock + 2, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("a bad time", futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, &(struct timespec){0, -1}, NULL, 0));
}

static struct locker circle;

static void *hold_second(void *arg)
{
    (void)arg;
    circle.tid = tid();
    (void)futex(&second, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    circle.result = futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    (void)futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    (void)futex(&second, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

static void circles(void)
{
    static const struct timespec moment = {0, 50000000};

    lock = second = 0;
    (void)futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    if (pthread_create(&circle.thread, NULL, hold_second, NULL) != 0)
        exit(1);
    while (!(lock & FUTEX_WAITERS))
        sched_yield();
    nanosleep(&moment, NULL);
    show("a circle", futex(&second, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    show("unlock", futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    pthread_join(circle.thread, NULL);
    show("the other's", circle.result);
    show_word("the second", second, NULL, 0);
}

/* ---- waiters that are moved to a lock ---- */

struct mover {
    pthread_t thread;
    atomic_uint tid;
    long result;
    int error;
    atomic_int done, leave;
};

static void *wait_and_lock(void *arg)
{
    struct mover *mover = arg;

    mover->tid = tid();
    mover->result = futex(&word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &lock, 0);
    mover->error = errno;
    mover->done = 1;
    while (mover->leave == 0)
        sched_yield();
    if (mover->result == 0)
        (void)futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    return NULL;
}

static void movers_start(struct mover *movers, int count)
{
    static const struct timespec moment = {0, 50000000};

    for (int i = 0; i < count; i++) {
        movers[i] = (struct mover){.done = 0};
        if (pthread_create(&movers[i].thread, NULL, wait_and_lock, &movers[i]) != 0)
            exit(1);
        while (movers[i].tid == 0)
            sched_yield();
        nanosleep(&moment, NULL);
    }
}

static void mover_end(const char *what, struct mover *mover)
{
    while (mover->done == 0)
        sched_yield();
    printf("%s: %s%s\n", what, mover->result == 0 ? "has it" : error_name(mover->error),
           (lock & FUTEX_TID_MASK) == mover->tid ? ", as the word says" : "");
    mover->leave = 1;
    pthread_join(mover->thread, NULL);
}

static void moves(void)
{
    static const struct timespec past = {1, 0};
    struct mover movers[3];
    int operation = FUTEX_CMP_REQUEUE_PI | PRIVATE;

    lock = 0;
    movers_start(movers, 3);
    show("wake them", futex(&word, FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
    show("move them elsewhere", futex(&word, operation, 1, number(1), &second, 0));
    show("move them as if they were ordinary", futex(&word, FUTEX_CMP_REQUEUE | PRIVATE, 1, number(1), &lock, 0));
    show("another value", futex(&word, operation, 1, number(1), &lock, 1));
    show("wake two", futex(&word, operation, 2, number(1), &lock, 0));
    show("to itself", futex(&word, operation, 1, number(1), &word, 0));
    show("the lock is free", futex(&word, operation, 1, number(1), &lock, 0));
    mover_end("the first", &movers[0]);
    mover_end("the second", &movers[1]);
    show_word("free again", lock, NULL, 0);
    (void)futex(&lock, FUTEX_LOCK_PI | PRIVATE, 0, NULL, NULL, 0);
    show("the lock is taken", futex(&word, operation, 1, number(10), &lock, 0));
    show_word("waited for", lock, NULL, 0);
    show("unlock", futex(&lock, FUTEX_UNLOCK_PI | PRIVATE, 0, NULL, NULL, 0));
    mover_end("the third", &movers[2]);
    show("nobody waits", futex(&word, operation, 1, number(10), &lock, 0));
    show("wait until the past", futex(&word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, &past, &lock, 0));
    show("wait with another value", futex(&word, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 1, NULL, &lock, 0));
    show("wait for the lock itself", futex(&lock, FUTEX_WAIT_REQUEUE_PI | PRIVATE, 0, NULL, &lock, 0));
}

/* ---- futex_waitv ---- */

struct waitv {
    uint64_t value, address;
    uint32_t flags, reserved;
};

static long waitv(struct waitv *words, unsigned count, unsigned flags, const struct timespec *timeout, int clock)
{
    return syscall(449, words, count, flags, timeout, clock);
}

static uint32_t many[128];
static atomic_long woken_index;

static void *wait_many(void *arg)
{
    static struct waitv words[128];

    for (int i = 0; i < 128; i++)
        words[i] = (struct waitv){.address = (uintptr_t)&many[i], .flags = i % 2 == 0 ? 2 : 2 | 128};
    woken_index = waitv(words, 128, 0, NULL, 0);
    return arg;
}

static void several(void)
{
    static const struct timespec past = {1, 0}, bad = {0, -1};
    struct waitv words[2] = {{.address = (uintptr_t)&many[0], .flags = 2},
                             {.address = (uintptr_t)&many[1], .flags = 2}};
    pthread_t thread;

    if (pthread_create(&thread, NULL, wait_many, NULL) != 0)
        exit(1);
    while (waiting(&many[127], PRIVATE) != 1 && woken_index >= 0)
        sched_yield();
    show("wake the shared way what is private", futex(&many[99], FUTEX_WAKE, 1, NULL, NULL, 0));
    show("wake the 100th", futex(&many[99], FUTEX_WAKE | PRIVATE, 1, NULL, NULL, 0));
    pthread_join(thread, NULL);
    show("the index", woken_index);
    show("it waits for none of the rest", futex(&many[98], FUTEX_WAKE, 1, NULL, NULL, 0));
    show("until the past", waitv(words, 2, 0, &past, CLOCK_MONOTONIC));
    show("of the other clock", waitv(words, 2, 0, &past, CLOCK_REALTIME));
    show("of another clock", waitv(words, 2, 0, &past, CLOCK_BOOTTIME));
    show("a bad time", waitv(words, 2, 0, &bad, CLOCK_MONOTONIC));
    show("flags", waitv(words, 2, 1, NULL, 0));
    show("none", waitv(words, 0, 0, NULL, 0));
    show("too many", waitv(words, 129, 0, NULL, 0));
    show("no words", waitv(NULL, 1, 0, NULL, 0));
    show("words nowhere", waitv(number(64), 1, 0, NULL, 0));
    words[1].value = 1;
    show("another value", waitv(words, 2, 0, NULL, 0));
    words[1].value = 1ull << 32;
    show("too large a value", waitv(words, 2, 0, NULL, 0));
    words[1] = (struct waitv){.address = 64, .flags = 2};
    show("a word nowhere", waitv(words, 2, 0, NULL, 0));
    words[1] = (struct waitv){.address = (uintptr_t)&many[1], .flags = 0};
    show("8 bits", waitv(words, 2, 0, NULL, 0));
    words[1] = (struct waitv){.address = (uintptr_t)&many[1], .flags = 2, .reserved = 1};
    show("reserved", waitv(words, 2, 0, NULL, 0));
}

/* An owner in another process, which ends. */
static void across_processes(void)
{
    uint32_t *shared = mmap(NULL, (size_t)page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork_or_end();

    if (child == 0) {
        (void)futex(shared, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
        shared[1] = 1;
        while (!(*(volatile uint32_t *)shared & FUTEX_WAITERS))
            sched_yield();
        nanosleep(&(struct timespec){0, 50000000}, NULL);
        _exit(0);
    }
    while (*(volatile uint32_t *)&shared[1] == 0)
        sched_yield();
    show("lock what a process has that ends", futex(shared, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    show_word("the word", *shared, NULL, 0);
    waitpid(child, NULL, 0);
    show("unlock", futex(shared, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    show_word("the word", *shared, NULL, 0);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    owners();
    refusals();
    circles();
    moves();
    several();
    across_processes();
    return 0;
}
