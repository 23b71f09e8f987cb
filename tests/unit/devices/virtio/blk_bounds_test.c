/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/[bim]*.c devices/virtio/queue.c devices/irqline.c vmm/file_process.c vmm/disk/*.c
// vmm/file_io.c vmm/log.c vmm/kvm/mem.c vmm/loop.c vmm/process.c vmm/sandbox/*.c vmm/syscall_names.c
/* blk_bounds_test.c - what a driver may ask of the disk, and how often: sizes, a ring without end, the end of the VM,
 * failures, limits. */
#include <asm/unistd.h>
#include <limits.h>

#include "tests/unit/devices/virtio/blk_driver.h"
#include "tests/unit/vmm/capture.h"

static unsigned preads, ended_after = UINT_MAX;
static bool endless; /* each of them makes the next chain available, as data that lands in the ring's idx does */

ssize_t preadv(int fd, const struct iovec *iov, int count, off_t offset)
{
    size_t size = 0;

    for (int i = 0; i < count; i++)
        size += iov[i].iov_len;
    ck_assert_uint_le(size, 1u << 20); /* what one system call may be asked for */
    preads++;
    if (endless)
        put_u16(&d, RING_GPA(0) + RING_AVAIL + 2, ++ring.avail);
    return syscall(__NR_preadv, fd, iov, count, offset, 0);
}

static bool test_has_ended(void *vm)
{
    return vm == &d && preads >= ended_after;
}

/* A ring that never becomes empty: a notification comes back all the same, and so does the loop's turn. */
START_TEST(a_ring_that_never_becomes_empty)
{
    start(false, 0);
    offer(0, IN, 0, 512);
    mem_write(&d.mem, RING_GPA(0) + RING_AVAIL + 4, (uint16_t[64]){0}, 128);
    endless = true;
    ring_kick(&d, &ring);
    ck_assert_uint_ge(preads, ring.size);
    ck_assert_uint_le(preads, 256);
    driver_start_loop(&d);
    while (__atomic_load_n(&preads, __ATOMIC_RELAXED) < 1000)
        usleep(100);
    driver_stop_loop(&d);
    ck_assert_uint_eq(reg_get(&d, 0x70) & 64, 0); /* the ring was good */
    endless = false;
    stop();
}
END_TEST

#define LARGE_DISK (256u << 20)

/* One read of `count` times the same MiB. */
static void offer_large(unsigned count)
{
    gpa_t table = RING_GPA(0);

    put_header(HEADER, IN, 0);
    mem_write(&d.mem, STATUS, "\xff", 1);
    put_desc(&d, table, 0, HEADER, 16, DESC_NEXT, 1);
    for (unsigned i = 1; i <= count; i++)
        put_desc(&d, table, i, DATA_GPA, 1u << 20, DESC_NEXT | DESC_WRITE, i + 1);
    put_desc(&d, table, count + 1, 0x8000, 1, DESC_WRITE, 0);
    ring_offer(&d, &ring, 0);
}

/* A request that is larger than seg_max and size_max allow is refused, whatever memory it repeats. */
START_TEST(a_request_that_is_too_large)
{
    uint8_t status;

    disk_bytes = LARGE_DISK;
    start(false, 0);
    ring = driver_ring(&d, 0, 64);
    offer_large(_i == 0 ? 31 : 32);
    ring_kick(&d, &ring);
    ck_assert_int_ge(ring_take(&d, &ring, NULL), 1);
    mem_read(&d.mem, 0x8000, &status, 1);
    ck_assert_uint_eq(status, _i == 0 ? OK : IOERR);
    ck_assert_uint_eq(preads, _i == 0 ? 31 : 0);
    stop();
}
END_TEST

/* The VM ends in the middle of a request: it is not gone on with. */
START_TEST(the_vm_ends_during_a_request)
{
    disk_bytes = LARGE_DISK;
    start(false, 0);
    d.services.has_ended = test_has_ended;
    ended_after = 3;
    offer_large(30);
    ring_kick(&d, &ring);
    ck_assert_uint_eq(preads, 3);
    stop();
}
END_TEST

/* A guest may fail as often as it likes: one line for each kind, and the sum. */
START_TEST(failures_are_counted)
{
    struct capture capture;

    start(false, 0);
    ck_assert_int_eq(ftruncate(disk_fd, 0), 0);
    capture_start(&capture);
    for (unsigned i = 0; i < 50; i++)
        ck_assert_uint_eq(request(IN, i, 512, NULL), IOERR);
    capture_stop(&capture);
    capture_expect(&capture, "t.img: read at byte 0: Input/output error");
    capture_start(&capture);
    stop();
    capture_stop(&capture);
    capture_expect(&capture, "50 requests of the guest have failed");
}
END_TEST

/* A request that is too much isn't begun; the disk may still be read. */
START_TEST(more_than_may_be_written)
{
    struct disk_meters own = {.read.most = METER_NO_LIMIT, .written.most = 4096};
    int64_t used;

    meters = &own;
    start(false, F_FLUSH);
    memset(mem_at(&d.mem, BUFFER, 4096), 'w', 4096);
    ck_assert_uint_eq(request(OUT, 0, 3584, &used), OK);
    ck_assert_uint_eq(request(OUT, 8, 1024, &used), IOERR);
    ck_assert_int_eq(used, 1);
    ck_assert_uint_eq(request(OUT, 8, 512, &used), OK);
    ck_assert_uint_eq(request(OUT, 16, 512, &used), IOERR);
    ck_assert_uint_eq(request(FLUSH, 0, 0, &used), OK);
    ck_assert_uint_eq(request(IN, 0, 8192, &used), OK);
    for (unsigned i = 0; i < 8192; i++)
        ck_assert_uint_eq(((const char *)mem_at(&d.mem, BUFFER, 8192))[i],
                          i < 3584 || (i >= 4096 && i < 4608) ? 'w' : 0);
    ck_assert_uint_eq(own.written.used, 4096);
    ck_assert_uint_eq(own.read.used, 8192);
    stop();
    meters = NULL;
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devices/virtio/blk_bounds");
    TCase *tc = tcase_create("bounds");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_ring_that_never_becomes_empty);
    tcase_add_loop_test(tc, a_request_that_is_too_large, 0, 2);
    tcase_add_test(tc, the_vm_ends_during_a_request);
    tcase_add_test(tc, failures_are_counted);
    tcase_add_test(tc, more_than_may_be_written);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
