/* SPDX-License-Identifier: Apache-2.0 */
/* jitthreads.c - code that one thread writes and others execute, on whichever CPUs they are: over what they executed
 * before, and in pages that are new to them. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "isa.h"
#include "show.h"

#define PAGE (size_t)page_size()
#define EXECUTORS 3
#define ROUNDS 60
#define PAGES 4
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)

static const uint32_t return_42[] = ISA_CODE_RETURN(42u), return_43[] = ISA_CODE_RETURN(43u);

static char *code;
static atomic_int round_number, done;
static atomic_int right;

static int call(const void *at)
{
    int (*function)(void);

    memcpy(&function, &at, sizeof(function));
    return function();
}

/* What this thread has written is what any executes that hears of it. */
static void code_publish(void *at, size_t size)
{
#ifdef ISA_CODE_SYNC_CALL
    if (syscall(ISA_CODE_SYNC_CALL, at, (char *)at + size, 0) != 0)
        puts("the call that publishes code fails");
#else
    isa_code_sync(at, size);
#endif
}

/* What others have published is executed from now on; where a call does that for all, nothing. */
static void code_take(void *at, size_t size)
{
#ifdef ISA_CODE_SYNC_CALL
    (void)at, (void)size;
#else
    isa_code_sync(at, size);
#endif
}

static void wait_for(atomic_int *counter, int value)
{
    while (atomic_load(counter) < value)
        sched_yield();
}

static char *place_of(int n)
{
    return code + (size_t)(n % PAGES) * PAGE;
}

static void *execute(void *arg)
{
    for (int n = 1; n <= ROUNDS; n++) {
        wait_for(&round_number, n);
        code_take(place_of(n), sizeof(return_42));
        if (call(place_of(n)) == (n / PAGES % 2 != 0 ? 43 : 42))
            atomic_fetch_add(&right, 1);
        atomic_fetch_add(&done, 1);
    }
    return arg;
}

/* Makes page `n` of the code, by what `way` says: in the page that is there, in a new one, or in one whose right to be
 * executed comes afterwards. */
static void page_write(int n, int way)
{
    char *at = place_of(n);

    if (way == 1)
        mmap(at, PAGE, RWX, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (way == 2)
        mmap(at, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memcpy(at, n / PAGES % 2 != 0 ? return_43 : return_42, sizeof(return_42));
    if (way == 2)
        mprotect(at, PAGE, PROT_READ | PROT_EXEC);
    code_publish(at, sizeof(return_42));
}

static void run(const char *what, int way)
{
    pthread_t thread[EXECUTORS];

    code = mmap(NULL, PAGES * PAGE, RWX, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    atomic_store(&round_number, 0);
    atomic_store(&done, 0);
    atomic_store(&right, 0);
    for (int i = 0; i < EXECUTORS; i++)
        pthread_create(&thread[i], NULL, execute, NULL);
    for (int n = 1; n <= ROUNDS; n++) {
        page_write(n, way);
        atomic_store(&round_number, n);
        wait_for(&done, n * EXECUTORS);
    }
    for (int i = 0; i < EXECUTORS; i++)
        pthread_join(thread[i], NULL);
    printf("%s: %d of %d calls executed what was written\n", what, atomic_load(&right), ROUNDS * EXECUTORS);
    munmap(code, PAGES * PAGE);
}

int main(void)
{
    run("in place", 0);
    run("in new pages", 1);
    run("in new pages, made executable afterwards", 2);
    return 0;
}
