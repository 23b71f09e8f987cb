/* SPDX-License-Identifier: Apache-2.0 */
// sources: devices/virtio/blk*.c devices/virtio/iov.c vmm/file_process.c vmm/disk/*.c vmm/file_io.c vmm/log.c
// sources: devices/virtio/mmio.c devices/virtio/queue.c vmm/kvm/mem.c vmm/loop.c vmm/process.c devices/irqline.c
// vmm/sandbox/*.c vmm/syscall_names.c
/* blk_cow_test.c - a disk whose changes are kept in a file of their own, as a driver sees it, by each engine. */
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/unit/devices/virtio/driver.h"
#include "vmm/disk/cow.h"

#define F_FLUSH (UINT64_C(1) << 9)
#define DISK_BYTES (64 * 1024u)
#define WINDOW 512u
#define HEADER DATA_GPA
#define STATUS (DATA_GPA + 0xf00u)
#define BUFFER (DATA_GPA + 0x1000u)
#define REQUESTS 8u

enum { IN = 0, OUT = 1, FLUSH = 4 };

static struct driver d;
static struct ring ring;
static int base_fd, changes_fd, doorbell_fd;
static struct cow *cow;
static int64_t tick_ns;

/* The disk's clock: each look at it is `tick_ns` later, none of which is work. */
int clock_gettime(clockid_t clock, struct timespec *ts)
{
    static int64_t now_ns;
    int64_t ns = clock == CLOCK_MONOTONIC ? (now_ns += tick_ns) : 0;

    *ts = (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    return 0;
}

static int take_doorbell(void *vm, uint64_t gpa, uint32_t value, int fd)
{
    (void)vm, (void)gpa, (void)value;
    doorbell_fd = fd;
    return 0;
}

static void load(void)
{
    const struct cow_base base = {.size_bytes = DISK_BYTES};
    char why[400];

    ck_assert_int_eq(cow_load(dup(changes_fd), &base, &cow, why, sizeof(why)), 0);
}

static void start(uint64_t features, enum virtio_blk_host host)
{
    struct virtio_blk_args args = {.size_bytes = DISK_BYTES, .offset = WINDOW, .host = host, .name = "t.img"};
    uint8_t bytes[DISK_BYTES];

    memset(bytes, 'b', sizeof(bytes));
    base_fd = memfd_create("base", 0);
    ck_assert_int_eq(pwrite(base_fd, bytes, sizeof(bytes), WINDOW), DISK_BYTES);
    changes_fd = memfd_create("changes", 0);
    load();
    driver_init(&d);
    d.services.doorbell = take_doorbell;
    doorbell_fd = -1;
    tick_ns = 0;
    args.fd = dup(base_fd);
    args.cow = cow;
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), 0);
    driver_features(&d, F_VERSION_1 | features);
    ring = driver_ring(&d, 0, 64);
    driver_ok(&d);
    driver_start_loop(&d);
}

/* Ends the disk; or leaves what a crash of the host just then would: all that is stable. */
static void stop(bool crash)
{
    driver_stop_loop(&d);
    if (!crash) {
        driver_fini(&d); /* that syncs */
        cow_destroy(cow);
    }
    ck_assert_int_eq(pwrite(changes_fd, "another boot....", COW_BOOT_BYTES, COW_BOOT_AT), COW_BOOT_BYTES);
}

/* `count` requests at once, of a sector each, from sector `first` on; of a write the bytes are `fill`. */
static void request(uint32_t type, uint64_t first, unsigned count, int fill)
{
    gpa_t table = RING_GPA(0);
    uint8_t bytes[512];

    memset(bytes, fill, sizeof(bytes));
    for (unsigned i = 0; i < count; i++) {
        struct {
            uint32_t type, reserved;
            uint64_t sector;
        } header = {type, 0, first + i};
        unsigned at = 3 * i;

        mem_write(&d.mem, HEADER + i * 0x20, &header, sizeof(header));
        mem_write(&d.mem, STATUS + i, "\xff", 1);
        if (type == OUT)
            mem_write(&d.mem, BUFFER + i * 0x200, bytes, sizeof(bytes));
        put_desc(&d, table, at, HEADER + i * 0x20, 16, DESC_NEXT, type == FLUSH ? at + 2 : at + 1);
        put_desc(&d, table, at + 1, BUFFER + i * 0x200, 512, DESC_NEXT | (type == IN ? DESC_WRITE : 0), at + 2);
        put_desc(&d, table, at + 2, STATUS + i, 1, DESC_WRITE, 0);
        ring_offer(&d, &ring, (uint16_t)at);
    }
    if (doorbell_fd >= 0)
        eventfd_write(doorbell_fd, 1);
    else
        ring_kick(&d, &ring);
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_ge(ring_wait(&d, &ring, NULL), 0);
    for (unsigned i = 0; i < count; i++) {
        uint8_t status = 0xff;

        mem_read(&d.mem, STATUS + i, &status, 1);
        ck_assert_uint_eq(status, 0);
    }
}

static void expect(uint64_t first, unsigned count, int fill)
{
    uint8_t bytes[512];

    request(IN, first, count, 0);
    for (unsigned i = 0; i < count; i++) {
        mem_read(&d.mem, BUFFER + i * 0x200, bytes, sizeof(bytes));
        for (unsigned j = 0; j < sizeof(bytes); j++)
            if (bytes[j] != fill)
                ck_abort_msg("sector %u has %u, not %u", (unsigned)first + i, bytes[j], fill);
    }
}

static void expect_kept(uint64_t sector, int fill)
{
    bool changed;

    ck_assert_uint_eq(cow_run(cow, sector, 1, &changed), 1);
    ck_assert_int_eq(changed, fill != 'b');
    if (changed) {
        uint8_t byte;

        ck_assert_int_eq(pread(cow->fd, &byte, 1, (off_t)(cow->at.data + sector * COW_SECTOR)), 1);
        ck_assert_int_eq(byte, fill);
    }
}

/* Several at a time that are slow. */
static void be_slow(void)
{
    tick_ns = 1000000;
    for (unsigned i = 0; i < 20; i++)
        request(IN, 0, REQUESTS, 0);
    tick_ns = 0;
}

static const enum virtio_blk_host hosts[] = {VIRTIO_BLK_HOST_OWN, VIRTIO_BLK_HOST_OTHER};

/* By itself, by io_uring (which a host may not have), and by another process. */
START_TEST(flushed)
{
    start(F_FLUSH, hosts[_i / 2]);
    if (_i % 2 == 1)
        be_slow();
    expect(0, REQUESTS, 'b');
    request(OUT, 2, 3, 'x');
    request(FLUSH, 0, 1, 0);
    request(OUT, 6, 1, 'y');
    expect(0, 2, 'b');
    expect(2, 3, 'x');
    expect(6, 1, 'y');
    expect(7, 1, 'b');
    stop(true);
    load();
    expect_kept(1, 'b');
    expect_kept(2, 'x');
    expect_kept(4, 'x');
    expect_kept(6, 'b'); /* that was not flushed */
}
END_TEST

/* Of a driver that knows no flush each write is stable, and so it stays with the way that can do that. */
START_TEST(a_driver_without_flush)
{
    start(0, hosts[_i / 2]);
    if (_i % 2 == 1)
        be_slow();
    ck_assert_int_eq(doorbell_fd, -1);
    request(OUT, 2, 3, 'x');
    expect(0, 2, 'b');
    expect(2, 3, 'x');
    stop(true);
    load();
    expect_kept(1, 'b');
    expect_kept(2, 'x');
    expect_kept(4, 'x');
}
END_TEST

/* One that comes after another, who knew flushes and whose requests were slow. */
START_TEST(another_driver)
{
    start(F_FLUSH, hosts[_i]);
    be_slow();
    reg_set(&d, 0x70, 0);
    driver_features(&d, F_VERSION_1);
    ring = driver_ring(&d, 0, 64);
    driver_ok(&d);
    request(OUT, 2, 3, 'x');
    expect(2, 3, 'x');
    stop(true);
    load();
    expect_kept(1, 'b');
    expect_kept(2, 'x');
    expect_kept(4, 'x');
}
END_TEST

/* The end of the disk is a flush. */
START_TEST(ended)
{
    start(F_FLUSH, hosts[_i / 2]);
    if (_i % 2 == 1)
        be_slow();
    request(OUT, 2, 3, 'x');
    stop(false);
    load();
    expect_kept(1, 'b');
    expect_kept(2, 'x');
    expect_kept(4, 'x');
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("blk_cow");
    TCase *tc = tcase_create("cow");
    SRunner *runner = srunner_create(suite);

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, flushed, 0, 4);
    tcase_add_loop_test(tc, a_driver_without_flush, 0, 4);
    tcase_add_loop_test(tc, another_driver, 0, 2);
    tcase_add_loop_test(tc, ended, 0, 4);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
