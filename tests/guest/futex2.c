// SPDX-License-Identifier: Apache-2.0
/* futex2.c - futex_wait, futex_wake and futex_requeue: what they do, and how they differ from futex(2). */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "show.h"

enum { CALL_WAKE = 454, CALL_WAIT = 455, CALL_REQUEUE = 456 }; /* of all machines */
enum { U8 = 0, U32 = 2, U64 = 3, PRIVATE = 128 };
#define ANY 0xffffffffu
#define WAITERS 4

struct word { /* struct futex_waitv */
    uint64_t value, address;
    uint32_t flags, reserved;
};

static uint32_t first, second;

static int do_wait(uint32_t *word, uint64_t value, uint64_t mask, unsigned flags, const struct timespec *end, int clock)
{
    return (int)syscall(CALL_WAIT, word, value, mask, flags, end, clock);
}

static int do_wake(uint32_t *word, uint64_t mask, int most, unsigned flags)
{
    return (int)syscall(CALL_WAKE, word, mask, most, flags);
}

static void *waits(void *mask)
{
    return (void *)(long)do_wait(&first, 0, (uintptr_t)mask, U32 | PRIVATE, NULL, 0);
}

/* Waiters with the masks 1, 2, 4 ...: all of them wait. */
static void waiters_start(pthread_t *threads)
{
    struct word words[2] = {{0, (uintptr_t)&first, U32 | PRIVATE, 0}, {0, (uintptr_t)&first, U32 | PRIVATE, 0}};

    for (long i = 0; i < WAITERS; i++)
        if (pthread_create(&threads[i], NULL, waits, (void *)(1l << i)) != 0)
            exit(2);
    /* To move them from a word to itself counts them. */
    while (syscall(CALL_REQUEUE, words, 0, 0, 100) != WAITERS)
        sched_yield();
}

static void waiters_join(pthread_t *threads)
{
    void *result;

    for (int i = 0; i < WAITERS; i++) {
        pthread_join(threads[i], &result);
        printf(" %ld", (long)result);
    }
    printf("\n");
}

static void waking(void)
{
    pthread_t threads[WAITERS];

    waiters_start(threads);
    show("none", do_wake(&first, ANY, 0, U32 | PRIVATE));
    show("shared: another word", do_wake(&first, ANY, 9, U32));
    show("no such bit", do_wake(&first, 0x80, 9, U32 | PRIVATE));
    show("the second", do_wake(&first, 2, 9, U32 | PRIVATE));
    show("one", do_wake(&first, ANY, 1, U32 | PRIVATE));
    show("the others", do_wake(&first, ANY, 9, U32 | PRIVATE));
    show("and none", do_wake(&first, ANY, 9, U32 | PRIVATE));
    printf("they got");
    waiters_join(threads);
}

static void moving(void)
{
    struct word words[2] = {{0, (uintptr_t)&first, U32 | PRIVATE, 0}, {0, (uintptr_t)&second, U32 | PRIVATE, 0}};
    pthread_t threads[WAITERS];

    waiters_start(threads);
    words[0].value = 1;
    show("another value", (int)syscall(CALL_REQUEUE, words, 0, 1, 1));
    words[0].value = 0;
    show("flags", (int)syscall(CALL_REQUEUE, words, 1, 1, 1));
    show("one, and two", (int)syscall(CALL_REQUEUE, words, 0, 1, 2));
    show("of the second", do_wake(&second, ANY, 9, U32 | PRIVATE));
    show("of the first", do_wake(&first, ANY, 9, U32 | PRIVATE));
    waiters_join(threads);
}

static void shared(void)
{
    uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status;

    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(do_wait(word, 0, ANY, U32, NULL, 0) == 0 ? 5 : 6);
    while (do_wake(word, ANY, 1, U32) == 0)
        sched_yield();
    waitpid(pid, &status, 0);
    show("another process", WEXITSTATUS(status));
}

static void refused(void)
{
    struct word words[2] = {{0, (uintptr_t)&first, U32, 0}, {0, (uintptr_t)&second, U32, 0}};
    struct timespec past = {1, 0}, bad = {0, -1};
    char *odd = (char *)&first + 1;

    show("another value", do_wait(&first, 1, ANY, U32, NULL, 0));
    show("a value too large", do_wait(&first, 1ull << 32, ANY, U32, NULL, 0));
    show("a mask too large", do_wait(&first, 0, 1ull << 32, U32, NULL, 0));
    show("no mask", do_wait(&first, 0, 0, U32, NULL, 0));
    show("a byte", do_wait(&first, 0, ANY, U8, NULL, 0));
    show("64 bits", do_wait(&first, 0, ANY, U64, NULL, 0));
    show("flags", do_wait(&first, 0, ANY, U32 | 64, NULL, 0));
    show("nowhere", do_wait(NULL, 0, ANY, U32, NULL, 0));
    show("odd", do_wait((uint32_t *)odd, 0, ANY, U32, NULL, 0));
    show("a clock", do_wait(&first, 0, ANY, U32, &past, 99));
    show("no time", do_wait(&first, 0, ANY, U32, &bad, CLOCK_MONOTONIC));
    show("a time that is past", do_wait(&first, 0, ANY, U32, &past, CLOCK_REALTIME));
    show("no time, any clock", do_wait(&first, 1, ANY, U32, NULL, 99));
    show("wake: no mask", do_wake(&first, 0, 1, U32));
    show("wake: a mask too large", do_wake(&first, 1ull << 32, 1, U32));
    show("wake: a byte", do_wake(&first, ANY, 1, U8));
    show("wake: nowhere", do_wake(NULL, ANY, 1, U32));
    show("wake: nowhere, private", do_wake(NULL, ANY, 1, U32 | PRIVATE));
    show("wake: odd", do_wake((uint32_t *)odd, ANY, 0, U32));
    show("requeue: nothing", (int)syscall(CALL_REQUEUE, NULL, 0, 1, 1));
    show("requeue: nowhere", (int)syscall(CALL_REQUEUE, 8L, 0, 1, 1));
    show("requeue: less than none", (int)syscall(CALL_REQUEUE, words, 0, -1, 1));
    words[1].reserved = 1;
    show("requeue: reserved", (int)syscall(CALL_REQUEUE, words, 0, 1, 1));
}

int main(void)
{
    waking();
    moving();
    shared();
    refused();
    return 0;
}
