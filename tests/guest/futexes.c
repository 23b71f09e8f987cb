// SPDX-License-Identifier: Apache-2.0
/* futexes.c - futex(2) between threads: waiting, waking some, by bits, moving waiters, operating on a word, timeouts,
 * and what is refused. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <time.h>

#include "futex.h"
#include "show.h"

#define THREADS 6

struct waiter {
    pthread_t thread;
    uint32_t *word;
    uint32_t bitset;
    int flags;
    long result;
    int error;
    atomic_int done;
};

static void *wait_for_word(void *arg)
{
    struct waiter *waiter = arg;

    waiter->result = futex(waiter->word, FUTEX_WAIT_BITSET | waiter->flags, *waiter->word, NULL, NULL, waiter->bitset);
    waiter->error = errno;
    waiter->done = 1;
    return NULL;
}

/* The n-th waits only after those before it. */
static void waiters_start(struct waiter *waiters, int count, uint32_t *word, int flags)
{
    for (int i = 0; i < count; i++) {
        waiters[i] = (struct waiter){.word = word, .bitset = 1u << i, .flags = flags};
        if (pthread_create(&waiters[i].thread, NULL, wait_for_word, &waiters[i]) != 0)
            exit(1);
        until_waiting(word, flags, i + 1);
    }
}

/* Joins those that are said to be awake, and shows who that was. */
static void show_woken(const char *what, struct waiter *waiters, int count, unsigned woken)
{
    printf("%s:", what);
    for (int i = 0; i < count; i++) {
        if (!(woken & 1u << i)) {
            if (waiters[i].done != 0)
                printf(" (%d too)", i);
            continue;
        }
        pthread_join(waiters[i].thread, NULL);
        waiters[i].done = 0;
        printf(" %d %s", i, waiters[i].result == 0 ? "woken" : error_name(waiters[i].error));
    }
    printf("\n");
}

static uint32_t word, other;

static void wakes(int flags)
{
    struct waiter waiters[THREADS];

    waiters_start(waiters, THREADS, &word, flags);
    show("wake 1", futex(&word, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
    show_woken("the first", waiters, THREADS, 1);
    show("wake 0 wakes one", futex(&word, FUTEX_WAKE | flags, 0, NULL, NULL, 0));
    show_woken("the second", waiters, THREADS, 2);
    show("wake by bits 4 and 5", futex(&word, FUTEX_WAKE_BITSET | flags, 9, NULL, NULL, 0x30));
    show_woken("the last two", waiters, THREADS, 0x30);
    show("wake by bits of nobody", futex(&word, FUTEX_WAKE_BITSET | flags, 9, NULL, NULL, 0x40));
    show("wake the private way, or the other",
         futex(&word, FUTEX_WAKE | (flags ^ FUTEX_PRIVATE_FLAG), 9, NULL, NULL, 0));
    show("wake the rest", futex(&word, FUTEX_WAKE | flags, 9, NULL, NULL, 0));
    show_woken("the rest", waiters, THREADS, 0x0c);
    show("wake nobody", futex(&word, FUTEX_WAKE | flags, 9, NULL, NULL, 0));
}

static void moves(int flags)
{
    struct waiter waiters[THREADS];

    waiters_start(waiters, THREADS, &word, flags);
    show("compare, not equal", futex(&word, FUTEX_CMP_REQUEUE | flags, 1, number(2), &other, word + 1));
    show("wake 1, move 2", futex(&word, FUTEX_CMP_REQUEUE | flags, 1, number(2), &other, word));
    show_woken("the first", waiters, THREADS, 1);
    show("there", waiting(&other, flags));
    show("here", waiting(&word, flags));
    show("wake there", futex(&other, FUTEX_WAKE | flags, 1, NULL, NULL, 0));
    show_woken("the second", waiters, THREADS, 2);
    show("wake 0, move all", futex(&word, FUTEX_REQUEUE | flags, 0, number(100), &other, 0));
    show("wake none here", futex(&word, FUTEX_WAKE | flags, 9, NULL, NULL, 0));
    show("wake 2 of those moved", futex(&other, FUTEX_WAKE | flags, 2, NULL, NULL, 0));
    show_woken("in order", waiters, THREADS, 0x0c);
    show("and the rest", futex(&other, FUTEX_WAKE | flags, 2, NULL, NULL, 0));
    show_woken("in order", waiters, THREADS, 0x30);
    show("negative", futex(&word, FUTEX_REQUEUE | flags, 0, number(-1ul), &other, 0));
    show("negative", futex(&word, FUTEX_REQUEUE | flags, UINT32_MAX, number(1), &other, 0));
    show("no such other word", futex(&word, FUTEX_REQUEUE | flags, 0, number(1), number(2), 0));
}

static void operations(int flags)
{
    static const struct {
        const char *name;
        int op, operand, compare, compared;
    } cases[] = {
        {"set, equal", FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 5},
        {"add, not equal", FUTEX_OP_ADD, -6, FUTEX_OP_CMP_NE, 5},
        {"or, less", FUTEX_OP_OR, 2, FUTEX_OP_CMP_LT, 5},
        {"andn, less or equal", FUTEX_OP_ANDN, 1, FUTEX_OP_CMP_LE, 4},
        {"xor, greater", FUTEX_OP_XOR, 6, FUTEX_OP_CMP_GT, 5},
        {"add a shifted one, greater or equal", FUTEX_OP_ADD | FUTEX_OP_OPARG_SHIFT, 20, FUTEX_OP_CMP_GE, -1},
        {"no such operation", 5, 0, FUTEX_OP_CMP_EQ, 5},
        {"no such comparison", FUTEX_OP_SET, 9, 6, 5},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct waiter here[1], there[2];
        uint32_t code = (uint32_t)cases[i].op << 28 | (uint32_t)cases[i].compare << 24 |
                        ((uint32_t)cases[i].operand & 0xfff) << 12 | ((uint32_t)cases[i].compared & 0xfff);
        other = 5;
        waiters_start(here, 1, &word, flags);
        waiters_start(there, 2, &other, flags);
        show(cases[i].name, futex(&word, FUTEX_WAKE_OP | flags, 1, number(1), &other, code));
        printf("  the word: %d\n", (int)other);
        (void)futex(&word, FUTEX_WAKE | flags, 9, NULL, NULL, 0);
        (void)futex(&other, FUTEX_WAKE | flags, 9, NULL, NULL, 0);
        show_woken("  here", here, 1, 1);
        show_woken("  there", there, 2, 3);
    }
}

static void timeouts(void)
{
    struct timespec soon = {0, 20000000}, past = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0}, at, now;

    show("wait with another value", futex(&word, FUTEX_WAIT, word + 1, NULL, NULL, 0));
    show("wait for a while", futex(&word, FUTEX_WAIT, word, &soon, NULL, 0));
    show("wait until the past", futex(&word, FUTEX_WAIT_BITSET, word, &past, NULL, 1));
    for (int i = 0; i < 2; i++) {
        clock_gettime(i == 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &at);
        at.tv_nsec += soon.tv_nsec;
        if (at.tv_nsec >= 1000000000) {
            at.tv_sec++;
            at.tv_nsec -= 1000000000;
        }
        show("wait until then",
             futex(&word, FUTEX_WAIT_BITSET | (i == 0 ? 0 : FUTEX_CLOCK_REALTIME), word, &at, NULL, 1));
        clock_gettime(i == 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME, &now);
        show_bool("it is then", now.tv_sec > at.tv_sec || (now.tv_sec == at.tv_sec && now.tv_nsec >= at.tv_nsec));
    }
    show("a bad timeout", futex(&word, FUTEX_WAIT, word, &bad, NULL, 0));
    show("a negative timeout", futex(&word, FUTEX_WAIT, word, &negative, NULL, 0));
    show("a bad timeout and another value", futex(&word, FUTEX_WAIT, word + 1, &bad, NULL, 0));
    show("no timeout there", futex(&word, FUTEX_WAIT, word, number(8), NULL, 0));
    show("wake with what isn't a timeout", futex(&word, FUTEX_WAKE, 1, number(8), NULL, 0));
}

static void refusals(void)
{
    char *bytes = (char *)&word;

    show("not aligned", futex(bytes + 1, FUTEX_WAKE, 1, NULL, NULL, 0));
    show("wait, not aligned", futex(bytes + 2, FUTEX_WAIT, word, NULL, NULL, 0));
    show("wait for nothing", futex(number(64), FUTEX_WAIT, 0, NULL, NULL, 0));
    show("wait for nothing, private", futex(number(64), FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0));
    show("wake nothing", futex(number(64), FUTEX_WAKE, 1, NULL, NULL, 0));
    show("wake nothing, private", futex(number(64), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
    show("wake above", futex(number(-4096ul), FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
    show("no bits to wait for", futex(&word, FUTEX_WAIT_BITSET, word, NULL, NULL, 0));
    show("no bits to wake", futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    show("a clock for wait", futex(&word, FUTEX_WAIT | FUTEX_CLOCK_REALTIME, word + 1, NULL, NULL, 0));
    show("a clock for wake", futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0));
    show("no such operation", futex(&word, 14, 1, NULL, NULL, 0));
    show("no such operation", futex(&word, 2, 1, NULL, NULL, 0));
    show("no such flag", futex(&word, FUTEX_WAKE | 512, 1, NULL, NULL, 0));
}

/* Memory that can only be read: a file's pages may change, others never do. */
static void read_only(void)
{
    size_t size = (size_t)page_size();
    int fd = open("words", O_RDWR | O_CREAT, 0600);
    uint32_t *nobody = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint32_t *file, *shared;
    struct waiter waiters[2];

    if (fd < 0 || ftruncate(fd, (off_t)size) != 0)
        exit(1);
    file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    show("wait where nobody writes", futex(nobody, FUTEX_WAIT, 0, NULL, NULL, 0));
    show("the private way, another value", futex(nobody, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0));
    show("operate where nobody writes", futex(&word, FUTEX_WAKE_OP, 1, NULL, nobody, 0));
    show("operate there, private", futex(&word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, NULL, nobody, 0));
    show("another value of a file", futex(file, FUTEX_WAIT, 1, NULL, NULL, 0));
    waiters_start(waiters, 1, file, 0);
    waiters_start(waiters + 1, 1, shared + 1, 0);
    show("waiting at the other view", waiting(shared, 0));
    show("wake by the shared view", futex(shared, FUTEX_WAKE, 9, NULL, NULL, 0));
    show_woken("the reader", waiters, 2, 1);
    show("wake by the reader's", futex(file + 1, FUTEX_WAKE, 9, NULL, NULL, 0));
    show_woken("the other", waiters, 2, 2);
}

int main(int argc, char **argv)
{
    enter(argc, argv);
    wakes(FUTEX_PRIVATE_FLAG);
    wakes(0);
    moves(FUTEX_PRIVATE_FLAG);
    moves(0);
    operations(FUTEX_PRIVATE_FLAG);
    operations(0);
    timeouts();
    refusals();
    read_only();
    return 0;
}
