/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector_threads.c - two processes with two threads each keep vector registers, rounding and thread pointer of their
 * own while they take turns, by sched_yield and against their will. A child has its parent's registers at first.
 */
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "isa.h"
#include "show.h"

/* On a busy machine each yield may cost the slices of all others: so no more of them. */
enum { WORKERS = 4, YIELDS = 500, YIELDS_AT_ONCE = 5, TURNS = 8 };

static volatile double one = 1, three = 3;
static unsigned count, width;
static __thread unsigned own; /* by the thread pointer */

static struct shared { /* by both processes */
    volatile unsigned arrived, turn;
    unsigned wrong[WORKERS];
} *shared;

static void fill(struct isa_registers *registers, unsigned worker)
{
    for (unsigned r = 0; r < ISA_REGISTERS; r++)
        for (unsigned i = 0; i < ISA_WIDTH; i++)
            registers->bytes[r][i] = (uint8_t)(worker * 64 + r * 5 + i);
}

static int differ(const struct isa_registers *a, const struct isa_registers *b)
{
    int different = 0;

    for (unsigned r = 0; r < count; r++)
        different |= memcmp(a->bytes[r], b->bytes[r], width) != 0;
    return different;
}

/* Between the load and the store there is no code that could use a vector register. */
static __attribute__((noinline)) void yield_with(const struct isa_registers *mine, struct isa_registers *after)
{
    isa_load(mine);
    for (unsigned i = 0; i < YIELDS_AT_ONCE; i++)
        isa_syscall(SYS_sched_yield, 0, 0);
    isa_store(after);
}

static __attribute__((noinline)) void wait_with(const struct isa_registers *mine, struct isa_registers *after,
                                                unsigned turn)
{
    isa_load(mine);
    while (shared->turn != turn) {
    }
    isa_store(after);
}

/* Computed here and now, whatever the compiler would rather do. */
static double third(int mode)
{
    volatile double result;

    fesetround(mode);
    result = one / three;
    return result;
}

static void *work(void *arg)
{
    static const int modes[WORKERS] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
    unsigned worker = (unsigned)(uintptr_t)arg, wrong = 0;
    struct isa_registers mine, after;
    double expected = third(modes[worker]);

    own = worker;
    fill(&mine, worker);
    __atomic_fetch_add(&shared->arrived, 1, __ATOMIC_SEQ_CST);
    while (shared->arrived < WORKERS)
        sched_yield();
    for (unsigned i = 0; i < YIELDS / YIELDS_AT_ONCE; i++) {
        memset(&after, 0, sizeof(after));
        yield_with(&mine, &after);
        wrong += differ(&mine, &after) || one / three != expected || own != worker;
    }
    for (unsigned i = 0; i < TURNS; i++) {
        memset(&after, 0, sizeof(after));
        wait_with(&mine, &after, i * WORKERS + worker);
        wrong += differ(&mine, &after) || one / three != expected || own != worker;
        shared->turn++;
    }
    shared->wrong[worker] = wrong;
    return NULL;
}

static void work_by_two(unsigned first)
{
    pthread_t other;

    if (pthread_create(&other, NULL, work, (void *)(uintptr_t)(first + 1)) != 0) {
        printf("no thread\n");
        exit(1);
    }
    work((void *)(uintptr_t)first);
    pthread_join(other, NULL);
}

/* The child leaves without a word of C's library, as its registers are the parent's. */
static __attribute__((noinline)) long fork_with(const struct isa_registers *mine, struct isa_registers *after)
{
    long pid;

    isa_load(mine);
#ifdef SYS_fork
    pid = isa_syscall(SYS_fork, 0, 0);
#else
    pid = isa_syscall(SYS_clone, 17 /* SIGCHLD */, 0);
#endif
    isa_store(after);
    return pid;
}

int main(void)
{
    static struct isa_registers mine, after;
    int status;
    long pid;

    isa_registers(&count, &width);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return 1;
    fill(&mine, 5);
    double upward = third(FE_UPWARD);

    pid = fork_with(&mine, &after);
    if (pid == 0) {
        int inherited = !differ(&mine, &after) && one / three == upward;
        work_by_two(2);
        _exit(inherited ? 7 : 8);
    }
    show_bool("a parent's registers are its own", !differ(&mine, &after) && one / three == upward);
    work_by_two(0);
    show_bool("the child ends", waitpid((pid_t)pid, &status, 0) == pid && WIFEXITED(status));
    show("with its parent's registers at first (7)", WEXITSTATUS(status));
    for (unsigned i = 0; i < WORKERS; i++)
        show("found other registers", (long)shared->wrong[i]);
    return 0;
}
