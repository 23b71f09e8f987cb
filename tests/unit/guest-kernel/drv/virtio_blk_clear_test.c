/* SPDX-License-Identifier: Apache-2.0 */
/* virtio_blk_clear_test.c - the disk driver's requests that move no data: discards, and zeroes that aren't sent. */
// sources: guest-kernel/core/news.c guest-kernel/drv/virtio_blk.c guest-kernel/drv/virtqueue.c
// guest-kernel/drv/virtio.c sources: guest-kernel/vfs/blk.c tests/unit/guest-kernel/drv/fake.c
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "abi/errno.h"
#include "drv/virtio_blk.h"
#include "fake.h"

#define SECTORS (UINT64_C(1) << 33)
#define F_RO (1u << 5)
#define F_DISCARD (1u << 13)
#define F_WRITE_ZEROES (1u << 14)
#define F_BOTH (F_DISCARD | F_WRITE_ZEROES)

enum { DISCARD = 11, WRITE_ZEROES = 13 };

static struct range {
    uint32_t type;
    uint64_t sector;
    uint32_t sectors, flags;
} seen[64];
static unsigned requests, bad_request;
static uint8_t bad_status;

static void serve(struct fake *device)
{
    struct fake_buffer b;

    (void)device;
    while (fake_take(0, &b)) {
        uint8_t bytes[32];
        struct range *range = &seen[requests];

        ck_assert_uint_lt(requests, 64);
        ck_assert_uint_eq(b.readable_bytes, sizeof(bytes));
        ck_assert_uint_eq(b.writable_bytes, 1);
        ck_assert_uint_eq(fake_copy_out(&b, bytes, sizeof(bytes)), sizeof(bytes));
        memcpy(&range->type, bytes, 4);
        memcpy(&range->sector, bytes + 16, 8);
        memcpy(&range->sectors, bytes + 24, 4);
        memcpy(&range->flags, bytes + 28, 4);
        *b.part[b.count - 1].data = requests++ == bad_request ? bad_status : 0;
        fake_use(0, b.head, 1);
    }
    if (fake.dev.features & VIRTIO_F_EVENT_IDX)
        fake_avail_event(0, fake.queue[0].seen);
    fake_interrupt(0);
}

static void serve_now(struct fake *device, uint16_t queue)
{
    ck_assert_uint_eq(queue, 0);
    serve(device);
}

static void limits_set(uint32_t discard, uint32_t alignment, uint32_t zeroes)
{
    fake.config[9] = discard;
    fake.config[10] = 1;
    fake.config[11] = alignment;
    fake.config[12] = zeroes;
    fake.config[13] = 1;
}

static struct blk_device *disk_start(uint64_t features, bool fast)
{
    struct blk_device *disk = NULL;

    fake_init(features);
    fake.config[0] = (uint32_t)SECTORS;
    fake.config[1] = (uint32_t)(SECTORS >> 32);
    fake.on_notify = fast ? serve_now : NULL;
    fake.on_idle = fast ? NULL : serve;
    requests = 0;
    bad_request = ~0u;
    ck_assert_int_eq(virtio_blk_create(&fake.dev, 0, &disk), 0);
    return disk;
}

static void expect(unsigned n, uint32_t type, uint64_t sector, uint32_t sectors)
{
    ck_assert_uint_lt(n, requests);
    ck_assert_uint_eq(seen[n].type, type);
    ck_assert_uint_eq(seen[n].sector, sector);
    ck_assert_uint_eq(seen[n].sectors, sectors);
    ck_assert_uint_eq(seen[n].flags, 0);
}

static const uint64_t mixes[] = {0, VIRTIO_F_INDIRECT_DESC, VIRTIO_F_EVENT_IDX,
                                 VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX};

/* In as many requests as the device's limits make of it. */
START_TEST(in_parts)
{
    struct blk_device *disk = disk_start(mixes[_i / 2] | F_BOTH, _i % 2);

    limits_set(1000, 1, 300);
    ck_assert_int_eq(blk_discard(disk, 5, 2500), 0);
    ck_assert_uint_eq(requests, 3);
    expect(0, DISCARD, 5, 1000);
    expect(1, DISCARD, 1005, 1000);
    expect(2, DISCARD, 2005, 500);
    ck_assert_int_eq(blk_zero(disk, SECTORS - 301, 301), 0);
    ck_assert_uint_eq(requests, 5);
    expect(3, WRITE_ZEROES, SECTORS - 301, 300);
    expect(4, WRITE_ZEROES, SECTORS - 1, 1);
    ck_assert_int_eq(blk_discard(disk, 0, 1), 0);
    expect(5, DISCARD, 0, 1);
    ck_assert(!fake.dev.broken);
}
END_TEST

/* Asked for when they are needed, and once. */
START_TEST(limits_are_read_once)
{
    struct blk_device *disk = disk_start(F_BOTH, true);

    limits_set(8, 1, 4);
    ck_assert_int_eq(blk_discard(disk, 0, 8), 0);
    limits_set(1, 1, 1);
    ck_assert_int_eq(blk_discard(disk, 0, 8), 0);
    ck_assert_int_eq(blk_zero(disk, 0, 4), 0);
    ck_assert_uint_eq(requests, 3);
}
END_TEST

/* A device that names none takes what 32 bits hold. */
START_TEST(no_limits)
{
    struct blk_device *disk = disk_start(F_BOTH, true);

    ck_assert_int_eq(blk_discard(disk, 0, SECTORS), 0);
    ck_assert_uint_eq(requests, 3);
    expect(0, DISCARD, 0, UINT32_MAX);
    expect(1, DISCARD, UINT32_MAX, UINT32_MAX);
    expect(2, DISCARD, 2 * (uint64_t)UINT32_MAX, 2);
    ck_assert_int_eq(blk_zero(disk, 0, SECTORS), 0);
    ck_assert_uint_eq(requests, 6);
}
END_TEST

/* What isn't whole pieces of the device's stays. Zeroes have no pieces. */
START_TEST(aligned)
{
    struct blk_device *disk = disk_start(F_BOTH, true);

    limits_set(20, 8, 100);
    ck_assert_int_eq(blk_discard(disk, 3, 40), 0);
    ck_assert_uint_eq(requests, 2);
    expect(0, DISCARD, 8, 16);
    expect(1, DISCARD, 24, 16);
    ck_assert_int_eq(blk_discard(disk, 3, 12), 0);
    ck_assert_int_eq(blk_discard(disk, 9, 14), 0);
    ck_assert_int_eq(blk_discard(disk, 9, 3), 0);
    ck_assert_uint_eq(requests, 2);
    ck_assert_int_eq(blk_discard(disk, 8, 8), 0);
    expect(2, DISCARD, 8, 8);
    ck_assert_int_eq(blk_zero(disk, 9, 3), 0);
    expect(3, WRITE_ZEROES, 9, 3);
}
END_TEST

/* No more parts are sent after one that failed. */
START_TEST(errors)
{
    static const struct {
        uint8_t status;
        int error;
    } ways[] = {{1, -EIO}, {2, -EOPNOTSUPP}, {0xff, -EIO}};
    struct blk_device *disk = disk_start(F_BOTH | VIRTIO_F_INDIRECT_DESC, true);

    limits_set(1, 1, 1);
    for (unsigned i = 0; i < 3; i++) {
        bad_request = requests = 0;
        bad_status = ways[i].status;
        ck_assert_int_eq(blk_discard(disk, 0, 1), ways[i].error);
        requests = 0;
        ck_assert_int_eq(blk_zero(disk, 0, 1), ways[i].error);
    }
    requests = 0;
    ck_assert_int_eq(blk_discard(disk, 0, 1000), -EIO);
    ck_assert_uint_le(requests, 64);
    bad_request = ~0u;
    requests = 0;
    ck_assert_int_eq(blk_discard(disk, 7, 1), 0);
    expect(0, DISCARD, 7, 1);
}
END_TEST

START_TEST(impossible)
{
    struct blk_device *disk = disk_start(F_BOTH, true);

    ck_assert(disk->takes_discards && disk->takes_zeroes);
    ck_assert_int_eq(blk_discard(disk, SECTORS, 1), -EINVAL);
    ck_assert_int_eq(blk_discard(disk, SECTORS - 1, 2), -EINVAL);
    ck_assert_int_eq(blk_discard(disk, UINT64_MAX, 2), -EINVAL);
    ck_assert_int_eq(blk_zero(disk, 0, SECTORS + 1), -EINVAL);
    ck_assert_int_eq(blk_zero(disk, 0, 0), -EINVAL);
    disk = disk_start(F_WRITE_ZEROES, true);
    ck_assert_int_eq(blk_discard(disk, 0, 1), -EOPNOTSUPP);
    disk = disk_start(F_DISCARD, true);
    ck_assert_int_eq(blk_zero(disk, 0, 1), -EOPNOTSUPP);
    disk = disk_start(F_BOTH | F_RO, true);
    ck_assert_int_eq(blk_discard(disk, 0, 1), -EROFS);
    ck_assert_int_eq(blk_zero(disk, 0, 1), -EROFS);
    ck_assert_uint_eq(requests, 0);
}
END_TEST

static uint64_t clock_ns;

uint64_t clock_monotonic_ns(void)
{
    return clock_ns += 2000000;
}

/* As /proc/diskstats has them: impossible requests aren't among them, those that fail are, and times are counted from
 * the first look on. */
START_TEST(statistics)
{
    enum { READS, WRITES = 4, UNDER_WAY = 8, BUSY, ALL, DISCARDS, FLUSHES = 15 };
    struct blk_device *disk = disk_start(F_BOTH | VIRTIO_F_INDIRECT_DESC, true);
    uint64_t first[BLK_STAT_NUMBERS], then[BLK_STAT_NUMBERS];

    bad_request = ~0u;
    ck_assert_int_eq(blk_discard(disk, 8, 24), 0);
    ck_assert_int_eq(blk_discard(disk, SECTORS, 1), -EINVAL);
    blk_stats_tell(disk, first);
    for (unsigned i = 0; i < BLK_STAT_NUMBERS; i++)
        ck_assert_uint_eq(first[i], i == DISCARDS ? 1 : i == DISCARDS + 2 ? 24 : 0);
    bad_request = requests;
    bad_status = 1;
    ck_assert_int_eq(blk_zero(disk, 0, 16), -EIO);
    ck_assert_int_eq(blk_discard(disk, 0, 8), 0);
    blk_stats_tell(disk, then);
    ck_assert_uint_eq(then[WRITES], 1);
    ck_assert_uint_eq(then[WRITES + 2], 16);
    ck_assert_uint_eq(then[WRITES + 3], 2);
    ck_assert_uint_eq(then[DISCARDS], 2);
    ck_assert_uint_eq(then[DISCARDS + 2], 32);
    ck_assert_uint_eq(then[DISCARDS + 3], 2);
    ck_assert_uint_eq(then[READS], 0);
    ck_assert_uint_eq(then[FLUSHES], 0);
    ck_assert_uint_eq(then[UNDER_WAY], 0);
    ck_assert_uint_ge(then[BUSY], 4);
    ck_assert_uint_eq(then[ALL], 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guest-kernel/drv/virtio_blk_clear");
    TCase *tests = tcase_create("clear");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, in_parts, 0, 8);
    tcase_add_test(tests, limits_are_read_once);
    tcase_add_test(tests, no_limits);
    tcase_add_test(tests, aligned);
    tcase_add_test(tests, errors);
    tcase_add_test(tests, impossible);
    tcase_add_test(tests, statistics);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
