/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manyspaces.c - more processes than a CPU can tell the translations of apart, all with something of their own at the
 * same addresses: each finds its own after each switch, and what has changed meanwhile, whoever has changed it.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "show.h"

enum { PROCESSES = 40, FEW = 2, ROUNDS = 6, PAIRS = 6, STEPS = 24, SPINS = 500 };

#define PAGES 3
#define FIXED (MREMAP_MAYMOVE | MREMAP_FIXED)

/* What the memory at `own` is. */
enum state { WRITABLE, READ_ONLY, NOTHING, MOVED, STATES };

static size_t size;               /* of a page */
static volatile uint32_t *own;    /* PAGES of private memory, or not */
static volatile uint32_t *other;  /* where MOVED has moved them */
static volatile uint32_t *common; /* PAGES of a file that all have */
static unsigned *wrong;           /* shared by all, atomic */
static _Thread_local sigjmp_buf back;

static void on_fault(int signal)
{
    siglongjmp(back, signal);
}

static volatile uint32_t *page_at(volatile uint32_t *at, size_t page)
{
    return at + page * size / sizeof(*at);
}

/* 0: it can't be read. */
static uint32_t load(volatile uint32_t *at)
{
    return sigsetjmp(back, 1) == 0 ? *at : 0;
}

static int can_write(volatile uint32_t *at)
{
    if (sigsetjmp(back, 1) != 0)
        return 0;
    at[1] = 1;
    return 1;
}

static int is_filled(volatile uint32_t *at, uint32_t value)
{
    int same = 1;

    for (size_t page = 0; page < PAGES; page++)
        same &= load(page_at(at, page)) == value;
    return same;
}

static void *address(volatile uint32_t *at)
{
    return (void *)(uintptr_t)at;
}

/* Whatever it was before. */
static void make(enum state state, uint32_t value)
{
    int failed = munmap(address(own), PAGES * size) | munmap(address(other), PAGES * size);

    failed |= mmap(address(own), PAGES * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                   0) != address(own);
    failed |= !is_filled(own, 0);
    for (size_t page = 0; page < PAGES; page++)
        *page_at(own, page) = value;
    if (state == READ_ONLY)
        failed |= mprotect(address(own), PAGES * size, PROT_READ);
    else if (state == NOTHING)
        failed |= munmap(address(own), PAGES * size);
    else if (state == MOVED)
        failed |= mremap(address(own), PAGES * size, PAGES * size, FIXED, address(other)) != address(other);
    __atomic_fetch_add(wrong, failed != 0, __ATOMIC_RELAXED);
}

static void verify(enum state state, uint32_t value)
{
    int right;

    if (state == WRITABLE)
        right = is_filled(own, value) && can_write(own);
    else if (state == READ_ONLY)
        right = is_filled(own, value) && !can_write(own);
    else
        right = is_filled(own, 0) && !can_write(own) && is_filled(other, state == MOVED ? value : 0);
    __atomic_fetch_add(wrong, !right, __ATOMIC_RELAXED);
}

/* ---- one after the other ---- */

static int token[PROCESSES + 1][2]; /* the one behind the last one's is for who has made the others */

static enum state state_in(unsigned index, unsigned round)
{
    return (index + round) % STATES;
}

static uint32_t value_in(unsigned index, unsigned round)
{
    return (index + 1) * 1000 + round;
}

/* A child with the same memory, which makes it another. */
static void fork_once(enum state state, uint32_t value)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        verify(state, value);
        make(WRITABLE, 7);
        verify(WRITABLE, 7);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        __atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
    verify(state, value);
}

static void turn(unsigned index, unsigned round)
{
    if (round > 0)
        verify(state_in(index, round - 1), value_in(index, round - 1));
    if (!is_filled(common, round + 1))
        __atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
    make(state_in(index, round), value_in(index, round));
    if (index % 8 == round)
        fork_once(state_in(index, round), value_in(index, round));
}

static void take_turns(unsigned index)
{
    char byte;

    for (unsigned round = 0; round < ROUNDS; round++) {
        if (read(token[index][0], &byte, 1) != 1)
            _exit(1);
        turn(index, round);
        if (write(token[index + 1][1], "", 1) != 1)
            _exit(1);
    }
    _exit(0);
}

/* The file's pages are others from now on, in all processes. */
static int file_renew(int file, uint32_t value)
{
    int failed = ftruncate(file, 0) | ftruncate(file, (off_t)(PAGES * size));

    for (size_t page = 0; page < PAGES; page++)
        failed |= pwrite(file, &value, sizeof(value), (off_t)(page * size)) != sizeof(value);
    return failed;
}

static void reap(long count)
{
    int status;

    for (; count > 0; count--)
        if (wait(&status) < 0 || status != 0)
            __atomic_fetch_add(wrong, 1, __ATOMIC_RELAXED);
}

static void in_turn(unsigned count)
{
    int file = memfd_create("manyspaces", 0), failed = 0;
    char byte;

    common = mmap(NULL, PAGES * size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (unsigned i = 0; i <= count; i++)
        failed |= pipe(token[i]);
    for (unsigned i = 0; i < count; i++)
        if (fork() == 0)
            take_turns(i);
    for (unsigned round = 0; round < ROUNDS && failed == 0; round++) {
        failed |= file_renew(file, round + 1);
        failed |= write(token[0][1], "", 1) != 1 || read(token[count][0], &byte, 1) != 1;
    }
    show("failed", failed);
    reap(count);
    for (unsigned i = 0; i <= count; i++) {
        close(token[i][0]);
        close(token[i][1]);
    }
    munmap(address(common), PAGES * size);
    close(file);
    show("found something else in turn", (long)*wrong);
}

/* ---- all at once, each with a thread that changes what the other one sees ---- */

static unsigned made, seen; /* steps, atomic */

static void wait_for(const unsigned *step, unsigned least)
{
    for (unsigned spins = 1; __atomic_load_n(step, __ATOMIC_ACQUIRE) < least; spins++)
        if (spins % SPINS == 0)
            sched_yield();
}

static void *look(void *arg)
{
    unsigned index = (unsigned)(uintptr_t)arg;

    for (unsigned step = 1; step <= STEPS; step++) {
        wait_for(&made, step);
        verify(state_in(index, step), value_in(index, step));
        __atomic_store_n(&seen, step, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void change(unsigned index)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, look, (void *)(uintptr_t)index) != 0)
        _exit(1);
    for (unsigned step = 1; step <= STEPS; step++) {
        make(state_in(index, step), value_in(index, step));
        __atomic_store_n(&made, step, __ATOMIC_RELEASE);
        wait_for(&seen, step);
    }
    pthread_join(thread, NULL);
    _exit(0);
}

static void at_once(void)
{
    for (unsigned i = 0; i < PAIRS; i++)
        if (fork() == 0)
            change(i);
    reap(PAIRS);
    show("found something else at once", (long)*wrong);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_fault};
    char *room;

    size = (size_t)page_size();
    wrong = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    room = mmap(NULL, 4 * PAGES * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (wrong == MAP_FAILED || room == MAP_FAILED)
        return 1;
    own = (volatile uint32_t *)(void *)room;
    other = (volatile uint32_t *)(void *)(room + 2 * PAGES * size);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    in_turn(PROCESSES);
    in_turn(FEW); /* as many as a CPU may know: what has changed is what they find */
    at_once();
    return 0;
}
