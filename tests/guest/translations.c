/* SPDX-License-Identifier: Apache-2.0 */
/*
 * translations.c - what a thread does to its memory is at once what the others find, on whatever CPUs they run: another
 * page at an address, none, one that may not be written any more, and one that a child has a copy of.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "show.h"

enum { READERS = 3, ROUNDS = 75, FORKS = 8, STEPS = 100, SPINS = 20000 };

static volatile uint64_t *place; /* two pages, which are alike */
static size_t size;
static unsigned round_now, arrived, seen; /* atomic */
static int ended;
static __thread sigjmp_buf back;

static uint64_t load(volatile uint64_t *at)
{
    return *at;
}

static void on_fault(int signal)
{
    siglongjmp(back, signal);
}

/* Whether the page can be read, and is then `value`; or can be written. */
static int reads(volatile uint64_t *at, uint64_t value)
{
    return sigsetjmp(back, 1) == 0 && load(at) == value;
}

static int writes(volatile uint64_t *at)
{
    if (sigsetjmp(back, 1) != 0)
        return 0;
    at[1] = 1;
    return 1;
}

/* All threads look at one state of the memory, which the first one has made, before it makes the next. */
static void next_state(void)
{
    __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
    __atomic_fetch_add(&round_now, 1, __ATOMIC_RELEASE);
}

/* Most waits are without a system call: in the kernel, what is known of translations might be forgotten anyway. */
static void wait_a_little(unsigned *waits)
{
    if (++*waits % SPINS == 0)
        sched_yield();
}

static void wait_all(void)
{
    unsigned waits = 0;

    while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < READERS)
        wait_a_little(&waits);
}

enum { STATE_PAGE, STATE_READ_ONLY, STATE_NONE, STATES };

static unsigned check(unsigned round)
{
    volatile uint64_t *second = place + size / sizeof(*place);
    unsigned state = round % STATES;

    if (state == STATE_PAGE)
        return !reads(place, round) + !reads(second, round) + !writes(place) + !writes(second);
    if (state == STATE_READ_ONLY) /* the page is the last round's */
        return !reads(place, round - 1) + !reads(second, round - 1) + writes(place) + writes(second);
    return reads(place, round - 2) + reads(second, round - 2) + writes(place);
}

static void *look(void *arg)
{
    unsigned last = STATES - 1, wrong = 0, waits = 0;

    (void)arg;
    while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
        unsigned round = __atomic_load_n(&round_now, __ATOMIC_ACQUIRE);
        if (round == last) {
            wait_a_little(&waits);
            continue;
        }
        wrong += check(round);
        last = round;
        __atomic_fetch_add(&arrived, 1, __ATOMIC_RELEASE);
    }
    __atomic_fetch_add(&seen, wrong, __ATOMIC_RELAXED);
    return NULL;
}

/* Round 3 n + STATE_PAGE: fresh pages; then they are read-only; then gone. */
static void change(void)
{
    void *start = (void *)(uintptr_t)place;

    for (unsigned round = STATES; round < ROUNDS; round++) {
        int error = 0;
        if (round % STATES == STATE_PAGE) {
            error =
                mmap(start, 2 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != start;
            place[0] = place[size / sizeof(*place)] = round;
        } else if (round % STATES == STATE_READ_ONLY) {
            error = mprotect(start, 2 * size, PROT_READ);
        } else {
            error = munmap(start, 2 * size);
        }
        if (error != 0)
            show("change", error);
        next_state();
        wait_all();
    }
}

static void changes(void)
{
    pthread_t threads[READERS];

    round_now = STATES - 1; /* as `last` of each: nobody has looked at anything */
    for (unsigned i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, look, NULL);
    change();
    __atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    show("found what was no more, or not what was", (long)seen);
}

/* ---- fork, while others write ---- */

static volatile uint64_t *counters, *steps; /* a thread's own, in private memory; and in shared memory */

static void *count(void *arg)
{
    unsigned mine = (unsigned)(uintptr_t)arg;

    while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
        ++counters[mine];
        ++steps[mine];
    }
    return NULL;
}

/* The child's memory is a copy of one moment: it stands still while the parent's threads go on. */
static int stands_still(void)
{
    uint64_t before[READERS];
    int same = 1;

    for (unsigned i = 0; i < READERS; i++)
        before[i] = counters[i];
    for (unsigned i = 0; i < READERS; i++)
        for (uint64_t from = steps[i]; steps[i] < from + STEPS;)
            sched_yield();
    for (unsigned i = 0; i < READERS; i++)
        same &= counters[i] == before[i];
    return same;
}

static void forks(void)
{
    pthread_t threads[READERS];
    long wrong = 0;

    counters = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    steps = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ended = 0;
    for (uintptr_t i = 0; i < READERS; i++)
        pthread_create(&threads[i], NULL, count, (void *)i);
    for (unsigned n = 0; n < FORKS; n++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
            _exit(stands_still() ? 0 : 1);
        wrong += pid < 0 || waitpid(pid, &status, 0) != pid || status != 0;
    }
    __atomic_store_n(&ended, 1, __ATOMIC_RELEASE);
    for (unsigned i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    show("children whose memory moved", wrong);
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_fault};

    size = (size_t)page_size();
    place = mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGSEGV, &action, NULL);
    changes();
    forks();
    return 0;
}
