/* SPDX-License-Identifier: Apache-2.0 */
/* racewords.c - words that the kernel and programs on other CPUs change at the same time (FUTEX_WAKE_OP, PI and robust
 * locks), futexes and pipes between threads on CPUs of their own, and membarrier(2). */
#define _GNU_SOURCE
#include "family.h"
#include "futex.h"
#include "racers.h"

#define ROUNDS 90
#define ADDITIONS 2000
#define LOCKINGS 300
#define FENCES 150

static struct racers_cpus cpus;

static int cpu_of(int thread)
{
    return cpus.number[thread % cpus.count];
}

/* ---- FUTEX_WAKE_OP ---- */

static atomic_uint sum, nobody;
static atomic_int kernel_is_done, adder_runs;

static void *adder(void *arg)
{
    uint32_t *count = arg;

    racers_pin(0, cpu_of(1));
    atomic_store(&adder_runs, 1);
    while (!atomic_load(&kernel_is_done))
        for (int i = 0; i < 50; i++, ++*count)
            atomic_fetch_add(&sum, 1);
    return NULL;
}

static void wake_op(void)
{
    const uint32_t add_one = FUTEX_OP_ADD << 28 | FUTEX_OP_CMP_EQ << 24 | 1 << 12;
    uint32_t count = 0;
    pthread_t thread = racers_start(adder, &count);

    racers_pin(0, cpu_of(0));
    racers_wait(&adder_runs, 1);
    for (int i = 0; i < ADDITIONS; i++)
        if (futex(&nobody, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, number(0), &sum, add_one) < 0)
            puts("FUTEX_WAKE_OP fails");
    atomic_store(&kernel_is_done, 1);
    pthread_join(thread, NULL);
    show("the kernel's additions are there, the program's taken off", (long)(atomic_load(&sum) - count));
}

/* ---- locks ---- */

static atomic_uint lock;
static volatile int guarded;
static atomic_int strange;

static void pi_lock(uint32_t tid)
{
    uint32_t none = 0;

    if (!atomic_compare_exchange_strong(&lock, &none, tid) &&
        futex(&lock, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0) != 0)
        atomic_fetch_add(&strange, 1);
    if ((atomic_load(&lock) & FUTEX_TID_MASK) != tid)
        atomic_fetch_add(&strange, 1);
}

static void pi_unlock(uint32_t tid)
{
    if (!atomic_compare_exchange_strong(&lock, &tid, 0) &&
        futex(&lock, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG, 0, NULL, NULL, 0) != 0)
        atomic_fetch_add(&strange, 1);
}

static void *locker(void *arg)
{
    uint32_t tid = (uint32_t)syscall(SYS_gettid);

    racers_pin(0, cpu_of((int)(intptr_t)arg));
    for (int i = 0; i < LOCKINGS; i++) {
        pi_lock(tid);
        int value = guarded;
        racers_spin(20);
        guarded = value + 1;
        pi_unlock(tid);
    }
    return NULL;
}

static void pi_locks(void)
{
    pthread_t threads[CPUS_MAX];
    int count = racers_count(&cpus);

    for (int i = 0; i < count; i++)
        threads[i] = racers_start(locker, (void *)(intptr_t)i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    show_bool("each has had the PI lock each time", guarded == count * LOCKINGS);
    show("calls that failed, or locks that were another's", atomic_load(&strange));
    show("it is free at the end", (long)atomic_load(&lock));
}

/* Its owner ends while another says that it waits: whichever comes first, it is told. */
static pthread_mutex_t robust;

static void *owner(void *arg)
{
    racers_pin(0, cpu_of(1));
    pthread_mutex_lock(&robust);
    atomic_store((atomic_int *)arg, 1);
    return NULL;
}

static void robust_locks(void)
{
    pthread_mutexattr_t attr;
    int right = 0;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    for (int i = 0; i < ROUNDS / 3; i++) {
        atomic_int has = 0;
        pthread_mutex_init(&robust, &attr);
        pthread_t thread = racers_start(owner, &has);
        racers_wait(&has, 1);
        racers_spin((unsigned)i * 20);
        right += pthread_mutex_lock(&robust) == EOWNERDEAD && pthread_mutex_consistent(&robust) == 0 &&
                 pthread_mutex_unlock(&robust) == 0;
        pthread_join(thread, NULL);
    }
    show_bool("each heard that the owner had died", right == ROUNDS / 3);
}

/* ---- to and fro ---- */

static atomic_int turn;
static int to[2], fro[2];

static void futex_turn(int mine)
{
    int now;

    while ((now = atomic_load(&turn)) % 2 != mine)
        futex(&turn, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, (uint32_t)now, NULL, NULL, 0);
    atomic_fetch_add(&turn, 1);
    futex(&turn, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
}

static void *futex_player(void *arg)
{
    racers_pin(0, cpu_of((int)(intptr_t)arg));
    for (int i = 0; i < ROUNDS; i++)
        futex_turn((int)(intptr_t)arg);
    return NULL;
}

static void *pipe_player(void *arg)
{
    long mismatches = 0;
    unsigned char byte;

    racers_pin(0, cpu_of(1));
    for (int i = 0; i < ROUNDS; i++)
        mismatches += read(to[0], &byte, 1) != 1 || byte != (unsigned char)i || write(fro[1], &byte, 1) != 1;
    *(long *)arg = mismatches;
    return NULL;
}

static void to_and_fro(void)
{
    pthread_t threads[2];
    long mismatches = 0;
    unsigned char byte;

    for (int i = 0; i < 2; i++)
        threads[i] = racers_start(futex_player, (void *)(intptr_t)i);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    show("turns by futex", atomic_load(&turn));
    if (pipe(to) != 0 || pipe(fro) != 0)
        puts("no pipes");
    threads[0] = racers_start(pipe_player, &mismatches);
    for (int i = 0; i < ROUNDS; i++) {
        byte = (unsigned char)i;
        if (write(to[1], &byte, 1) != 1 || read(fro[0], &byte, 1) != 1 || byte != (unsigned char)i)
            puts("another byte");
    }
    pthread_join(threads[0], NULL);
    show("mismatches by pipe", mismatches);
}

/* ---- membarrier ---- */

enum { REGISTER_PRIVATE_EXPEDITED = 1 << 4, PRIVATE_EXPEDITED = 1 << 3 };

static atomic_int round_fast, round_slow, fast, slow, saw_slow[2];

/* Its store may be seen after its load, but for the other's call. */
static void *fast_side(void *arg)
{
    (void)arg;
    racers_pin(0, cpu_of(1));
    for (int i = 1; i <= FENCES; i++) {
        racers_wait(&round_slow, i);
        atomic_store_explicit(&fast, i, memory_order_relaxed);
        atomic_signal_fence(memory_order_seq_cst);
        saw_slow[0] = atomic_load_explicit(&slow, memory_order_relaxed);
        atomic_store(&round_fast, i);
    }
    return NULL;
}

static void barriers(void)
{
    int missed = 0;

    show("registered", syscall(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0));
    pthread_t thread = racers_start(fast_side, NULL);
    for (int i = 1; i <= FENCES; i++) {
        atomic_store(&round_slow, i);
        if (i % 3 == 0)
            racers_spin((unsigned)i % 60);
        atomic_store_explicit(&slow, i, memory_order_relaxed);
        if (syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0) != 0)
            puts("membarrier fails");
        int saw_fast = atomic_load_explicit(&fast, memory_order_relaxed);
        racers_wait(&round_fast, i);
        missed += saw_fast != i && atomic_load(&saw_slow[0]) != i;
    }
    pthread_join(thread, NULL);
    show("rounds in which neither saw the other", missed);
}

int main(void)
{
    cpu_set_t all;

    cpus = racers_cpus_get();
    sched_getaffinity(0, sizeof(all), &all);
    wake_op();
    sched_setaffinity(0, sizeof(all), &all);
    pi_locks();
    robust_locks();
    racers_pin(0, cpu_of(0));
    to_and_fro();
    barriers();
    return 0;
}
