/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/[bim]*.c devices/virtio/queue.c devices/irqline.c vmm/file_process.c vmm/disk/*.c
// vmm/file_io.c vmm/log.c vmm/kvm/mem.c vmm/loop.c vmm/process.c vmm/sandbox/*.c vmm/syscall_names.c
/* blk_test.c - the disk: good and hostile requests, at once and through io_uring. */
#include <asm/unistd.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tests/unit/devices/virtio/blk_driver.h"

START_TEST(configuration)
{
    uint64_t capacity = 0;

    start(true, 0);
    reg_set(&d, 0x14, 0);
    ck_assert_uint_eq(reg_get(&d, 0x10) & 0xffff, 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 9);
    d.dev->ops->io.read(d.dev, 0x100, &capacity, 8);
    ck_assert_uint_eq(capacity, DISK_BYTES / 512);
    ck_assert_uint_eq(reg_get(&d, 0x10c), 126);
    ck_assert_uint_eq(reg_get(&d, 0x114), 512);
    ck_assert_uint_eq(reg_get(&d, 0x08), 2);
    stop();
}
END_TEST

START_TEST(reads_and_writes)
{
    char out[1024], in[1024];
    int64_t used;

    start(false, 0);
    memset(out, 'x', sizeof(out));
    mem_write(&d.mem, BUFFER, out, sizeof(out));
    ck_assert_uint_eq(request(OUT, 126, 1024, &used), OK);
    ck_assert_int_eq(used, 1);
    ck_assert(driver_interrupted(&d));
    ck_assert_int_eq(pread(disk_fd, in, 1024, 126 * 512), 1024);
    ck_assert_mem_eq(in, out, 1024);
    ck_assert_uint_eq(request(FLUSH, 0, 0, &used), OK);

    memset(mem_at(&d.mem, BUFFER, 1024), 0, 1024);
    ck_assert_uint_eq(request(IN, 126, 1024, &used), OK);
    ck_assert_int_eq(used, 1025);
    ck_assert_mem_eq(mem_at(&d.mem, BUFFER, 1024), out, 1024);
    stop();
}
END_TEST

static const struct {
    uint32_t type;
    uint64_t sector;
    uint32_t size;
    uint8_t status;
} odd_requests[] = {
    {IN, 128, 512, IOERR},
    {IN, 127, 1024, IOERR},
    {IN, UINT64_MAX, 512, IOERR},
    {OUT, UINT64_MAX / 512 + 1, 512, IOERR}, /* would be byte 0 */
    {OUT, UINT64_MAX, 1024, IOERR},
    {IN, 0, 511, IOERR},
    {OUT, 0, 513, IOERR},
    {OUT, 0, DISK_BYTES + 512, IOERR},
    {IN, 128, 0, OK},
    {DISCARD, 0, 16, UNSUPP},
    {0xffffffff, 0, 0, UNSUPP},
};

START_TEST(odd_request)
{
    start(false, 0);
    ck_assert_uint_eq(request(odd_requests[_i].type, odd_requests[_i].sector, odd_requests[_i].size, NULL),
                      odd_requests[_i].status);
    ck_assert_uint_eq(reg_get(&d, 0x70), 15);
    ck_assert_uint_eq(request(IN, 0, 512, NULL), OK);
    stop();
}
END_TEST

START_TEST(read_only)
{
    start(true, 0);
    ck_assert_uint_eq(request(OUT, 0, 512, NULL), IOERR);
    ck_assert_uint_eq(request(IN, 0, 512, NULL), OK);
    stop();
}
END_TEST

START_TEST(an_image_that_got_shorter)
{
    start(false, 0);
    ck_assert_int_eq(ftruncate(disk_fd, 1024), 0);
    ck_assert_uint_eq(request(IN, 0, 1024, NULL), OK);
    ck_assert_uint_eq(request(IN, 1, 1024, NULL), IOERR);
    stop();
}
END_TEST

START_TEST(serial_number)
{
    int64_t used;

    start(false, 0);
    ck_assert_uint_eq(request(GET_ID, 0, 20, &used), OK);
    ck_assert_int_eq(used, 21);
    ck_assert_str_eq(mem_at(&d.mem, BUFFER, 20), "disk-0");
    ck_assert_uint_eq(request(GET_ID, 0, 4, &used), OK);
    ck_assert_int_eq(used, 5);
    ck_assert_uint_eq(request(GET_ID, 0, 0, &used), OK);
    stop();
}
END_TEST

/* Header and data in odd pieces, data and status in one buffer (2.7.4.1). */
START_TEST(any_framing)
{
    const gpa_t table = DATA_GPA + 0x800;

    start(false, F_INDIRECT);
    ck_assert_int_eq(pwrite(disk_fd, "first", 5, 512), 5);
    put_header(HEADER, IN, 1);
    put_desc(&d, table, 0, HEADER, 7, DESC_NEXT, 1);
    put_desc(&d, table, 1, HEADER + 7, 9, DESC_NEXT, 2);
    put_desc(&d, table, 2, BUFFER, 3, DESC_NEXT | DESC_WRITE, 3);
    put_desc(&d, table, 3, BUFFER + 3, 510, DESC_WRITE, 0);
    put_desc(&d, RING_GPA(0), 5, table, 64, DESC_INDIRECT, 0);
    mem_write(&d.mem, BUFFER + 512, "\xff", 1);
    ring_offer(&d, &ring, 5);
    ring_kick(&d, &ring);
    ck_assert_int_eq(ring_take(&d, &ring, NULL), 513);
    ck_assert_str_eq(mem_at(&d.mem, BUFFER, 512), "first");
    ck_assert_uint_eq(get_status(BUFFER + 512), OK);

    /* An OUT request whose header and data share a buffer. */
    put_header(BUFFER, OUT, 3);
    mem_write(&d.mem, BUFFER + 16, "second", 7);
    put_desc(&d, table, 0, BUFFER, 528, DESC_NEXT, 1);
    put_desc(&d, table, 1, STATUS, 1, DESC_WRITE, 0);
    put_desc(&d, RING_GPA(0), 5, table, 32, DESC_INDIRECT, 0);
    ring_offer(&d, &ring, 5);
    ring_kick(&d, &ring);
    ck_assert_int_eq(ring_take(&d, &ring, NULL), 1);
    ck_assert_uint_eq(get_status(STATUS), OK);
    ck_assert_int_eq(pread(disk_fd, mem_at(&d.mem, BUFFER, 7), 7, 3 * 512), 7);
    ck_assert_str_eq(mem_at(&d.mem, BUFFER, 7), "second");
    stop();
}
END_TEST

START_TEST(missing_parts)
{
    start(false, 0);
    /* No status byte: nothing to answer with, but the chain comes back. */
    put_header(HEADER, IN, 0);
    ring_add(&d, &ring, 0, HEADER, 16, false);
    ring_kick(&d, &ring);
    ck_assert_int_eq(ring_take(&d, &ring, NULL), 0);
    /* A short header. */
    put_desc(&d, RING_GPA(0), 0, HEADER, 15, DESC_NEXT, 1);
    put_desc(&d, RING_GPA(0), 1, STATUS, 1, DESC_WRITE, 0);
    ring_offer(&d, &ring, 0);
    ring_kick(&d, &ring);
    ck_assert_int_eq(ring_take(&d, &ring, NULL), 1);
    ck_assert_uint_eq(get_status(STATUS), IOERR);
    /* No header at all. */
    ring_add(&d, &ring, 0, STATUS, 1, true);
    ring_kick(&d, &ring);
    ck_assert_int_eq(ring_take(&d, &ring, NULL), 1);
    ck_assert_uint_eq(request(IN, 0, 512, NULL), OK);
    stop();
}
END_TEST

static void request_twenty(void)
{
    for (unsigned i = 0; i < 20; i++)
        offer(3 * i, IN, i, 512);
    ring_kick(&d, &ring);
    for (unsigned i = 0; i < 20; i++)
        ck_assert_int_ge(ring_wait(&d, &ring, NULL), 0);
}

static bool go_async(void)
{
    request_twenty(); /* many that are fast */
    tick_ns = 1000000;
    for (unsigned i = 0; i < 20; i++) /* one at a time that is not so slow */
        ck_assert_uint_eq(request(IN, i, 512, NULL), OK);
    work_ns = 1000000;
    for (unsigned i = 0; i < 4; i++) /* many, and slow by their work */
        request_twenty();
    ck_assert_uint_eq(doorbells, 0);
    work_ns = 0;
    request_twenty();
    request_twenty();
    tick_ns = 0;
    return doorbells == 1;
}

/* _i 0: with a doorbell; 1: without. Where the host has no io_uring the same must hold. */
START_TEST(through_io_uring)
{
    start(false, F_EVENT_IDX);
    driver_start_loop(&d);
    if (_i != 0)
        d.services.doorbell = no_doorbell;
    go_async();
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < 20; i++)
            offer(3 * i, round % 2 != 0 ? IN : OUT, i, 512);
        if (doorbell_fd >= 0)
            eventfd_write(doorbell_fd, 1);
        else
            ring_kick(&d, &ring);
        for (unsigned i = 0; i < 20; i++)
            ck_assert_int_ge(ring_wait(&d, &ring, NULL), 0);
        for (unsigned i = 0; i < 20; i++)
            ck_assert_uint_eq(get_status(STATUS + 3 * i), OK);
    }
    ck_assert_uint_eq(request(FLUSH, 0, 0, NULL), OK);
    ck_assert_uint_eq(request(IN, 128, 512, NULL), IOERR);
    ck_assert_int_eq(ftruncate(disk_fd, 512), 0);
    ck_assert_uint_eq(request(IN, 0, 1024, NULL), IOERR);
    driver_stop_loop(&d);
    stop();
}
END_TEST

START_TEST(reset_with_requests_in_flight)
{
    start(false, 0);
    driver_start_loop(&d);
    if (go_async()) {
        for (unsigned i = 0; i < 20; i++)
            offer(3 * i, OUT, i, 512);
        eventfd_write(doorbell_fd, 1);
        reg_set(&d, 0x70, 0);
        driver_features(&d, F_VERSION_1);
        ring = driver_ring(&d, 0, 64);
        driver_ok(&d);
        ck_assert_int_eq(ring_take(&d, &ring, NULL), -1);
        ck_assert_uint_eq(request(IN, 0, 512, NULL), OK);
    }
    driver_stop_loop(&d);
    stop();
}
END_TEST

START_TEST(destroyed_with_requests_in_flight)
{
    char byte;

    start(false, 0);
    driver_start_loop(&d);
    go_async();
    mem_write(&d.mem, BUFFER + 3 * 0x1000u, "z", 1);
    driver_stop_loop(&d);
    d.services.doorbell = NULL;
    offer(3, OUT, 5, 512);
    ring_kick(&d, &ring); /* the notification as an exit works beside the doorbell */
    driver_fini(&d);
    ck_assert_int_eq(pread(disk_fd, &byte, 1, 5 * 512), 1);
    ck_assert_int_eq(byte, 'z');
    close(disk_fd);
}
END_TEST

static atomic_bool storm_over;

/* A driver on another CPU that keeps the ring full. */
static void *keep_full(void *unused)
{
    gpa_t gpa = RING_GPA(0);

    while (!atomic_load(&storm_over))
        put_u16(&d, gpa + RING_AVAIL + 2, (uint16_t)(get_u16(&d, gpa + RING_USED + 2) + ring.size / 2));
    return unused;
}

/* The same with io_uring. */
START_TEST(a_ring_that_is_kept_full)
{
    pthread_t thread;

    start(false, 0);
    driver_start_loop(&d);
    go_async();
    offer(0, IN, 0, 512);
    mem_write(&d.mem, RING_GPA(0) + RING_AVAIL + 4, (uint16_t[64]){0}, 128);
    atomic_store(&storm_over, false);
    ck_assert_int_eq(pthread_create(&thread, NULL, keep_full, NULL), 0);
    for (unsigned i = 0; i < 20; i++)
        ring_kick(&d, &ring);
    usleep(10000);
    driver_stop_loop(&d);
    atomic_store(&storm_over, true);
    pthread_join(thread, NULL);
    stop();
}
END_TEST

static int write_flags;

ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags)
{
    write_flags = flags;
    return syscall(__NR_pwritev2, fd, iov, count, offset, 0, flags);
}

/* 5.2.6.2: who can't flush finds writes stable when they are done. */
START_TEST(writes_without_a_way_to_flush)
{
    start(false, _i == 0 ? F_FLUSH : 0);
    ck_assert_uint_eq(request(OUT, 1, 512, NULL), OK);
    ck_assert_int_eq(write_flags, _i == 0 ? 0 : RWF_DSYNC);
    stop();
}
END_TEST

START_TEST(bad_sizes)
{
    struct virtio_blk_args args = {.size_bytes = 0, .fd = -1};

    driver_init(&d);
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), -EINVAL);
    args.size_bytes = 513;
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), -EINVAL);
    loop_destroy(d.loop);
    mem_fini(&d.mem);
    close(d.irq_fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/virtio/blk");
    TCase *tc = tcase_create("blk");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, configuration);
    tcase_add_test(tc, reads_and_writes);
    tcase_add_loop_test(tc, odd_request, 0, sizeof(odd_requests) / sizeof(odd_requests[0]));
    tcase_add_test(tc, read_only);
    tcase_add_test(tc, an_image_that_got_shorter);
    tcase_add_test(tc, serial_number);
    tcase_add_test(tc, any_framing);
    tcase_add_test(tc, missing_parts);
    tcase_add_loop_test(tc, through_io_uring, 0, 2);
    tcase_add_test(tc, reset_with_requests_in_flight);
    tcase_add_test(tc, destroyed_with_requests_in_flight);
    tcase_add_test(tc, a_ring_that_is_kept_full);
    tcase_add_loop_test(tc, writes_without_a_way_to_flush, 0, 2);
    tcase_add_test(tc, bad_sizes);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
