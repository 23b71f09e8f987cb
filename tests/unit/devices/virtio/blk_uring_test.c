/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/blk_uring.c devices/virtio/blk_sync.c devices/virtio/iov.c
/* blk_uring_test.c - the engine by itself, on a pipe, so that the test says when an I/O can be complete. */
#include "devices/virtio/blk_engine.h"

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static int ends[2];
static atomic_uint done;

static void on_done(void *owner, struct blk_io *io, int error)
{
    (void)owner, (void)io;
    ck_assert_int_eq(error, 0);
    atomic_fetch_add(&done, 1);
}

static bool never(void *owner)
{
    (void)owner;
    return false;
}

static void *write_later(void *argument)
{
    const char *bytes = argument;

    usleep(20000);
    ck_assert_uint_eq(atomic_load(&done), 0);
    ck_assert_int_eq(write(ends[1], bytes, 4), 4);
    return NULL;
}

/* Draining waits for the last I/O too: its buffers are the guest's until then. */
START_TEST(drained_to_the_last)
{
    struct blk_engine *engine;
    char bytes[4];
    struct iovec iov = {bytes, sizeof(bytes)};
    struct blk_io io = {.op = BLK_OP_READ, .iov = &iov, .iov_count = 1, .missing = sizeof(bytes)};
    pthread_t thread;

    if (blk_uring_create(4, &engine) != 0)
        return; /* a host without io_uring: blk_test.c has what then holds */
    ck_assert_int_eq(pipe(ends), 0);
    engine->fd = ends[0];
    engine->done = on_done;
    engine->has_ended = never;
    engine->ops->start(engine, &io);
    ck_assert(engine->ops->submit(engine));
    ck_assert_int_eq(pthread_create(&thread, NULL, write_later, (void *)"late"), 0);
    engine->ops->drain(engine);
    ck_assert_uint_eq(atomic_load(&done), 1);
    ck_assert_mem_eq(bytes, "late", 4);
    pthread_join(thread, NULL);
    engine->ops->destroy(engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blk_uring");
    TCase *tc = tcase_create("engine");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, drained_to_the_last);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
