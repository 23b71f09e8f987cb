/* SPDX-License-Identifier: Apache-2.0 */
// sources: vmm/loop.c vmm/process.c vmm/log.c devices/irqline.c vmm/sandbox/*.c vmm/syscall_names.c
/* loop_test.c - the event loop: stopping, removal of a watch whose event is under way, other threads. */
#include "vmm/loop.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/irqline.h"

struct party {
    struct loop *loop;
    struct loop_watch watch;
    struct party *other;
    unsigned calls;
    bool removes, stops;
};

static void on_party(void *owner, uint32_t events)
{
    struct party *party = owner;

    ck_assert(events & EPOLLIN);
    party->calls++;
    if (party->removes) {
        loop_remove(party->loop, &party->other->watch);
        loop_remove(party->loop, &party->watch);
    }
    if (party->stops)
        loop_stop(party->loop);
}

static void party_init(struct party *party, struct loop *loop, struct party *other)
{
    *party = (struct party){.loop = loop, .other = other};
    party->watch = (struct loop_watch){.fd = eventfd(1, 0), .ready = on_party, .owner = party};
    ck_assert_int_eq(loop_add(loop, &party->watch, EPOLLIN), 0);
}

START_TEST(a_removed_watch_is_not_called)
{
    struct party a, b, last;
    struct loop *loop;

    ck_assert_int_eq(loop_create(&loop), 0);
    party_init(&a, loop, &b);
    party_init(&b, loop, &a);
    party_init(&last, loop, NULL);
    /* Both are ready in the same batch; whichever comes first takes the other out. */
    a.removes = b.removes = true;
    last.stops = true;
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_uint_eq(a.calls + b.calls, 1);
    ck_assert_uint_eq(last.calls, 1);
    loop_destroy(loop);
    close(a.watch.fd);
    close(b.watch.fd);
    close(last.watch.fd);
}
END_TEST

START_TEST(a_stop_before_the_run_counts)
{
    struct loop *loop;

    ck_assert_int_eq(loop_create(&loop), 0);
    loop_stop(loop);
    loop_stop(loop);
    ck_assert_int_eq(loop_run(loop), 0);
    loop_destroy(loop);
    loop_destroy(NULL);
}
END_TEST

START_TEST(ordinary_files_are_refused)
{
    char name[] = "/tmp/loop_test.XXXXXX";
    struct loop *loop;
    struct loop_watch watch = {.fd = mkstemp(name)};

    ck_assert_int_eq(loop_create(&loop), 0);
    unlink(name);
    ck_assert_int_eq(loop_add(loop, &watch, EPOLLIN), -EPERM);
    close(watch.fd);
    ck_assert_int_eq(loop_add(loop, &watch, EPOLLIN), -EBADF);
    loop_destroy(loop);
}
END_TEST

static void *run_loop(void *loop)
{
    return (void *)(intptr_t)loop_run(loop);
}

START_TEST(other_threads_add_and_stop)
{
    struct loop *loop;
    struct party party;
    struct irqline line = {0};
    pthread_t thread;
    void *rc;

    ck_assert_int_eq(loop_create(&loop), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_loop, loop), 0);
    party = (struct party){.loop = loop, .stops = true};
    party.watch = (struct loop_watch){.fd = eventfd(0, 0), .ready = on_party, .owner = &party};
    ck_assert_int_eq(loop_add(loop, &party.watch, EPOLLIN), 0);
    line.fd = party.watch.fd;
    irqline_raise(&line);
    ck_assert_int_eq(pthread_join(thread, &rc), 0);
    ck_assert_ptr_null(rc);
    ck_assert_uint_eq(party.calls, 1);
    line.fd = -1;
    irqline_raise(&line);
    loop_destroy(loop);
    close(party.watch.fd);
}
END_TEST

struct job {
    struct loop *loop;
    struct loop_task task;
    struct job *cancels;
    unsigned runs, again; /* how often it was run, and is still to post itself */
    bool stops;
};

static void on_job(void *owner)
{
    struct job *job = owner;

    job->runs++;
    if (job->cancels != NULL)
        loop_cancel(job->loop, &job->cancels->task);
    if (job->again > 0) {
        job->again--;
        ck_assert_int_eq(loop_post(job->loop, &job->task), 0);
    } else if (job->stops) {
        loop_stop(job->loop);
    }
}

static void job_init(struct job *job, struct loop *loop)
{
    *job = (struct job){.loop = loop, .task = {.run = on_job, .owner = job}};
}

/* A task that always has more to do doesn't keep a watch from being called. */
START_TEST(tasks_take_turns_with_watches)
{
    struct loop *loop;
    struct party party;
    struct job job;

    ck_assert_int_eq(loop_create(&loop), 0);
    job_init(&job, loop);
    job.again = UINT32_MAX;
    ck_assert_int_eq(loop_post(loop, &job.task), 0);
    ck_assert_int_eq(loop_post(loop, &job.task), 0); /* no more than once */
    party_init(&party, loop, NULL);
    party.stops = true;
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_uint_eq(party.calls, 1);
    ck_assert_uint_le(job.runs, 2);
    loop_cancel(loop, &job.task);
    loop_destroy(loop);
    close(party.watch.fd);
}
END_TEST

START_TEST(a_cancelled_task_is_not_run)
{
    struct loop *loop;
    struct job a, b, waiting, last;

    ck_assert_int_eq(loop_create(&loop), 0);
    job_init(&a, loop);
    job_init(&b, loop);
    job_init(&waiting, loop);
    job_init(&last, loop);
    a.cancels = &b; /* in the same turn */
    last.stops = true;
    ck_assert_int_eq(loop_post(loop, &a.task), 0);
    ck_assert_int_eq(loop_post(loop, &b.task), 0);
    ck_assert_int_eq(loop_post(loop, &waiting.task), 0);
    loop_cancel(loop, &waiting.task); /* the last of the list */
    ck_assert_int_eq(loop_post(loop, &last.task), 0);
    ck_assert_int_eq(loop_run(loop), 0);
    ck_assert_uint_eq(a.runs, 1);
    ck_assert_uint_eq(b.runs, 0);
    ck_assert_uint_eq(waiting.runs, 0);
    ck_assert_uint_eq(last.runs, 1);
    loop_destroy(loop);
}
END_TEST

START_TEST(a_task_from_another_thread)
{
    struct loop *loop;
    struct job job;
    pthread_t thread;
    void *rc;

    ck_assert_int_eq(loop_create(&loop), 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, run_loop, loop), 0);
    job_init(&job, loop);
    job.again = 100;
    job.stops = true;
    ck_assert_int_eq(loop_post(loop, &job.task), 0);
    ck_assert_int_eq(pthread_join(thread, &rc), 0);
    ck_assert_uint_eq(job.runs, 101);
    loop_destroy(loop);
}
END_TEST

/* loop_start makes a thread with the first watch, wherever that comes from, and loop_finish ends it. */
START_TEST(a_thread_of_its_own)
{
    struct loop *loop;
    struct party party;

    ck_assert_int_eq(loop_create(&loop), 0);
    if (_i == 0)
        ck_assert_int_eq(loop_start(loop), 0);
    party_init(&party, loop, NULL);
    party.stops = true;
    if (_i == 1)
        ck_assert_int_eq(loop_start(loop), 0);
    while (__atomic_load_n(&party.calls, __ATOMIC_ACQUIRE) == 0)
        usleep(1000);
    loop_finish(loop);
    loop_finish(loop);
    loop_destroy(loop);
    close(party.watch.fd);
}
END_TEST

START_TEST(no_watch_no_thread)
{
    struct loop *loop;

    ck_assert_int_eq(loop_create(&loop), 0);
    ck_assert_int_eq(loop_start(loop), 0);
    loop_finish(loop);
    loop_destroy(loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vmm/loop");
    TCase *tc = tcase_create("loop");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, a_removed_watch_is_not_called);
    tcase_add_test(tc, a_stop_before_the_run_counts);
    tcase_add_test(tc, ordinary_files_are_refused);
    tcase_add_test(tc, other_threads_add_and_stop);
    tcase_add_test(tc, tasks_take_turns_with_watches);
    tcase_add_test(tc, a_cancelled_task_is_not_run);
    tcase_add_test(tc, a_task_from_another_thread);
    tcase_add_loop_test(tc, a_thread_of_its_own, 0, 2);
    tcase_add_test(tc, no_watch_no_thread);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
