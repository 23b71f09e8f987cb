/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codethreads.c - code that one thread writes and others run: anew at the same place, when they wait for it, and in
 * pages that take each other's place while they run it. Nobody runs what is older than what it was told of.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

#include "isa.h"
#include "show.h"

enum { READERS = 3, GENERATIONS = 40 };

static uint32_t *code;      /* a page: a function that returns the generation */
static unsigned told, made; /* what is surely there, what may be */
static unsigned ran[READERS], wrong[READERS];

static unsigned get(const unsigned *of)
{
    return __atomic_load_n(of, __ATOMIC_SEQ_CST);
}

static void set(unsigned *to, unsigned value)
{
    __atomic_store_n(to, value, __ATOMIC_SEQ_CST);
}

static void write_code(uint32_t *at, unsigned generation)
{
    const uint32_t words[] = ISA_CODE_RETURN(generation);

    memcpy(at, words, sizeof(words));
    isa_code_sync(at, sizeof(words));
}

static unsigned run_code(void)
{
    int (*function)(void);

    isa_code_sync(code, 8); /* where each CPU has to */
    memcpy(&function, &code, sizeof(function));
    return (unsigned)function();
}

static void wait_for_readers(unsigned generation)
{
    for (unsigned i = 0; i < READERS; i++)
        while (get(&ran[i]) < generation)
            sched_yield();
}

/* ---- written anew while nobody runs it ---- */

static void *read_in_turn(void *arg)
{
    const unsigned self = *(unsigned *)arg;

    for (unsigned generation = 1; generation <= GENERATIONS; generation++) {
        while (get(&told) != generation)
            sched_yield();
        wrong[self] += run_code() != generation;
        set(&ran[self], generation);
    }
    return NULL;
}

static void rewrite(void)
{
    for (unsigned generation = 1; generation <= GENERATIONS; generation++) {
        write_code(code, generation);
        set(&told, generation);
        wait_for_readers(generation);
    }
}

/* ---- pages that take each other's place ---- */

static void *read_always(void *arg)
{
    const unsigned self = *(unsigned *)arg;
    unsigned least;

    do {
        least = get(&told);
        unsigned got = run_code();
        wrong[self] += got < least || got > get(&made);
        set(&ran[self], least);
        if (got % 2 == 0) /* or it goes on until another takes its CPU */
            sched_yield();
    } while (least < GENERATIONS);
    return NULL;
}

static void replace(void)
{
    for (unsigned generation = 1; generation <= GENERATIONS; generation++) {
        uint32_t *fresh =
            mmap(NULL, page_size(), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (fresh == MAP_FAILED)
            exit(1);
        write_code(fresh, generation);
        set(&made, generation);
        if (mremap(fresh, page_size(), page_size(), MREMAP_MAYMOVE | MREMAP_FIXED, code) != code)
            exit(2);
        set(&told, generation);
        wait_for_readers(generation);
    }
}

static void round_of(const char *what, void *(*reader)(void *), void (*writer)(void))
{
    static unsigned number[READERS];
    pthread_t threads[READERS];
    unsigned sum = 0;

    told = made = 0;
    memset(ran, 0, sizeof(ran));
    memset(wrong, 0, sizeof(wrong));
    write_code(code, 0);
    for (unsigned i = 0; i < READERS; i++) {
        number[i] = i;
        if (pthread_create(&threads[i], NULL, reader, &number[i]) != 0)
            exit(3);
    }
    writer();
    for (unsigned i = 0; i < READERS; i++) {
        pthread_join(threads[i], NULL);
        sum += wrong[i];
    }
    printf("%s: %u wrong\n", what, sum);
}

int main(void)
{
    code = mmap(NULL, page_size(), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 4;
    round_of("written anew", read_in_turn, rewrite);
    round_of("in another page", read_always, replace);
    return 0;
}
