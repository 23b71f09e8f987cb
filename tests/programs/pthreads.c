// SPDX-License-Identifier: Apache-2.0
/* pthreads.c - what C libraries make of threads: mutexes of all kinds, conditions, barriers, read-write locks,
 * semaphores, data of a thread's own, once, cancellation, detached threads. Prints the same wherever it is right. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 2000

static void *checked(void *(*start)(void *), void *arg, pthread_t *thread)
{
    int error = pthread_create(thread, NULL, start, arg);

    if (error != 0) {
        printf("pthread_create: %s\n", strerror(error));
        exit(1);
    }
    return arg;
}

static void all(void *(*start)(void *))
{
    pthread_t threads[THREADS];

    for (long i = 0; i < THREADS; i++)
        checked(start, (void *)i, &threads[i]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* ---- mutexes ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long counter;

static void *count(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        long was = counter;
        if (i % 64 == 0)
            sched_yield();
        counter = was + 1;
        pthread_mutex_unlock(&mutex);
    }
    return arg;
}

static void mutexes(void)
{
    static const struct {
        const char *name;
        int type, protocol;
    } kinds[] = {
        {"normal", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE},
        {"errorcheck", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE},
        {"recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE},
        {"normal, inheriting", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT},
        {"errorcheck, inheriting", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_INHERIT},
    };
    struct timespec now;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        pthread_mutexattr_t attr;
        pthread_mutexattr_init(&attr);
        pthread_mutexattr_settype(&attr, kinds[i].type);
        printf("%s: protocol %d", kinds[i].name, pthread_mutexattr_setprotocol(&attr, kinds[i].protocol));
        printf(", init %d", pthread_mutex_init(&mutex, &attr));
        counter = 0;
        all(count);
        printf(", counted %ld", counter);
        pthread_mutex_lock(&mutex);
        int again = pthread_mutex_trylock(&mutex);
        printf(", try again %s", again == 0 ? "ok" : strerror(again));
        if (again == 0)
            pthread_mutex_unlock(&mutex);
        if (kinds[i].type == PTHREAD_MUTEX_ERRORCHECK)
            printf(", lock again %s", strerror(pthread_mutex_lock(&mutex)));
        if (kinds[i].type == PTHREAD_MUTEX_NORMAL) {
            clock_gettime(CLOCK_REALTIME, &now);
            int late = pthread_mutex_timedlock(&mutex, &now);
            printf(", too late %s", strerror(late));
        }
        printf(", unlock %d\n", pthread_mutex_unlock(&mutex));
        pthread_mutex_destroy(&mutex);
    }
    pthread_mutex_init(&mutex, NULL);
}

/* ---- conditions ---- */

static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, seen[THREADS];

static void *take_turns(void *arg)
{
    int me = (int)(long)arg;

    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % THREADS != me)
            pthread_cond_wait(&changed, &mutex);
        turn++;
        seen[me]++;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void conditions(void)
{
    struct timespec past = {1, 0}, soon;
    pthread_condattr_t attr;
    pthread_cond_t monotonic;

    all(take_turns);
    printf("turns: %d", turn);
    for (int i = 0; i < THREADS; i++)
        printf(" %d", seen[i]);
    pthread_mutex_lock(&mutex);
    printf("\nin the past: %s\n", strerror(pthread_cond_timedwait(&changed, &mutex, &past)));
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&monotonic, &attr);
    clock_gettime(CLOCK_MONOTONIC, &soon);
    soon.tv_nsec = (soon.tv_nsec + 10000000) % 1000000000;
    soon.tv_sec += soon.tv_nsec < 10000000;
    printf("soon: %s\n", strerror(pthread_cond_timedwait(&monotonic, &mutex, &soon)));
    pthread_mutex_unlock(&mutex);
}

/* ---- barriers, read-write locks, semaphores ---- */

static pthread_barrier_t barrier;
static atomic_int serial, arrived, too_early;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int pair[2];
static sem_t semaphore;

static void *meet(void *arg)
{
    for (int i = 1; i <= 20; i++) {
        arrived++;
        serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        too_early += arrived < i * THREADS;
        pthread_barrier_wait(&barrier);
    }
    return arg;
}

static void *read_and_write(void *arg)
{
    for (int i = 0; i < 500; i++) {
        if (((long)arg + i) % 4 == 0) {
            pthread_rwlock_wrlock(&rwlock);
            pair[0]++;
            if (i % 16 == 0)
                sched_yield();
            pair[1]++;
        } else {
            pthread_rwlock_rdlock(&rwlock);
            too_early += pair[0] != pair[1];
        }
        pthread_rwlock_unlock(&rwlock);
    }
    return arg;
}

static void *give_and_take(void *arg)
{
    for (int i = 0; i < 500; i++) {
        if ((long)arg % 2 == 0)
            sem_post(&semaphore);
        else
            sem_wait(&semaphore);
    }
    return arg;
}

static void others(void)
{
    int value;

    pthread_barrier_init(&barrier, NULL, THREADS);
    all(meet);
    printf("barrier: serial %d, arrived %d, too early %d\n", serial, arrived, too_early);
    all(read_and_write);
    printf("read-write lock: %d %d, torn %d\n", pair[0], pair[1], too_early);
    sem_init(&semaphore, 0, 1);
    all(give_and_take);
    sem_getvalue(&semaphore, &value);
    printf("semaphore: %d\n", value);
}

/* ---- data of a thread's own, once ---- */

static _Thread_local int local = 5;
static _Thread_local char large[3000];
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int initialized, destroyed, wrong;

static void initialize(void)
{
    sched_yield();
    initialized++;
}

static void destroy(void *value)
{
    destroyed += (int)(long)value;
}

static void *own(void *arg)
{
    pthread_once(&once, initialize);
    wrong += initialized != 1 || local != 5 || large[2999] != 0;
    local += (int)(long)arg;
    memset(large, 1, sizeof(large));
    pthread_setspecific(key, (void *)((long)arg + 1));
    sched_yield();
    wrong += local != 5 + (int)(long)arg;
    return NULL;
}

/* ---- ends ---- */

static atomic_int ready;

static void cleanup(void *arg)
{
    printf("cleanup %s\n", (const char *)arg);
}

static void *sleep_on(void *arg)
{
    pthread_cleanup_push(cleanup, "of a sleeper");
    ready = 1;
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return arg;
}

static void *wait_on(void *arg)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(cleanup, "of a waiter, which has the mutex again");
    ready = 1;
    for (;;)
        pthread_cond_wait(&changed, &mutex);
    pthread_cleanup_pop(0);
    return arg;
}

static void *refuse(void *arg)
{
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    ready = 1;
    while (ready != 2)
        sched_yield();
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    return arg;
}

static void *compute(void *arg)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (ready = 1;;)
        ;
    return arg;
}

static void cancel(const char *name, void *(*start)(void *), int then)
{
    pthread_t thread;
    void *result;

    ready = 0;
    checked(start, NULL, &thread);
    while (ready == 0)
        sched_yield();
    int error = pthread_cancel(thread);
    if (then != 0)
        ready = then;
    pthread_join(thread, &result);
    printf("cancel %s: %d, %s\n", name, error, result == PTHREAD_CANCELED ? "canceled" : "returned");
}

static void *leave(void *arg)
{
    pthread_exit((void *)((long)arg + 40));
}

static void *detached(void *arg)
{
    pthread_detach(pthread_self());
    sem_post(arg);
    return NULL;
}

static void ends(void)
{
    pthread_t thread;
    void *result;

    cancel("a sleeper", sleep_on, 0);
    cancel("a waiter", wait_on, 0);
    printf("the mutex: %s\n", strerror(pthread_mutex_trylock(&mutex)));
    cancel("one that refuses, until later", refuse, 2);
    cancel("one that computes", compute, 0);
    checked(leave, (void *)2, &thread);
    pthread_join(thread, &result);
    printf("exit: %ld\n", (long)result);
    sem_init(&semaphore, 0, 0);
    for (int i = 0; i < 100; i++)
        checked(detached, &semaphore, &thread);
    for (int i = 0; i < 100; i++)
        sem_wait(&semaphore);
    printf("100 detached\n");
}

/* ---- signals ---- */

static atomic_int caught_by;
static _Thread_local int me;

static void on_signal(int signal)
{
    (void)signal;
    caught_by = me;
}

static void *wait_signal(void *arg)
{
    me = (int)(long)arg;
    while (caught_by == 0)
        usleep(1000);
    return NULL;
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    pthread_t threads[3];

    sigaction(SIGUSR1, &action, NULL);
    for (long i = 0; i < 3; i++)
        checked(wait_signal, (void *)(i + 1), &threads[i]);
    usleep(1000);
    while (caught_by == 0) {
        pthread_kill(threads[1], SIGUSR1);
        usleep(1000);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("the signal came to thread %d\n", caught_by);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    mutexes();
    conditions();
    others();
    pthread_key_create(&key, destroy);
    all(own);
    printf("own: wrong %d, destroyed %d, local %d\n", wrong, destroyed, local);
    ends();
    signals();
    return 0;
}
