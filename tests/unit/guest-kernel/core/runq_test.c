/* SPDX-License-Identifier: Apache-2.0 */
/* runq_test.c - in which order threads come out of a queue. */
// sources: guest-kernel/core/runq.c guest-kernel/lib/tree.c
#include "placement_setup.h"

static struct run_queue queue;

static void begin(void)
{
    setup();
    memset(&queue, 0, sizeof(queue));
}

static void put(struct thread *thread)
{
    runq_insert(&queue, thread, false);
}

/* Who comes when all are looked at, then taken out; an index each. */
static void expect(const unsigned *order, unsigned count)
{
    struct thread *thread = runq_first(&queue);

    for (unsigned i = 0; i < count; i++, thread = runq_next(&queue, thread))
        ck_assert_ptr_eq(thread, &threads[order[i]]);
    ck_assert_ptr_null(thread);
    ck_assert_uint_eq(queue.ready, count);
    for (unsigned i = 0; i < count; i++) {
        ck_assert_ptr_eq(runq_first(&queue), &threads[order[i]]);
        ck_assert(threads[order[i]].sched.is_queued);
        runq_remove(&queue, &threads[order[i]]);
        ck_assert(!threads[order[i]].sched.is_queued);
    }
    ck_assert_ptr_null(runq_first(&queue));
    ck_assert_uint_eq(queue.ready, 0);
    ck_assert_uint_eq(queue.weight, 0);
    ck_assert_uint_eq(queue.real_time_set[0] | queue.real_time_set[1], 0);
}

START_TEST(ordinary_by_time)
{
    const unsigned order[] = {2, 0, 3, 1};

    put(with_vruntime(0, 20));
    put(with_vruntime(1, 30));
    put(with_vruntime(2, 10));
    put(with_vruntime(3, 20)); /* behind the one that has had as much */
    ck_assert_uint_eq(queue.weight, 4 * WEIGHT);
    expect(order, 4);
}
END_TEST

START_TEST(real_time_by_priority)
{
    const unsigned order[] = {4, 2, 5, 0, 1, 3, 6};

    put(real_time(0, 63));
    put(real_time(1, 63));
    put(real_time(2, 64));
    put(real_time(3, 1));
    put(real_time(4, 99));
    put(with_vruntime(6, 0));
    ck_assert_uint_eq(queue.weight, WEIGHT);
    runq_insert(&queue, real_time(5, 63), true); /* it had to make way */
    expect(order, 7);
}
END_TEST

START_TEST(lowest_and_highest)
{
    const unsigned order[] = {1, 0, 2};

    put(real_time(0, 0));
    put(real_time(1, RT_PRIORITIES - 1));
    put(with_vruntime(2, 0));
    expect(order, 3);
}
END_TEST

START_TEST(taken_out_of_the_middle)
{
    const unsigned order[] = {0, 2, 3, 5};

    put(real_time(0, 50));
    put(real_time(1, 50));
    put(real_time(2, 50));
    put(with_vruntime(3, 1));
    put(with_vruntime(4, 2));
    put(with_vruntime(5, 3));
    runq_remove(&queue, &threads[1]);
    runq_remove(&queue, &threads[4]);
    expect(order, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("runq");
    TCase *tcase = tcase_create("order");

    tcase_add_checked_fixture(tcase, begin, NULL);
    tcase_add_test(tcase, ordinary_by_time);
    tcase_add_test(tcase, real_time_by_priority);
    tcase_add_test(tcase, lowest_and_highest);
    tcase_add_test(tcase, taken_out_of_the_middle);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
