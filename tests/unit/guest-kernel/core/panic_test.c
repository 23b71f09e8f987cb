/* SPDX-License-Identifier: Apache-2.0 */
/* panic_test.c - of CPUs that panic at once one tells why; and one that can't even tell doesn't try again and again. */
// sources: guest-kernel/core/log.c guest-kernel/lib/printf.c
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "arch/arch.h"
#include "core/log.h"
#include "core/log_ring.h"
#include "core/thread.h"
#include "suite_run.h"

#define CPUS 8u

static struct thread threads[CPUS];
static _Thread_local struct thread *current;
static char said[4096];
static atomic_uint said_size, off, parked, here;
static bool faults;

struct thread *arch_current(void)
{
    return current;
}

void log_ring_put(uint32_t priority, const char *text, size_t size)
{
    (void)priority, (void)text, (void)size;
}

void arch_serial_write(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        said[atomic_fetch_add(&said_size, 1)] = bytes[i];
    if (faults) /* as an arch's trap_in_kernel */
        pthread_exit((void *)(panic_claim() ? NULL : "again"));
}

void arch_power_off(void)
{
    atomic_fetch_add(&off, 1);
    pthread_exit(NULL);
}

void arch_cpu_park(void)
{
    atomic_fetch_add(&parked, 1);
    pthread_exit(NULL);
}

static void *panics(void *arg)
{
    current = arg;
    atomic_fetch_add(&here, 1);
    while (current != NULL && atomic_load(&here) < CPUS)
        ;
    if (current == &threads[1])
        (void)panic_claim(); /* as a fault does, which then panics */
    panic("something is wrong");
}

START_TEST(one_tells)
{
    pthread_t cpu[CPUS];

    for (unsigned i = 0; i < CPUS; i++)
        ck_assert_int_eq(pthread_create(&cpu[i], NULL, panics, &threads[i]), 0);
    for (unsigned i = 0; i < CPUS; i++)
        pthread_join(cpu[i], NULL);
    ck_assert_str_eq(said, "kernel panic: something is wrong\n");
    ck_assert_uint_eq(off, 1);
    ck_assert_uint_eq(parked, CPUS - 1);
}
END_TEST

/* With a thread, and before there is one. */
START_TEST(no_second_time)
{
    pthread_t cpu;
    void *result;

    faults = true;
    ck_assert_int_eq(pthread_create(&cpu, NULL, panics, _i == 0 ? NULL : &threads[0]), 0);
    atomic_store(&here, CPUS);
    pthread_join(cpu, &result);
    ck_assert_str_eq(result, "again");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core/panic");
    TCase *tcase = tcase_create("panic");

    tcase_add_test(tcase, one_tells);
    tcase_add_loop_test(tcase, no_second_time, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
