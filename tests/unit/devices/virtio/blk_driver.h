/* SPDX-License-Identifier: Apache-2.0 */
/* blk_driver.h - a disk's driver for the unit tests: a disk in memory, its clock and its requests. */
#ifndef LVMM_TESTS_BLK_DRIVER_H
#define LVMM_TESTS_BLK_DRIVER_H

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "tests/unit/devices/virtio/driver.h"
#include "vmm/disk/image.h"

#define F_FLUSH (UINT64_C(1) << 9)
#define DISK_BYTES (64 * 1024u)

#define HEADER DATA_GPA
#define STATUS (DATA_GPA + 0xf00u)
#define BUFFER (DATA_GPA + 0x1000u)

enum { IN = 0, OUT = 1, FLUSH = 4, GET_ID = 8, DISCARD = 11 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, NONE = 0xff };

static struct driver d;
static struct ring ring;
static uint64_t disk_bytes = DISK_BYTES;
static int disk_fd, doorbell_fd;
static unsigned doorbells;

/* The disk's clock: each look at it is `tick_ns` later; `work_ns` of that the thread has worked. */
static int64_t tick_ns, work_ns;

int clock_gettime(clockid_t clock, struct timespec *ts)
{
    static int64_t now_ns, worked_ns;
    int64_t ns = clock == CLOCK_MONOTONIC ? (now_ns += tick_ns) : (worked_ns += work_ns);

    ts->tv_sec = ns / 1000000000;
    ts->tv_nsec = ns % 1000000000;
    return 0;
}

static inline int test_doorbell(void *vm, uint64_t gpa, uint32_t value, int fd)
{
    ck_assert_ptr_eq(vm, &d);
    ck_assert_uint_eq(gpa, WINDOW_BASE + 0x50);
    ck_assert_uint_eq(value, 0);
    doorbell_fd = fd;
    doorbells++;
    return 0;
}

static inline int no_doorbell(void *vm, uint64_t gpa, uint32_t value, int fd)
{
    (void)vm;
    (void)gpa;
    (void)value;
    (void)fd;
    return -ENOTSUP;
}

static struct disk_meters *meters;

static inline void start(bool read_only, uint64_t features)
{
    struct virtio_blk_args args = {
        .size_bytes = disk_bytes, .read_only = read_only, .serial = "disk-0", .name = "t.img", .meters = meters};

    driver_init(&d);
    d.services.doorbell = test_doorbell;
    doorbell_fd = -1;
    doorbells = 0;
    tick_ns = work_ns = 0;
    disk_fd = memfd_create("disk", 0);
    ck_assert_int_eq(ftruncate(disk_fd, (off_t)disk_bytes), 0);
    args.fd = disk_fd;
    ck_assert_int_eq(device_virtio_blk.create(&d.env, &args, &d.dev), 0);
    driver_features(&d, F_VERSION_1 | features);
    ring = driver_ring(&d, 0, 64);
    driver_ok(&d);
}

static inline void stop(void)
{
    driver_fini(&d);
    close(disk_fd);
}

static inline void put_header(gpa_t gpa, uint32_t type, uint64_t sector)
{
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header = {type, 0, sector};

    ck_assert_int_eq(mem_write(&d.mem, gpa, &header, sizeof(header)), 0);
}

static inline uint8_t get_status(gpa_t gpa)
{
    uint8_t status;

    mem_read(&d.mem, gpa, &status, 1);
    return status;
}

/* Offers header, data, status from descriptor `at`, each with its own place in memory. */
static inline void offer(unsigned at, uint32_t type, uint64_t sector, uint32_t size)
{
    gpa_t header = HEADER + at * 0x20u, status = STATUS + at, table = RING_GPA(0);
    bool has_data = size > 0;

    put_header(header, type, sector);
    mem_write(&d.mem, status, "\xff", 1);
    put_desc(&d, table, at, header, 16, DESC_NEXT, at + (has_data ? 1 : 2));
    put_desc(&d, table, at + 1, BUFFER + at * 0x1000u, size, DESC_NEXT | (type == OUT ? 0 : DESC_WRITE), at + 2);
    put_desc(&d, table, at + 2, status, 1, DESC_WRITE, 0);
    ring_offer(&d, &ring, (uint16_t)at);
}

/* One request from beginning to end. */
static inline uint8_t request(uint32_t type, uint64_t sector, uint32_t size, int64_t *used)
{
    int64_t len;

    offer(0, type, sector, size);
    if (doorbell_fd >= 0)
        ck_assert_int_eq(eventfd_write(doorbell_fd, 1), 0);
    else
        ring_kick(&d, &ring);
    len = ring_wait(&d, &ring, NULL);
    ck_assert_int_ge(len, 0);
    if (used != NULL)
        *used = len;
    return get_status(STATUS);
}

#endif
