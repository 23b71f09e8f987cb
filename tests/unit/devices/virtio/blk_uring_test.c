/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/blk_uring.c devices/virtio/blk_sync.c devices/virtio/iov.c vmm/disk/*.c vmm/file_io.c
/* blk_uring_test.c - the engine by itself, on a pipe, so that the test says when an I/O can be complete. */
#include "devices/virtio/blk_engine.h"

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/disk/cow.h"

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
    struct disk_image pipe_image = {0};
    pthread_t thread;

    if (blk_uring_create(4, &engine) != 0)
        return; /* a host without io_uring: blk_test.c has what then holds */
    ck_assert_int_eq(pipe(ends), 0);
    pipe_image.fd = ends[0];
    engine->image = &pipe_image;
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

static int result;

static void on_result(void *owner, struct blk_io *io, int error)
{
    (void)owner, (void)io;
    result = error;
    atomic_fetch_add(&done, 1);
}

static bool always(void *owner)
{
    (void)owner;
    return true;
}

/* Zeroes that have to be stable are written in many steps, of which none is begun once the VM has ended. */
START_TEST(no_further_step_at_the_end)
{
    struct blk_engine *engine;
    struct blk_io io = {.op = BLK_OP_ZERO, .missing = 1u << 20, .rw_flags = RWF_DSYNC};
    struct disk_image whole = {.fd = memfd_create("disk", 0)};

    if (blk_uring_create(4, &engine) != 0)
        return;
    ck_assert_int_eq(ftruncate(whole.fd, 1 << 20), 0);
    engine->image = &whole;
    engine->done = on_result;
    engine->has_ended = always;
    engine->ops->start(engine, &io);
    engine->ops->drain(engine);
    ck_assert_uint_eq(atomic_load(&done), 1);
    ck_assert_int_eq(result, -ECANCELED);
    ck_assert_uint_gt(io.missing, 1u << 19);
    engine->ops->destroy(engine);
    close(whole.fd);
}
END_TEST

/* ---- a disk whose changes are kept ---- */

#define DEPTH 64u
#define SECTORS 4096u
#define BYTES (SECTORS * COW_SECTOR)
#define BUFFERS 3u

struct request {
    struct blk_io io; /* first */
    struct iovec iov[BUFFERS];
    uint8_t *bytes;
    unsigned first, count;
    bool is_done;
    unsigned turn; /* among those that are done */
};

static unsigned turns;
static struct disk_image image;
static int changes;
static uint8_t *model;
static struct request requests[DEPTH];

static void load(void)
{
    const struct cow_base base = {.size_bytes = BYTES};
    char why[400];

    ck_assert_int_eq(cow_load(dup(changes), &base, &image.cow, why, sizeof(why)), 0);
}

static void on_request_done(void *owner, struct blk_io *io, int error)
{
    (void)owner;
    ck_assert_int_eq(error, 0);
    ((struct request *)io)->is_done = true;
    ((struct request *)io)->turn = turns++;
}

/* Its part of the disk is no other's: between DEPTH places each has its own. */
static void start_request(struct blk_engine *engine, unsigned index, enum blk_op op)
{
    struct request *request = &requests[index];
    unsigned room = SECTORS / DEPTH;

    memset(request, 0, sizeof(*request));
    request->first = index * room + (unsigned)rand() % room;
    request->count = op == BLK_OP_FLUSH ? 0 : 1 + (unsigned)rand() % (room - request->first % room);
    size_t size = (size_t)request->count * COW_SECTOR;
    request->bytes = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        request->bytes[i] = (uint8_t)rand();
    if (op == BLK_OP_WRITE)
        memcpy(model + (size_t)request->first * COW_SECTOR, request->bytes, size);
    request->iov[0] = (struct iovec){request->bytes, size / 3};
    request->iov[1] = (struct iovec){request->bytes + size / 3, size / 2 - size / 3};
    request->iov[2] = (struct iovec){request->bytes + size / 2, size - size / 2};
    request->io = (struct blk_io){.op = op,
                                  .iov = request->iov,
                                  .iov_count = BUFFERS,
                                  .offset = (uint64_t)request->first * COW_SECTOR,
                                  .missing = size};
    engine->ops->start(engine, &request->io);
}

static void finish_request(unsigned index)
{
    struct request *request = &requests[index];

    ck_assert(request->is_done);
    if (request->io.op == BLK_OP_READ)
        ck_assert_mem_eq(request->bytes, model + (size_t)request->first * COW_SECTOR,
                         (size_t)request->count * COW_SECTOR);
    free(request->bytes);
}

static void expect_model(void)
{
    uint8_t sector[COW_SECTOR];

    for (unsigned i = 0; i < SECTORS; i++) {
        ck_assert_int_eq(disk_image_read(&image, sector, COW_SECTOR, (uint64_t)i * COW_SECTOR), COW_SECTOR);
        ck_assert_mem_eq(sector, model + (size_t)i * COW_SECTOR, COW_SECTOR);
    }
}

static bool start_kept(struct blk_engine **out)
{
    srand(3);
    model = calloc(1, BYTES);
    changes = memfd_create("changes", 0);
    image.fd = memfd_create("base", 0);
    for (unsigned i = 0; i < BYTES; i++)
        model[i] = (uint8_t)(i / COW_SECTOR + i);
    ck_assert_int_eq(write(image.fd, model, BYTES), BYTES);
    load();
    if (blk_uring_create(DEPTH, out) != 0)
        return false;
    (*out)->image = &image;
    (*out)->done = on_request_done;
    (*out)->has_ended = never;
    return true;
}

/* A write that the host does during a flush is told of after it, and is in no map that the flush makes stable. */
START_TEST(writes_wait_for_a_flush)
{
    struct blk_engine *engine;

    if (!start_kept(&engine))
        return;
    for (unsigned round = 0; round < 20; round++) {
        start_request(engine, 0, BLK_OP_WRITE);
        engine->ops->drain(engine);
        finish_request(0);
        start_request(engine, 0, BLK_OP_FLUSH);
        ck_assert(engine->ops->submit(engine));
        for (unsigned i = 1; i < 5; i++)
            start_request(engine, i, i == 4 ? BLK_OP_FLUSH : BLK_OP_WRITE);
        ck_assert(engine->ops->submit(engine));
        engine->ops->drain(engine);
        for (unsigned i = 0; i < 5; i++) {
            ck_assert_uint_ge(requests[i].turn, requests[0].turn);
            finish_request(i);
        }
    }
    engine->ops->destroy(engine);
    expect_model();
    cow_destroy(image.cow);
    free(model);
    close(image.fd);
    close(changes);
}
END_TEST

/* Reads in pieces, writes, and flushes with both of them under way. */
START_TEST(changes_are_kept)
{
    struct blk_engine *engine;

    if (!start_kept(&engine))
        return;
    for (unsigned round = 0; round < 60; round++) {
        for (unsigned i = 0; i < DEPTH; i++) {
            start_request(engine, i, rand() % 8 == 0 ? BLK_OP_FLUSH : rand() % 2 == 0 ? BLK_OP_READ : BLK_OP_WRITE);
            if (rand() % 16 == 0)
                ck_assert(engine->ops->submit(engine));
        }
        ck_assert(engine->ops->submit(engine));
        engine->ops->drain(engine);
        for (unsigned i = 0; i < DEPTH; i++)
            finish_request(i);
    }
    start_request(engine, 0, BLK_OP_FLUSH);
    engine->ops->drain(engine);
    finish_request(0);
    expect_model();
    engine->ops->destroy(engine);
    cow_destroy(image.cow);
    ck_assert_int_eq(pwrite(changes, "another boot....", COW_BOOT_BYTES, COW_BOOT_AT), COW_BOOT_BYTES);
    load(); /* what was flushed outlives the host's crash */
    expect_model();
    cow_destroy(image.cow);
    free(model);
    close(image.fd);
    close(changes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blk_uring");
    TCase *tc = tcase_create("engine");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, drained_to_the_last);
    tcase_add_test(tc, no_further_step_at_the_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, changes_are_kept);
    tcase_add_test(tc, writes_wait_for_a_flush);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
